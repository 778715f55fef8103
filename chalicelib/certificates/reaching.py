"""How the holder of a certificate is reached: as registered now, otherwise as was recorded for it.

What was recorded is of the day of issue. Whoever has changed the address in the account since is reached at
the new one, and proves by phone to be who they are with what is registered: the old mailbox may be anybody's.
What is done to a certificate is told to both (`also`), since whoever took over one of them would be silent.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from chalicelib.aws.log import log_failure
from chalicelib.aws.tables import Damaged
from chalicelib.certificates.evidence import recorded_value
from chalicelib.registry.accounts import read_account
from chalicelib.registry.reachable import Contact, Known, known_of, known_of_many

PERSON = "person:"
"""How holders begin who can have an account; an officer's and a responder's certificate have others."""


class Reach(msgspec.Struct, frozen=True):
    """How one holder is reached."""

    registered: Contact | None = None
    recorded: Contact | None = None
    barred: bool = False

    @property
    def known(self) -> Contact | None:
        """What holds now."""
        return self.registered or self.recorded

    @property
    def told(self) -> Contact | None:
        """Who is written to: nobody after a report of death or incapacity."""
        return None if self.barred else self.known

    @property
    def also(self) -> str:
        """The recorded address, where it is another one than the registered."""
        if self.registered is None or self.recorded is None:
            return ""
        old, new = self.recorded.email, self.registered.email
        return old if old.lower() != new.lower() else ""


def reach(holder: str, evidence: str, known: Known | None = None) -> Reach:
    """How the holder of a certificate is reached.

    A revocation must never fail because of what says whom to tell of it: what cannot be read is logged, and
    the other of the two is used.

    Args:
        evidence: what the certificate rests on, as its row names it.
        known: what the account says, for whoever has read it.
    """
    account = known if known is not None else _account(holder)
    return Reach(account.contact, _recorded(evidence), account.barred)


def accounts_of(holders: Collection[str]) -> dict[str, Known]:
    """What the accounts of many say, for `reach`; of none if one of them cannot be read."""
    try:
        found = known_of_many([each for each in holders if each.startswith(PERSON)])
    except Damaged as damaged:
        log_failure(damaged)
        return {}
    return {each: found.get(each, Known()) for each in holders}


def _account(holder: str) -> Known:
    if not holder.startswith(PERSON):
        return Known()
    try:
        return known_of(read_account(holder))
    except Damaged as damaged:
        log_failure(damaged)
        return Known()


def _recorded(evidence: str) -> Contact | None:
    try:
        value = recorded_value(evidence)
    except Damaged as damaged:
        log_failure(damaged)
        return None
    if value is None:
        return None
    return Contact(value.email, value.mobile, str(value.language), value.birth_date)
