"""A person's account: read whole, changed under its version, each change with its event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws import due_days
from chalicelib.aws.tables import Transaction, listed
from chalicelib.registry import states
from chalicelib.registry.account_tables import AccountItem, CredentialItem, ProofItem, RegistrationItem
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
PIN = "credential#pin"


@dataclass(frozen=True)
class Account:
    """All items of one person, or of nobody (`registration` is None and there are no proofs)."""

    holder: str
    registration: RegistrationItem | None
    proofs: tuple[ProofItem, ...]
    credentials: dict[str, CredentialItem]

    @property
    def state(self) -> str:
        """One of states.STATES."""
        return str(self.registration.state) if self.registration else states.UNREGISTERED

    @property
    def registered(self) -> bool:
        return self.state == states.REGISTERED

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


def holder_of(nif: str) -> str:
    """The opaque id of a person; for a stranger one without an account, so that both cost the same."""
    person = PersonRow.find(nif)
    return str(person.id) if person else "person:unknown"


def read_account(holder: str) -> Account:
    """Everything of one person, in one strongly consistent read."""
    items = listed(AccountItem.query(holder, consistent_read=True))
    registration = next((item for item in items if isinstance(item, RegistrationItem)), None)
    return Account(
        holder,
        registration,
        tuple(item for item in items if isinstance(item, ProofItem)),
        {str(item.item): item for item in items if isinstance(item, CredentialItem)},
    )


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
