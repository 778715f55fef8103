"""What a price depends on, read from what was issued and granted to a person.

A certificate of an office is settled when its code is granted, and issued when somebody downloads it, up to
fifteen days later. What was granted without a fee counts from then on (A11), or whoever collects codes
before using one would have them all for nothing. It counts no more when its code can no longer be used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import listed
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import Facts
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

BY_VIDEO = frozenset({"video", "certified-video"})
"""The proofs of certificates whose evidence is kept as an office's, and not had in person (A11)."""
ISSUED_AT_MOST = 100
"""More certificates than anybody has: one answer holds them."""
AT_THE_OFFICE: Final = "certificate-in-person"
_EVIDENCE: Final = "identification:"


def facts_of_renewal(cloud: Cloud, row: CertificateRow) -> Facts:
    """The facts of a certificate that is being renewed; nothing else is looked at, and nothing read."""
    return Facts(valid_until=row.not_after, issued=(), enforced=_enforced(cloud))


def free_before(cloud: Cloud, holder: str, product: str) -> list[PaymentRow] | None:
    """What was free at an office to a person, in its order, each as its own row says: no index lags behind.

    None where it is not counted: for another product, and while nobody is charged.

    Raises:
        Unavailable
    """
    if product != AT_THE_OFFICE or not _enforced(cloud):
        return None
    rows: list[PaymentRow] = []
    while (row := PaymentRow.find(_counted(holder, len(rows) + 1))) is not None:
        rows.append(row)
    return rows


def free_number(holder: str, product: str, spent_by: str, before: Sequence[PaymentRow] | None) -> str:
    """The number under which it is kept that a thing was free: the same thing is kept once.

    Args:
        before: what `free_before` told. Where it counts, the number is the person's next one: of two things
            that are given at once on the same count, the second finds its number taken.
    """
    if before is None:
        return _numbered(spent_by, product)
    given = next((str(row.id) for row in before if row.spent_by == spent_by), None)
    return given or _counted(holder, len(before) + 1)


def facts_of(cloud: Cloud, holder: str, free: Sequence[PaymentRow] = ()) -> Facts:
    """The facts of now. Certificates come from an index, so what was issued in this second may be missing.

    Args:
        free: what was free to the holder, where it counts as long as its code can be used.

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
        if row.issued_at and row.evidence.startswith(_EVIDENCE) and row.proof not in BY_VIDEO:
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
        unused=tuple(
            row.created_at
            for row in free
            if row.spent_by not in in_person and _usable(str(row.spent_by), row.created_at, now)
        ),
    )


def _counted(holder: str, turn: int) -> str:
    return _numbered(holder, AT_THE_OFFICE, str(turn))


def _numbered(*what: str) -> str:
    return "free-" + hashlib.sha256("\n".join(what).encode()).hexdigest()[:32]


def _usable(evidence: str, granted_at: datetime, now: datetime) -> bool:
    """Whether the code of an identification, or the next one that the office makes of it, can be used."""
    if expires_at(GENERATION, granted_at) < now:  # long past, as most: the identification is not read
        return False
    row = IdentificationRow.find(evidence.removeprefix(_EVIDENCE))
    return row is not None and row.stands and expires_at(GENERATION, row.identified_at) >= now


def _enforced(cloud: Cloud) -> bool:
    return cloud.settings.fee_if_enforced == "yes"
