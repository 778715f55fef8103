"""The SDK repeats a call whose answer was lost, and the service has both: nothing may happen twice.

moto does not know DynamoDB's client request tokens, so this needs the real engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from cryptography import x509

from chalicelib.aws.tables import connection
from chalicelib.pki.crl import number_of
from chalicelib.pki.tables import CertificateRow
from tests.support import tally
from tests.support.client import Answer
from tests.support.invariants import check_accounts
from tests.support.races import Arena
from tests.support.world import issuer_id, new_csr, person

WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "PutObject")


@contextmanager
def sent_twice(arena: Arena) -> Iterator[Counter[str]]:
    """Every write to DynamoDB and S3 is answered too late once, and sent again by botocore itself."""
    sent: Counter[str] = Counter()
    seen: set[int] = set()
    wire = URLLib3Session()

    def twice(request: Any, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        invocation = request.headers.get("amz-sdk-invocation-id")
        if operation not in WRITES or invocation in seen:
            return
        seen.add(invocation)
        sent[operation] += 1
        wire.send(request)
        raise ReadTimeoutError(endpoint_url=request.url)

    clients = (connection().client, arena.world.cloud.s3)
    for client in clients:
        client.meta.events.register_last("before-send", twice)
    try:
        yield sent
    finally:
        for client in clients:
            client.meta.events.unregister("before-send", twice)


def test_what_the_sdk_sends_twice_happens_once(arena: Arena) -> None:
    """R4: identification, download, revocation and publication succeed at once, each with one effect."""
    with sent_twice(arena) as repeated:
        _whole_life(arena)
    assert repeated["TransactWriteItems"] >= 5
    assert repeated["PutObject"] >= 1
    arena.settle()
    check_accounts(arena.world, arena.faults.signed)
    tally.add("races", "writes sent twice by the SDK", repeated.total())


def _whole_life(arena: Arena) -> None:
    somebody = arena.somebody()
    path = f"{arena.world.point}/identifications"
    identified = arena.world.officer.post(path, person(**somebody), key="sent-twice-by-the-sdk")
    assert identified.status == 201, identified.body
    body = {"code": arena.faults.codes[-1], "csr": new_csr()}
    answer: Answer = arena.citizen().post("/v1/certificates", body)
    assert answer.status == 200, answer.body
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    assert arena.citizen().post("/v1/certificates", body).body == answer.body

    revoked = arena.revoke(somebody, certificate, "keyCompromise")
    assert (revoked.status, revoked.json["first"]) == (200, True)
    row = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    assert row.revoked_at is not None
    before = arena.published()
    arena.faults.run_started(arena.world.cloud)
    shard = certificate.serial_number % len(before)
    after = arena.published()[shard]
    assert after.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert number_of(after) > number_of(before[shard])
