"""Many certificates without issuing them: rows like a real one's, written into the tables in batches.

Each has a serial number (in its octets too), a holder, a key and an identification of its own. Only who
verifies them sees a difference: the signatures are the model's, and no events tell of the issuance.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import Table, connection
from chalicelib.pki.serials import new_serial
from chalicelib.pki.tables import CertificateRow, KeyRow
from chalicelib.registry.tables import IdentificationRow

BATCH = 25  # the most that DynamoDB takes at once
THREADS = 4
SERIAL_OCTETS = 17


def load(cloud: Cloud, model: CertificateRow, count: int, *, email: str = "") -> list[str]:
    """So many copies of a certificate that was issued on an identification; their ids.

    Args:
        email: of all of them; if left out, the model's.
    """
    proof = IdentificationRow.get(model.evidence.partition(":")[2])
    key = KeyRow.get(model.spki)
    made = [_copy(cloud, model, proof, key, email) for _ in range(count)]
    for table, items in zip(
        (CertificateRow, IdentificationRow, KeyRow), zip(*made, strict=True), strict=True
    ):
        _write(table, list(items))
    return [certificate["id"]["S"] for certificate, _, _ in made]


def _copy(
    cloud: Cloud, model: CertificateRow, proof: IdentificationRow, key: KeyRow, email: str
) -> tuple[dict[str, Any], ...]:
    serial, name = new_serial(cloud.entropy), cloud.entropy(16).hex()
    old, new = (number.to_bytes(SERIAL_OCTETS, "big") for number in (model.serial, serial))
    certificate, identification, claimed = (row.to_dynamodb_dict() for row in (model, proof, key))
    certificate["id"] = {"S": CertificateRow.key(model.issuer, serial)}
    certificate["holder"] = identification["holder"] = claimed["holder"] = {"S": f"person:{name}"}
    certificate["spki"] = claimed["spki"] = {"S": name * 2}
    certificate["evidence"] = {"S": f"identification:{name}"}
    for octets in ("tbs", "der"):
        certificate[octets] = {"B": bytes(getattr(model, octets)).replace(old, new, 1)}
    identification["id"] = {"S": name}
    identification["grants"] = {"N": "0"}
    if email:
        told = identification["evidence"]["S"]
        address = told.partition('"email":"')[2].partition('"')[0]
        identification["evidence"] = {"S": told.replace(f'"{address}"', f'"{email}"')}
    claimed["certificates"] = {"SS": [certificate["id"]["S"]]}
    return certificate, identification, claimed


def _write(table: type[Table], items: list[dict[str, Any]]) -> None:
    client: Any = connection().client
    name = table.Meta.table_name

    def put(batch: list[dict[str, Any]]) -> None:
        left = {name: [{"PutRequest": {"Item": item}} for item in batch]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(put, (items[at : at + BATCH] for at in range(0, len(items), BATCH))))
