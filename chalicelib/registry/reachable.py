"""How a person is reached: as registered now, otherwise as was said at the newest identification.

An address of before says where somebody was. After a report of death or incapacity nobody is written to
(docs/adr/0027): whoever reads the mail now is not the person.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from msgspec import Struct

from chalicelib.aws.log import log_failure
from chalicelib.aws.tables import Damaged, listed
from chalicelib.registry.account_tables import AccountItem, BarItem, RegistrationItem
from chalicelib.registry.accounts import BAR, REGISTRATION, Account, read_account
from chalicelib.registry.evidence import ProxyPresence
from chalicelib.registry.identified import Identified, identifications
from chalicelib.registry.states import REGISTERED


class Contact(Struct, frozen=True):
    """Where somebody is written to, in which language, and since when they live."""

    email: str
    mobile: str | None
    language: str
    birth_date: date | None = None


class Known(Struct, frozen=True):
    """What is known of it."""

    contact: Contact | None = None
    """None for whoever was never seen or, of an account alone, is not registered."""
    barred: bool = False


def known_of(account: Account) -> Known:
    """What an account that was read says."""
    return _known(account.registration, account.barred)


def known_of_many(holders: Collection[str]) -> dict[str, Known]:
    """The same of many people, of each who has an account: two items of each are read, a hundred in a call.

    Raises:
        Unavailable: DynamoDB did not answer.
        Damaged: an item cannot be read.
    """
    registered: dict[str, RegistrationItem] = {}
    barred = set()
    keys = [(holder, item) for holder in sorted({*holders}) for item in (REGISTRATION, BAR)]
    for found in listed(AccountItem.batch_get(keys, consistent_read=True)):
        if isinstance(found, RegistrationItem):
            registered[str(found.holder)] = found
        elif isinstance(found, BarItem) and found.reports:
            barred.add(str(found.holder))
    return {each: _known(registered.get(each), each in barred) for each in {*registered, *barred}}


def last_known(holder: str) -> Known:
    """How a person is reached by all that we know."""
    known = known_of(read_account(holder))
    if known.barred or known.contact is not None:
        return known
    seen = _newest_of_the_person(holder)
    return Known(Contact(seen.email, seen.mobile, str(seen.language), seen.birth_date)) if seen else known


def _newest_of_the_person(holder: str) -> Identified | None:
    """The newest identification. One that a proxy asked for, only if there is no other: what a proxy gives as
    the holder's address may be the proxy's."""
    found = identifications(holder)
    own = (each for each in found if not isinstance(getattr(each, "presence", None), ProxyPresence))
    return next(own, found[0] if found else None)


def told_before(holder: str) -> Contact | None:
    """Whom a notice to the address of before goes to, if anybody: what cannot be read is logged, and keeps
    nothing from happening that the notice would tell of."""
    try:
        known = last_known(holder)
    except Damaged as damaged:
        log_failure(damaged)
        return None
    return None if known.barred else known.contact


def _known(registration: RegistrationItem | None, barred: bool) -> Known:
    if registration is None or registration.state != REGISTERED or not registration.email:
        return Known(barred=barred)
    contact = Contact(
        str(registration.email),
        str(registration.mobile) or None,
        str(registration.language),
        date.fromisoformat(registration.birth_date),
    )
    return Known(contact, barred)
