"""A mass revocation of 100,000 certificates, over the shards (64) of one issuer, killed once and resumed.

The certificates are rows like a real one's (many.py), each with its identification and its key. In this
order: a dry run over all of them; 1,000 notices beforehand, of a plan that is then stopped; some seconds of
revoking in this process, to count the calls to AWS for each; a worker in a process of its own, which is
killed (SIGKILL) in the middle of its work; two workers at once, whose clock is past the killed one's lease,
until the plan is done; and the publication of every CRL. `seconds` is elapsed time of the three kinds of
revoking together. At the end events, notices and entries of CRLs are counted: of each as many as
certificates and none twice, or the measurement fails. `notices_per_second` is how fast they are written;
they go out at the policy's pace.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from cryptography import x509

from chalicelib.audit.events import every_event
from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud, utc_now
from chalicelib.certificates.download import from_csr
from chalicelib.certificates.mass import plans
from chalicelib.certificates.mass.work import LEASE, work
from chalicelib.notices.tables import MessageRow
from chalicelib.pki import publication
from chalicelib.pki.crl import bucket_key
from chalicelib.pki.issuers import issuers
from chalicelib.pki.selection import Selection
from chalicelib.pki.tables import CertificateRow
from infra.bench.authority import Authority, new_cloud, new_csr
from infra.bench.many import load
from infra.bench.meter import Meter
from infra.local.quiet import hush

CERTIFICATES = 100_000
NOTICES = 1_000
COUNTED = timedelta(seconds=10)
SETTLED = timedelta(minutes=2)
"""How far ahead of the rows' time the measurement's clock is."""
KILLED_AFTER = 20
WORKERS = 2
REASON = "privilegeWithdrawn"


def measure(authority: Authority, meter: Meter, certificates: int = CERTIFICATES) -> dict[str, Any]:
    """The figures of `mass_revocation`."""
    ((code, _),) = authority.codes(1)
    cloud = new_cloud(meter.functions(), meter)
    from_csr(cloud, code=code, csr=new_csr(), email_code=None, source="203.0.113.7")
    model = next(row for row in CertificateRow.scan() if row.profile.startswith("citizen"))
    began = time.monotonic()
    ids = [model.id, *load(cloud, model, certificates - 1)]
    figures: dict[str, Any] = {
        "certificates": certificates,
        "load_seconds": round(time.monotonic() - began, 1),
    }
    cloud.clock = lambda: utc_now() + SETTLED
    figures |= _notices(cloud, meter, ids[:NOTICES])

    chosen, found = Selection(profile=model.profile, issuer=model.issuer), []
    reading = meter.measure(lambda: found.append(plans.write(cloud, chosen, REASON, "operator:one")))
    plan, forecast = found[0]
    figures |= {"dry_run_seconds": round(reading.wall_ms / 1000, 1), "dry_run_calls": reading.aws_calls}
    figures["dry_run_rows_read"] = forecast.read
    plans.approve(cloud, plan, "operator:two")
    figures |= _revoke(cloud, meter, plan)
    figures |= _publish(cloud, meter, model.issuer, forecast.crl_octets)
    _check(plan, certificates)
    return figures


def _notices(cloud: Cloud, meter: Meter, ids: list[str]) -> dict[str, Any]:
    plan, _ = plans.write(cloud, Selection(ids=tuple(ids)), "superseded", "operator:one")
    plans.approve(cloud, plan, "operator:two")
    present, cloud.clock = cloud.clock, lambda: utc_now() + timedelta(minutes=5)
    reading = meter.measure(lambda: work(cloud))
    cloud.clock = present
    if (told := plans.stop(cloud, plan, "operator:one").told) != len(ids):
        raise RuntimeError(f"{told} notices instead of {len(ids)}")
    return {
        "notices_per_second": round(told / reading.wall_ms * 1000, 1),
        "aws_calls_each_notice": round(reading.aws_calls / told, 2),
    }


def _revoke(cloud: Cloud, meter: Meter, plan: str) -> dict[str, Any]:
    reading = meter.measure(lambda: work(cloud, COUNTED))
    counted = plans.read(plan).revoked
    began = time.monotonic()
    killed = _worker(SETTLED)
    time.sleep(KILLED_AFTER)
    killed.kill()
    if killed.wait() != -9:
        raise RuntimeError("the worker that was to be killed had ended")
    left = plans.read(plan).revoked
    workers = [_worker(SETTLED + LEASE) for _ in range(WORKERS)]
    if any(worker.wait() for worker in workers):
        raise RuntimeError("a worker failed")
    took = time.monotonic() - began
    done = plans.read(plan)
    if done.plan.state != "done":
        raise RuntimeError(f"the plan is {done.plan.state}")
    seconds = reading.wall_ms / 1000 + took
    return {
        "seconds": round(seconds),
        "per_second": round(done.revoked / seconds, 1),
        "per_second_one_worker": round(counted / reading.wall_ms * 1000, 1),
        "aws_calls": round(reading.aws_calls / counted, 2),
        "cpu_ms": round(reading.cpu_ms / counted, 2),
        "sdk_cpu_ms": round(reading.sdk_cpu_ms / counted, 2),
        "kms_sign": reading.kms_sign,
        "revoked_when_killed": left,
        "revoked": done.revoked,
    }


def _worker(ahead: timedelta) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "infra.bench.mass_revocation", str(ahead.total_seconds())]
    return subprocess.Popen(command, env=dict(os.environ))


def _publish(cloud: Cloud, meter: Meter, issuer_id: str, promised: dict[str, int]) -> dict[str, Any]:
    reading = meter.measure(lambda: publication.publish_due(cloud, timedelta(hours=1)))
    issuer = issuers(cloud).get(issuer_id)
    if issuer is None:
        raise RuntimeError("no issuer")
    stored = [bucket.read(cloud, bucket_key(issuer.id, shard)) for shard in range(issuer.crl_shards)]
    lists = [found[0] for found in stored if found]
    return {
        "publish_seconds": round(reading.wall_ms / 1000, 1),
        "publish_kms_sign": reading.kms_sign,
        "crls": len(lists),
        "crl_entries": sum(len(x509.load_der_x509_crl(octets)) for octets in lists),
        "largest_octets": max(map(len, lists)),
        "smallest_octets": min(map(len, lists)),
        "octets_in_all": sum(map(len, lists)),
        "octets_promised": sum(promised.values()),
    }


def _check(plan: str, certificates: int) -> None:
    """None lost, none twice."""
    told = Counter(event.object for event in every_event() if event.details.get("mass-revocation") == plan)
    notices = sum(row.id.startswith("revoked:") for row in MessageRow.scan(attributes_to_get=["id"]))
    revoked = plans.read(plan).revoked
    if not (len(told) == told.total() == notices == revoked == certificates):
        raise RuntimeError(
            f"{len(told)} revoked, {told.total()} events, {notices} notices, {revoked} counted"
        )


def main() -> None:
    """A worker, as a run of the scheduled function: until its time is up or nothing is left."""
    hush()
    ahead = timedelta(seconds=float(sys.argv[1]))
    cloud = new_cloud(Meter().functions())
    cloud.clock = lambda: utc_now() + ahead
    while any(each.plan.state == "approved" for each in plans.every()):
        work(cloud)
        time.sleep(1)


if __name__ == "__main__":
    main()
