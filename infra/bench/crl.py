"""The CRLs of an issuer with 100,000 revoked certificates, over its shards (64).

The rows are put into the table beforehand, with serial numbers as they are drawn in life. Every shard is
published once, to have a CRL that the next one is compared with; then all are published again, and that run
is measured from the publisher's side: number taken, rows read, CRL built and signed by KMS in the authority,
passed back as JSON, checked against the published one, and stored. `seconds` is elapsed time of the shards
one after the other, `cpu_ms` this process's CPU time for all of them outside the AWS SDK, `largest_octets`
the largest shard. `peak_mib` is what Python holds at most while one shard is published (tracemalloc, over
four shards).
`floor_cpu_ms` is building and signing lists of the same entries with a key in memory.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import connection
from chalicelib.pki import crl, publication
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.certificate import crl_shard, throw_away_key
from chalicelib.pki.crl import Entry, bucket_key, shard_id
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.reasons import reason_flag
from chalicelib.pki.serials import new_serial
from chalicelib.pki.tables import RevocationRow
from infra.bench.authority import new_cloud
from infra.bench.meter import Meter

ENTRIES = 100_000
REASON = "keyCompromise"
BATCH = 25  # the most that DynamoDB takes at once
TRACED_SHARDS = 4


def measure(meter: Meter) -> dict[str, Any]:
    """The figures of `crl_100k`."""
    cloud = new_cloud(meter.functions(), meter)
    issuer = issuers(cloud).active(CITIZEN_SOFTWARE, cloud.now())
    sizes = _fill(cloud, issuer)
    _publish(cloud, issuer, issuer.crl_shards)
    reading = meter.measure(lambda: _publish(cloud, issuer, issuer.crl_shards))
    tracemalloc.start()
    _publish(cloud, issuer, TRACED_SHARDS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    stored = [bucket.read(cloud, bucket_key(issuer.id, shard)) for shard in range(issuer.crl_shards)]
    lists = [x509.load_der_x509_crl(found[0]) for found in stored if found]
    listed = sum(len(each) for each in lists)
    if listed < ENTRIES:
        raise RuntimeError(f"{listed} entries in the CRLs instead of {ENTRIES}")
    return {
        "entries": listed,
        "shards": issuer.crl_shards,
        "seconds": round(reading.wall_ms / 1000, 2),
        "cpu_ms": round(reading.cpu_ms),
        "sdk_cpu_ms": round(reading.sdk_cpu_ms),
        "floor_cpu_ms": round(_floor(issuer, list(sizes.values()))),
        "aws_calls": reading.aws_calls,
        "kms_sign": reading.kms_sign,
        "largest_octets": max(len(found[0]) for found in stored if found),
        "peak_mib": round(peak / 2**20, 1),
    }


def _publish(cloud: Cloud, issuer: Issuer, shards: int) -> None:
    for shard in range(shards):
        publication.publish(cloud, issuer.id, shard)


def _fill(cloud: Cloud, issuer: Issuer) -> Counter[str]:
    """Revocations as rows of the table; how many are in each shard."""
    now = cloud.now()
    sizes: Counter[str] = Counter()
    client: Any = connection().client
    table = RevocationRow.Meta.table_name
    batch: list[dict[str, Any]] = []
    for number in range(ENTRIES):
        serial = new_serial(cloud.entropy)
        shard = shard_id(issuer.id, crl_shard(serial, issuer.crl_shards))
        sizes[shard] += 1
        row = RevocationRow(
            shard,
            f"{serial:x}",
            revoked_at=now - timedelta(minutes=number),
            reason=REASON,
            not_after=now + timedelta(days=900),
        )
        batch.append({"PutRequest": {"Item": row.to_dynamodb_dict()}})
        if len(batch) == BATCH or number == ENTRIES - 1:
            reply = client.batch_write_item(RequestItems={table: batch})
            batch = reply["UnprocessedItems"].get(table, [])
    return sizes


def _floor(issuer: Issuer, sizes: list[int]) -> float:
    """CPU milliseconds of building and signing lists of these lengths."""
    key, now = throw_away_key("secp256r1"), datetime.now(UTC).replace(microsecond=0)
    entry = Entry(1 << 158, now, reason_flag(REASON))
    used = 0.0
    for size in sizes:
        began = time.process_time()
        url = "http://status.clavero.example/crl"
        crl.sign(crl.build(issuer.certificate, [entry] * size, number=1, url=url, now=now), key)
        used += time.process_time() - began
    return used * 1000
