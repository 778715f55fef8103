"""How long what we publish is valid yet: the figures that alarms watch (R8, R9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from chalicelib.aws import bucket
from chalicelib.pki.crl import bucket_key, shard_id
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.tables import CrlShardRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def figures_of_crls(cloud: Cloud) -> dict[str, float]:
    """Hours until the first CRL of an issuing CA ends, days until that of a root does; 0 for a missing one.

    Nothing is told of what there is none of: before the ceremony there is no CRL to be late.
    """
    now = cloud.now()
    issuing = [row for issuer in _valid(cloud) if issuer.parent for row in _shards(issuer)]
    roots = [_end_of_root_crl(cloud, issuer) for issuer in _valid(cloud) if not issuer.parent]
    told = {}
    if issuing:
        told["CrlHoursLeft"] = min(
            (row.next_update - now) / HOUR if row and row.next_update else 0.0 for row in issuing
        )
    if roots:
        told["RootCrlDaysLeft"] = min((end - now) / DAY if end else 0.0 for end in roots)
    return told


def figures_of_responders(cloud: Cloud) -> dict[str, float]:
    """Days until the first responder certificate ends; 0 for a missing one."""
    now = cloud.now()
    responders = [issuer.responder_certificate for issuer in _valid(cloud) if issuer.responder_key_id]
    left = [(each.not_valid_after_utc - now) / DAY if each else 0.0 for each in responders]
    return {"ResponderDaysLeft": min(left)} if left else {}


def _valid(cloud: Cloud) -> list[Issuer]:
    now = cloud.now()
    return [issuer for issuer in issuers(cloud).all if now < issuer.certificate.not_valid_after_utc]


def _shards(issuer: Issuer) -> list[CrlShardRow | None]:
    names = [shard_id(issuer.id, shard) for shard in range(issuer.crl_shards)]
    rows = CrlShardRow.of(names)
    return [rows.get(name) for name in names]


def _end_of_root_crl(cloud: Cloud, issuer: Issuer) -> datetime | None:
    found = bucket.read(cloud, bucket_key(issuer.id, 0))
    try:
        return x509.load_der_x509_crl(found[0]).next_update_utc if found else None
    except ValueError:
        return None
