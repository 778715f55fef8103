"""When a certificate can be renewed (A28 to A30): the seventy days before it expires, and once.

Pure rules: a certificate's record, whose it is said to be, and the time, go in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import NameOID

from chalicelib.errors import NotFound, Problem
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.tables import CertificateRow

WINDOW: Final = timedelta(days=70)
"""A28: it opens so long before the expiry, and closes with it."""

Window = Literal["early", "open", "closed", "revoked", "suspended", "renewed"]


class NotYetRenewable(Problem):
    """The renewal period has not begun (A28)."""

    slug = "not-yet-renewable"
    status = 409
    title = "A certificate can be renewed in the 70 days before it expires"


class ExpiredNotRenewable(Problem):
    """It has expired: in person, or a new application (A30)."""

    slug = "expired-not-renewable"
    status = 409
    title = "This certificate has expired and cannot be renewed any more; apply for a new one"


class AlreadyRenewed(Problem):
    """Another certificate has taken its place."""

    slug = "already-renewed"
    status = 409
    title = "This certificate has been renewed already"


class RevokedNotRenewable(Problem):
    """It was revoked."""

    slug = "revoked-not-renewable"
    status = 409
    title = "This certificate was revoked and cannot be renewed; apply for a new one"


class SuspendedNotRenewable(Problem):
    """It is on hold: first it is reinstated, or another is applied for."""

    slug = "suspended-not-renewable"
    status = 409
    title = "This certificate is suspended and cannot be renewed while it is"


class DataChanged(Problem):
    """A renewal keeps the data; what is registered is no longer what the certificate says."""

    slug = "data-changed"
    status = 409
    title = "Your registered name is no longer the certificate's; apply for a new certificate instead"


PROBLEMS: Final = (
    NotYetRenewable,
    ExpiredNotRenewable,
    AlreadyRenewed,
    RevokedNotRenewable,
    SuspendedNotRenewable,
    DataChanged,
)


def opens_at(not_after: datetime) -> datetime:
    """When the renewal period begins."""
    return not_after - WINDOW


def window(row: CertificateRow, now: datetime) -> Window:
    """Where a certificate stands in its life, as far as renewing it goes."""
    if row.revoked_at is not None:
        return "revoked"
    if row.held_at is not None:
        return "suspended"
    if row.renewed_by is not None:
        return "renewed"
    if row.not_after < now:
        return "closed"
    return "open" if opens_at(row.not_after) <= now else "early"


def renewed_online(row: CertificateRow) -> bool:
    """Whether one of its kind is renewed on line at all: a card is loaded at an office (A23)."""
    return row.profile.partition("/")[0] == CITIZEN_SOFTWARE


def require_renewable(row: CertificateRow | None, holder: str, now: datetime) -> CertificateRow:
    """Refuse what its holder cannot renew now.

    Raises:
        NotFound: the holder has no such certificate.
        NotYetRenewable, ExpiredNotRenewable, AlreadyRenewed, RevokedNotRenewable, SuspendedNotRenewable
    """
    if row is None or row.holder != holder or row.state != "issued":
        raise NotFound
    if not renewed_online(row):
        raise NotFound
    refusals: dict[Window, type[Problem]] = {
        "early": NotYetRenewable,
        "closed": ExpiredNotRenewable,
        "revoked": RevokedNotRenewable,
        "suspended": SuspendedNotRenewable,
        "renewed": AlreadyRenewed,
    }
    if (refusal := refusals.get(window(row, now))) is not None:
        raise refusal
    return row


def require_same_person(before: x509.Name, now: x509.Name) -> None:
    """A renewal keeps the data (A29): number, given name and surnames are what they were.

    Raises:
        DataChanged
    """
    for oid in (NameOID.SERIAL_NUMBER, NameOID.GIVEN_NAME, NameOID.SURNAME):
        if _text(before, oid) != _text(now, oid):
            raise DataChanged


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
