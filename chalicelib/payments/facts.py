"""What a price depends on, read from what was issued to a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.aws.tables import listed
from chalicelib.payments.tariff import Facts
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

BY_VIDEO = frozenset({"video", "certified-video"})
"""The proofs of certificates whose evidence is kept as an office's, and not had in person (A11)."""
ISSUED_AT_MOST = 100
"""More certificates than anybody has: one answer holds them."""


def facts_of_renewal(cloud: Cloud, row: CertificateRow) -> Facts:
    """The facts of a certificate that is being renewed; nothing else is looked at, and nothing read."""
    return Facts(valid_until=row.not_after, issued=(), enforced=_enforced(cloud))


def facts_of(cloud: Cloud, holder: str) -> Facts:
    """The facts of now. They come from an index, so what was issued in this second may be missing.

    Raises:
        Unavailable
    """
    now = cloud.now()
    rows = [
        row
        for row in listed(
            CertificateRow.by_holder.query(holder, scan_index_forward=False, limit=ISSUED_AT_MOST)
        )
        if row.state == "issued"
    ]
    # One for each identification: a file made again, since its answer was lost, is no other certificate.
    in_person: dict[str, datetime] = {}
    for row in rows:
        if row.issued_at and row.evidence.startswith("identification:") and row.proof not in BY_VIDEO:
            in_person[row.evidence] = min(row.issued_at, in_person.get(row.evidence, row.issued_at))
    # A hold that can still be lifted frees nobody of the fee: it would be asked for, used, and lifted.
    valid = [
        row.not_after
        for row in rows
        if row.revoked_at is None and row.not_after >= now and (row.held_at is None or row.held_until >= now)
    ]
    return Facts(
        valid_until=max(valid, default=None),
        issued=tuple(sorted(in_person.values())),
        enforced=_enforced(cloud),
    )


def _enforced(cloud: Cloud) -> bool:
    return cloud.settings.fee_if_enforced == "yes"
