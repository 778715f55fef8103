"""A person's account: read whole, changed under its version, each change with its event."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws import due_days
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.registry import states
from chalicelib.registry.account_tables import (
    AccountItem,
    AppItem,
    BarItem,
    CredentialItem,
    ProofItem,
    RegistrationItem,
)
from chalicelib.registry.assurance import (
    METHODS,
    STRONG_YEARS,
    Level,
    Proof,
    level,
    strong_until,
    years_later,
)
from chalicelib.registry.tables import PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REGISTRATION = "registration"
PASSWORD = "credential#password"  # noqa: S105  # the name of an item
ACTIVATION = "credential#activation"
TOTP = "credential#totp"
BAR = "bar"
NOBODY: Final = "person:unknown"
"""Whose account is read where there is no such person."""


class Account(msgspec.Struct, frozen=True):
    """All items of one person, or of nobody (`registration` is None and there are no proofs)."""

    holder: str
    registration: RegistrationItem | None
    proofs: tuple[ProofItem, ...]
    credentials: dict[str, CredentialItem]
    apps: tuple[AppItem, ...] = ()
    barred: bool = False
    """Whether a report of death or incapacity stands (registry/reports.py)."""

    @property
    def state(self) -> str:
        """One of states.STATES. A bar covers whatever state there was, and leaves it when it is lifted."""
        if self.barred:
            return states.BARRED
        return str(self.registration.state) if self.registration else states.UNREGISTERED

    @property
    def registered(self) -> bool:
        return self.state == states.REGISTERED

    @property
    def customer(self) -> RegistrationItem | None:
        """Who is written to about what was bought, though the registration may have ended since; nobody after
        a report of death or incapacity (docs/adr/0027)."""
        return None if self.barred else self.registration

    @property
    def evidence(self) -> list[Proof]:
        """The proofs as the rules take them."""
        return [
            Proof(item.method, item.at, item.evidence, item.officer, item.withdrawn_at)
            for item in self.proofs
        ]

    @property
    def level(self) -> Level:
        """The registration level; nobody has one who is not registered."""
        return level(self.evidence) if self.registered else "none"

    @property
    def strong_until(self) -> datetime | None:
        return strong_until(self.evidence) if self.registered else None

    def credential(self, name: str) -> str:
        """The state of a credential."""
        item = self.credentials.get(name)
        return str(item.state) if item else states.ABSENT


def active_apps(account: Account) -> list[AppItem]:
    """The apps to which messages can go, the newest last."""
    return sorted((app for app in account.apps if app.state == states.ACTIVE), key=lambda app: app.added_at)


def holder_of(nif: str) -> str:
    """The opaque id of a person; for a stranger nobody's, so that both cost the same."""
    person = PersonRow.find(nif)
    return str(person.id) if person else NOBODY


def read_account(holder: str) -> Account:
    """Everything of one person, in one strongly consistent read. Nobody's is read like any, and is empty."""
    items = listed(AccountItem.query(holder, consistent_read=True))
    if holder == NOBODY:
        return Account(NOBODY, None, (), {})
    registration = next((item for item in items if isinstance(item, RegistrationItem)), None)
    return Account(
        holder,
        registration,
        tuple(item for item in items if isinstance(item, ProofItem)),
        {str(item.item): item for item in items if isinstance(item, CredentialItem)},
        tuple(item for item in items if isinstance(item, AppItem)),
        any(isinstance(item, BarItem) and bool(item.reports) for item in items),
    )


def enter_nobody() -> None:
    """Give nobody an account that is as large as people's, so that reading it takes as long (6.6).

    Done once for a deployment; again it changes nothing. No rule ever sees what stands in it.
    """
    then = datetime(1970, 1, 1, tzinfo=UTC)
    digest = "0" * 64
    items: tuple[AccountItem, ...] = (
        RegistrationItem(
            NOBODY,
            REGISTRATION,
            nif="00000000T",
            state=states.RENOUNCED,
            given_name="Nadie",
            surname1="Nadie",
            surname2="Nadie",
            birth_date="1900-01-01",
            contrast=digest,
            mobile="+34600000000",
            email="nobody@example.org",
            language="es",
            conditions="none",
            registered_at=then,
        ),
        ProofItem(NOBODY, "proof#nobody", method="none", at=then, evidence="none", officer="officer:nobody"),
        CredentialItem(NOBODY, ACTIVATION, state=states.ABSENT, secret=digest, set_at=then, expires_at=then),
        CredentialItem(NOBODY, PASSWORD, state=states.ABSENT, secret=digest, preset="none", set_at=then),
    )
    transaction = Transaction()
    for item in items:
        transaction.put_new("nobody", item)
    with suppress(ConditionFailed):
        transaction.commit()


def add_proof(
    cloud: Cloud, transaction: Transaction, holder: str, *, method: str, evidence: str, officer: str = ""
) -> ProofItem:
    """Enter an identity proof into the ledger (F01), with its event."""
    now = cloud.now()
    entropy = cloud.entropy(12)
    ends = years_later(now, STRONG_YEARS)
    proof = ProofItem(
        holder,
        f"proof#{now:%Y-%m-%dT%H:%M:%SZ}#{entropy.hex()[:8]}",
        ends_on=due_days.key(ends, holder) if METHODS[method].strong else None,
        method=method,
        at=now,
        evidence=evidence,
        officer=officer,
    )
    transaction.put_new("proof", proof)
    event = Event(
        "identity.proven", holder, officer or holder, now, evidence=evidence, details={"method": method}
    )
    record(transaction, event, entropy)
    return proof
