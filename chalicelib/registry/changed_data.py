"""What an identification says is new, in the registration too: what is issued on line bears its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.registry import states
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION
from chalicelib.registry.identified import Identified
from chalicelib.registry.registrations import put_item
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def note_change(cloud: Cloud, transaction: Transaction, row: IdentificationRow, evidence: Identified) -> None:
    """Write what an identification says is new into the registration, if there is one.

    An address that is the person's no longer is not replaced, since nobody has shown to be reached at another
    one; but from now on it is not certified.

    It fails by the label `registration` if somebody changes the registration meanwhile.
    """
    changes, holder = evidence.changes, str(row.holder)
    known = RegistrationItem.find(holder, REGISTRATION)
    if changes is None or known is None or known.state != states.REGISTERED:
        return
    fields: dict[str, object] = {}
    if changes.name_document is not None:
        name = {field: getattr(evidence, field) for field in ("given_name", "surname1", "surname2")}
        fields |= {field: value for field, value in name.items() if getattr(known, field) != value}
    renamed = bool(fields)
    if changes.email_before == known.email and known.email_confirmed_at is not None:
        fields["email_confirmed_at"] = None
    if not fields:
        return
    put_item(transaction, "registration", RegistrationItem(holder, REGISTRATION), known, fields)
    event = Event(
        "person.renamed" if renamed else "contact.unconfirmed",
        holder,
        f"officer:{row.officer}",
        cloud.now(),
        evidence=str(row.evidence_digest),
        details={"identification": str(row.id)},
    )
    record(transaction, event, cloud.entropy(12))
