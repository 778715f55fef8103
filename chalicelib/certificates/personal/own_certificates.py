"""A person's certificates as their owner sees them: where each stands, how it is renewed (A28-A30, F25).

Whether the person who is logged in may renew on line is decided by the same table of rights that the
authority applies. Where it says no, the offer says by which channel, and where.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import structs

from chalicelib.aws.tables import listed
from chalicelib.certificates import renewal
from chalicelib.errors import NotFound
from chalicelib.login.citizens import Citizen
from chalicelib.login.own_account import standing_of
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.names_in_force import bears, registered_name
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
    former_address: bool = False
    """Whether it bears an e-mail address that its holder has replaced in the account."""


class Offer(msgspec.Struct, frozen=True):
    """A certificate in place of another one, ready to be accepted."""

    row: CertificateRow
    right: Right
    why: Literal["renewal", "address"]


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


def describe_all(citizen: Citizen, rows: list[CertificateRow], now: datetime) -> list[OwnCertificate]:
    """Certificates as their owner is shown them."""
    by_id, former = {row.id: row for row in rows}, _former_addresses(citizen)
    return [_describe(row, by_id.get(row.renewed_by or ""), former, now) for row in rows]


def _describe(
    row: CertificateRow, successor: CertificateRow | None, former: set[str], now: datetime
) -> OwnCertificate:
    state = state_of(row, now)
    held = state == "held"
    return OwnCertificate(
        issuer=row.issuer,
        serial=f"{row.serial:x}",
        profile=row.profile,
        state=state,
        not_before=row.reserved_at,
        not_after=row.not_after,
        renewable_from=renewal.opens_at(row.not_after),
        renewal=renewal.window(row, now, successor),
        revoked_at=row.revoked_at,
        reason=row.reason,
        suspended_at=row.held_at if held else None,
        decided_at=row.held_until if held else None,
        former_address=bool(former) and state in {"issued", "held"} and bears(row, former),
    )


def offers(cloud: Cloud, citizen: Citizen) -> list[Offer]:
    """What can be renewed now, and what bears an address that the person has replaced; and whether with this
    log-in. A card is loaded at an office."""
    now, rows = cloud.now(), certificates_of(citizen)
    standing = standing_of(citizen, now)
    service, known = SERVICES["certificate-online"], citizen.account.registration
    by_id, former = {row.id: row for row in rows}, _former_addresses(citizen)
    found = []
    for row in rows:
        if row.state != "issued" or not renewal.renewed_online(row):
            continue
        where = renewal.window(row, now, by_id.get(row.renewed_by or ""))
        if where == "open":
            # What the authority asks too, so that nobody is offered what would be refused.
            same = known is not None and renewal.keeps_the_name(row, registered_name(known))
            judged = structs.replace(standing, one_name=standing.one_name and same)
            found.append(Offer(row, right(service, judged, now), "renewal"))
        elif where in {"early", "renewed"} and row.not_after > now and former and bears(row, former):
            found.append(Offer(row, right(service, standing, now), "address"))
    return found


def _former_addresses(citizen: Citizen) -> set[str]:
    known = citizen.account.registration
    return set(known.former_emails or ()) if known is not None else set()
