"""When a certificate can be renewed (A28 to A30): the seventy days before it expires, and once.

Pure rules: a certificate's record, with that of its successor, whose it is said to be, and the time, go in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from cryptography import x509

from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.names import NaturalPersonName, natural_person_subject, same_person
from chalicelib.pki.tables import CertificateRow

WINDOW: Final = timedelta(days=70)
"""A28: it opens so long before the expiry, and closes with it."""
INTERRUPTED_AFTER: Final = timedelta(seconds=60)
"""The longest that the authority's function runs (.chalice/config.json): then nobody is at it any more."""

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
    """Two names are on record. One of them is no longer true, and on line nobody sees which."""

    slug = "data-changed"
    status = 409
    title = "Your registration, your certificate and your last identification bear different names"


NEXT: Final = "Use the code of your last identification, or identify yourself anew at an office."

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


def taken(row: CertificateRow, successor: CertificateRow | None) -> bool:
    """Whether another certificate has taken its place. One whose issuance was interrupted takes no place: its
    key may be lost, and with it whoever could finish it.

    Args:
        successor: the record that `renewed_by` names, if there is one.
    """
    return row.renewed_by is not None and successor is not None and successor.state == "issued"


def require_given_up(successor: CertificateRow, now: datetime) -> None:
    """Refuse to supersede a reservation while the function that made it may still be at it.

    Raises:
        Conflict: ask again when it cannot be any more.
    """
    left = successor.reserved_at + INTERRUPTED_AFTER - now
    if successor.revoked_at is None and left > timedelta(0):
        raise Conflict(retry_after=int(left.total_seconds()) + 1)


def window(row: CertificateRow, now: datetime, successor: CertificateRow | None) -> Window:
    """Where a certificate stands in its life, as far as renewing it goes.

    Args:
        successor: as for `taken`.
    """
    if row.revoked_at is not None:
        return "revoked"
    if row.held_at is not None:
        return "suspended"
    if taken(row, successor):
        return "renewed"
    if row.not_after < now:
        return "closed"
    return "open" if opens_at(row.not_after) <= now else "early"


def renewed_online(row: CertificateRow) -> bool:
    """Whether one of its kind is renewed on line at all: a card is loaded at an office (A23)."""
    return row.profile.partition("/")[0] == CITIZEN_SOFTWARE


def require_renewable(
    row: CertificateRow | None, holder: str, now: datetime, successor: CertificateRow | None
) -> CertificateRow:
    """Refuse what its holder cannot renew now.

    Args:
        successor: as for `taken`.

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
    if (refusal := refusals.get(window(row, now, successor))) is not None:
        raise refusal
    return row


def keeps_the_name(row: CertificateRow, registered: NaturalPersonName) -> bool:
    """Whether it bears the registered name."""
    return same_person(x509.load_der_x509_certificate(row.der).subject, natural_person_subject(registered))


def require_same_person(before: x509.Name, now: x509.Name) -> None:
    """A renewal keeps the data (A29): number, given name and surnames are what they were.

    Raises:
        DataChanged
    """
    if not same_person(before, now):
        raise DataChanged(NEXT)
