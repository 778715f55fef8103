"""What of a person's ends by itself, and when (F03): as a list, and as a calendar behind a secret address.

The address is a random token, kept as a hash; a new one ends the one before. It names nobody, and what is
behind it says what kind of thing ends on which day, and not whose it is.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, listed
from chalicelib.certificates import renewal
from chalicelib.certificates.personal import ics
from chalicelib.certificates.tables import CalendarRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION, Account, read_account
from chalicelib.registry.own_registration import describe

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

TOKEN_OCTETS: Final = 32

WORDS: Final = MappingProxyType(
    {
        "es": {
            "renewal-opens": "Ya puede renovar su certificado",
            "certificate": "Caduca su certificado",
            "strong-proof": "Caduca su identificación en persona, con DNI electrónico o por vídeo",
            "activation-code": "Caduca su código de activación",
            "password": "Caduca su contraseña",
            "suspension": "Su certificado suspendido se revoca si no levanta la suspensión",
        },
        "ca": {
            "renewal-opens": "Ja pot renovar el seu certificat",
            "certificate": "Caduca el seu certificat",
            "strong-proof": "Caduca la seua identificació en persona, amb DNI electrònic o per vídeo",
            "activation-code": "Caduca el seu codi d'activació",
            "password": "Caduca la seua contrasenya",
            "suspension": "El seu certificat suspés es revoca si no alça la suspensió",
        },
        "en": {
            "renewal-opens": "Your certificate can be renewed",
            "certificate": "Your certificate expires",
            "strong-proof": "Your identification in person, with e-ID or by video expires",
            "activation-code": "Your activation code expires",
            "password": "Your password expires",
            "suspension": "Your suspended certificate is revoked unless you lift the suspension",
        },
    }
)


class OwnDeadline(Struct, frozen=True):
    """One of them."""

    what: str
    at: datetime
    serial: str = ""
    """Of the certificate, where it is one."""


def deadlines(account: Account, now: datetime) -> list[OwnDeadline]:
    """All of a person's that are still to come, the next first."""
    found = [OwnDeadline(what, at) for what, at in describe(account, now).deadlines]
    rows = listed(CertificateRow.by_holder.query(account.holder, scan_index_forward=False, limit=50))
    by_id = {row.id: row for row in rows}
    for row in rows:
        state = state_of(row, now)
        if state == "held":
            found.append(OwnDeadline("suspension", row.held_until, f"{row.serial:x}"))
        if state != "issued":
            continue
        found.append(OwnDeadline("certificate", row.not_after, f"{row.serial:x}"))
        if not renewal.taken(row, by_id.get(row.renewed_by or "")):
            opens = renewal.opens_at(row.not_after)
            found.append(OwnDeadline("renewal-opens", opens, f"{row.serial:x}"))
    return sorted((each for each in found if each.at >= now), key=lambda each: (each.at, each.what))


def new_address(cloud: Cloud, account: Account) -> str:
    """A fresh secret for the address of the person's calendar; the one before opens nothing any more.

    Raises:
        Conflict
    """
    token = base64.urlsafe_b64encode(cloud.entropy(TOKEN_OCTETS)).rstrip(b"=").decode()
    transaction = Transaction()
    made = CalendarRow(_digest(token), holder=account.holder, made_at=cloud.now())
    transaction.put_new("calendar", made)
    _point_to(cloud, transaction, account, _digest(token))
    return token


def close_address(cloud: Cloud, account: Account) -> None:
    """From now on the address opens nothing; doing so twice is no error.

    Raises:
        Conflict
    """
    _point_to(cloud, Transaction(), account, None)


def _point_to(cloud: Cloud, transaction: Transaction, account: Account, digest: str | None) -> None:
    calendar = RegistrationItem.calendar
    transaction.update(
        "registration",
        RegistrationItem(account.holder, REGISTRATION),
        [calendar.set(digest) if digest else calendar.remove()],
        RegistrationItem.state == states.REGISTERED,
    )
    act = "calendar.opened" if digest else "calendar.closed"
    record(transaction, Event(act, account.holder, account.holder, cloud.now()), cloud.entropy(12))
    transaction.commit_or_conflict()


def calendar_at(cloud: Cloud, token: str) -> bytes:
    """The calendar behind an address.

    Raises:
        NotFound: there is none, or not any more: which of the two is not told.
    """
    row = CalendarRow.find(_digest(token))
    account = read_account(row.holder) if row is not None else None
    known = account.registration if account is not None and account.registered else None
    if account is None or known is None or known.calendar != _digest(token):
        raise NotFound
    now, words = cloud.now(), WORDS[str(known.language)]
    entries = [
        ics.Entry(
            date_in_madrid(each.at), words[each.what], f"{account.holder}{each.what}{each.serial}{each.at}"
        )
        for each in deadlines(account, now)
    ]
    return ics.calendar(cloud.settings.organisation, cloud.settings.web_host, entries, now)


def _digest(token: str) -> str:
    """256 random bits need no key."""
    return hashlib.sha256(token.encode()).hexdigest()
