"""A person's certificates as their owner sees them: where each stands, how it is renewed (A28-A30, F25).

Whether the person who is logged in may renew on line is decided by the same table of rights that the
authority applies. Where it says no, the offer says by which channel, and where.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.tables import listed
from chalicelib.certificates import renewal
from chalicelib.errors import NotFound
from chalicelib.login.citizens import Citizen
from chalicelib.login.own_account import standing_of
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.rights import SERVICES, Right, right

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

SHOWN: Final = 50
"""Nobody has more certificates of three years than this, unless by mistake."""
POINTS: Final = "/v1/registration-points"


class OwnCertificate(msgspec.Struct, frozen=True):
    """One certificate."""

    issuer: str
    serial: str
    profile: str
    state: str
    """`signing`, `issued`, `held` (suspended), `revoked` or `expired`."""
    not_before: datetime
    not_after: datetime
    renewable_from: datetime
    renewal: str
    """`early`, `open`, `closed` (it has expired), `revoked`, `suspended`, or `renewed`."""
    revoked_at: datetime | None = None
    reason: str | None = None
    suspended_at: datetime | None = None
    decided_at: datetime | None = None
    """When a suspension becomes a revocation, unless it is lifted until then."""


class Offer(msgspec.Struct, frozen=True):
    """The renewal of one certificate, ready to be accepted."""

    row: CertificateRow
    right: Right


def certificates_of(citizen: Citizen) -> list[CertificateRow]:
    """The newest first."""
    return listed(CertificateRow.by_holder.query(citizen.holder, scan_index_forward=False, limit=SHOWN))


def own_certificate(citizen: Citizen, issuer: str, serial: str) -> CertificateRow:
    """One of the person's own certificates.

    Raises:
        NotFound: the person has no such certificate, whoever else has.
    """
    row = CertificateRow.find(certificate_id(issuer, serial))
    if row is None or row.holder != citizen.holder:
        raise NotFound
    return row


def certificate_id(issuer: str, serial: str) -> str:
    """The id of a certificate, by what people know it by."""
    return f"{issuer}#{serial.lstrip('0')}"


def describe(row: CertificateRow, now: datetime) -> OwnCertificate:
    """A certificate as its owner is shown it."""
    held = state_of(row, now) == "held"
    return OwnCertificate(
        issuer=row.issuer,
        serial=f"{row.serial:x}",
        profile=row.profile,
        state=state_of(row, now),
        not_before=row.reserved_at,
        not_after=row.not_after,
        renewable_from=renewal.opens_at(row.not_after),
        renewal=renewal.window(row, now),
        revoked_at=row.revoked_at,
        reason=row.reason,
        suspended_at=row.held_at if held else None,
        decided_at=row.held_until if held else None,
    )


def offers(cloud: Cloud, citizen: Citizen) -> list[Offer]:
    """What can be renewed now, and whether with this log-in. A card is loaded at an office."""
    now = cloud.now()
    may = right(SERVICES["certificate-online"], standing_of(citizen, now), now)
    return [
        Offer(row, may)
        for row in certificates_of(citizen)
        if row.state == "issued" and renewal.renewed_online(row) and renewal.window(row, now) == "open"
    ]
