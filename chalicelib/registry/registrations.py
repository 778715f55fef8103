"""Registration (C01-C20): a proof of identity makes or raises a person's registration, whatever the channel.

Every channel ends here. One transaction enters the proof into the ledger, moves the state, claims the
telephone, issues a fresh activation code and leaves a welcome message in the outbox.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws import due_days
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.codes.bound import digest
from chalicelib.codes.kinds import ACTIVATION, expires_at, new_code
from chalicelib.errors import Conflict, Problem
from chalicelib.notices.outbox import Message, queue
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem, PhoneRow, RegistrationItem
from chalicelib.registry.accounts import ACTIVATION as ACTIVATION_ITEM
from chalicelib.registry.accounts import REGISTRATION, Account, add_proof, read_account
from chalicelib.registry.assurance import METHODS
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.cool_off import tell_of_new_number
from chalicelib.registry.receipts import REPEATED_WITHIN, Receipt, make_receipt, note_repeated

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


IN_PERSON: Final = "in-person"


class PhoneTaken(Problem):
    """2.8: the telephone is a second factor, and belongs to one person."""

    slug = "phone-taken"
    status = 409
    title = "This mobile number is registered for somebody else"


class Registrant(msgspec.Struct, frozen=True):
    """Who is registered, normalised, and how to reach them."""

    nif: str
    given_name: str
    surname1: str
    surname2: str | None
    birth_date: str
    contrast: str
    """The keyed hash of the contrast data."""
    mobile: str
    email: str
    language: str
    conditions: str


class Registered(msgspec.Struct, frozen=True):
    """A registration that was made or raised, with what the person takes home."""

    account: Account
    activation_code: str
    receipt: Receipt


def register_person(
    cloud: Cloud,
    holder: str,
    who: Registrant,
    *,
    method: str,
    evidence: str,
    officer: str = "",
    transaction: Transaction | None = None,
    account: Account | None = None,
) -> Registered:
    """Register a person on a proof, or add the proof to a registration.

    Args:
        transaction: what must happen together with it, such as spending a letter's code.
        account: what the caller decided on; if it changes before the write, nothing is written.

    Raises:
        MoveNotAllowed: somebody who renounced comes back by a method that is too weak.
        PhoneTaken, Conflict
        ConditionFailed: a condition of `transaction` does not hold.
    """
    now = cloud.now()
    account = account or read_account(holder)
    state = states.move(states.REGISTRATION_MOVES, account.state, f"proven:{method}")
    transaction = transaction or Transaction()
    proof = add_proof(cloud, transaction, holder, method=method, evidence=evidence, officer=officer)
    _put_registration(cloud, transaction, account, who, state, in_person=method == IN_PERSON)
    claim_phone(transaction, account, who.mobile)
    code = issue_activation_code(cloud, transaction, account)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="renewal" if account.registered and METHODS[method].strong else "registration",
        holder=holder,
        nif=who.nif,
        language=who.language,
        activation_code=code,
        method=method,
    )
    welcome = Message(
        id=f"welcome:{holder}:{proof.item}",
        channel="sms",
        to=who.mobile,
        template="welcome",
        language=who.language,
        give_up_at=expires_at(ACTIVATION, now),
        values={"organisation": cloud.settings.organisation, "phone": cloud.settings.help_phone},
    )
    queue(cloud, transaction, welcome, by_schedule=True)
    known = earlier(account)
    if known is not None and known.mobile != who.mobile:
        tell_of_new_number(cloud, transaction, known, in_person=method == IN_PERSON)
    elif account.registered and known is not None and known.email != who.email:
        tell(cloud, transaction, known, "contact-changed")
    event = Event(
        "person.registered", holder, officer or holder, now, evidence=evidence, details={"method": method}
    )
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if "phone" in failed.labels:
            raise PhoneTaken(field="mobile") from failed
        if failed.labels & {"registration", "activation code"}:
            raise Conflict(retry_after=1) from failed
        raise
    return Registered(read_account(holder), code, receipt)


def proven_before(cloud: Cloud, account: Account, method: str, evidence: str) -> bool:
    """Whether this very proof made or raised the registration a moment ago: then the same request came again,
    its first answer lost, and a second proof would say nothing that the first does not."""
    since = cloud.now() - REPEATED_WITHIN
    return account.registered and any(
        (proof.method, proof.evidence) == (method, evidence)
        and proof.withdrawn_at is None
        and proof.at > since
        for proof in account.proofs
    )


def repeat_registration(cloud: Cloud, account: Account, *, method: str, actor: str = "") -> Registered:
    """The receipt of a registration that was made before. It carries a fresh activation code: the one before
    was perhaps seen by nobody, and is worthless from now on.

    Raises:
        MoveNotAllowed: nobody is registered any more.
        Conflict
    """
    known = account.registration
    if known is None or not account.registered:
        raise states.MoveNotAllowed
    transaction = Transaction()
    code = issue_activation_code(cloud, transaction, account)
    kind = "renewal" if len(account.proofs) > 1 and METHODS[method].strong else "registration"
    receipt = make_receipt(
        cloud,
        transaction,
        kind=kind,
        holder=account.holder,
        nif=str(known.nif),
        language=str(known.language),
        activation_code=code,
        method=method,
    )
    note_repeated(cloud, transaction, kind=kind, holder=account.holder, actor=actor)
    transaction.commit_or_conflict()
    return Registered(account, code, receipt)


def issue_activation_code(cloud: Cloud, transaction: Transaction, account: Account) -> str:
    """A fresh activation code (C19, C20); the one before is worthless from then on."""
    now = cloud.now()
    state = account.credential(ACTIVATION_ITEM)
    following = states.move(states.ACTIVATION_CODE_MOVES, state, "issued")
    code = new_code(ACTIVATION, cloud.entropy)
    before = account.credentials.get(ACTIVATION_ITEM)
    fields = {
        "state": following,
        "secret": digest(cloud, ACTIVATION, account.holder, code),
        "set_at": now,
        "expires_at": expires_at(ACTIVATION, now),
        "ends_on": due_days.key(expires_at(ACTIVATION, now), account.holder),
        "failures": 0,
    }
    put_item(transaction, "activation code", CredentialItem(account.holder, ACTIVATION_ITEM), before, fields)
    return code


def put_item(
    transaction: Transaction,
    label: str,
    item: CredentialItem | RegistrationItem,
    before: CredentialItem | RegistrationItem | None,
    fields: dict[str, object],
) -> None:
    """Write fields of an account's item over the version that was read, or the item if there was none."""
    table = type(item)
    if before is None:
        for name, value in fields.items():
            setattr(item, name, value)
        transaction.put_new(label, item)
        return
    actions = [
        getattr(table, name).remove() if value is None else getattr(table, name).set(value)
        for name, value in fields.items()
    ]
    actions.append(table.version.add(1))
    transaction.update(label, before, actions, table.version == int(before.version))


def _put_registration(
    cloud: Cloud, transaction: Transaction, account: Account, who: Registrant, state: str, *, in_person: bool
) -> None:
    fields: dict[str, object] = {
        "nif": who.nif,
        "state": state,
        "given_name": who.given_name,
        "surname1": who.surname1,
        "surname2": who.surname2,
        "birth_date": who.birth_date,
        "contrast": who.contrast,
        "mobile": who.mobile,
        "email": who.email,
        "language": who.language,
        "conditions": who.conditions,
        "registered_at": cloud.now(),
        "renounced_at": None,
        **forgotten(account),
        **trust_in_number(account, who.mobile, cloud.now(), in_person=in_person),
    }
    if account.registration is None or account.registration.email != who.email:
        fields["email_confirmed_at"] = None
    if account.registration is not None and account.registration.former_emails:
        # An address that is the person's again is not a former one.
        fields["former_emails"] = {*account.registration.former_emails} - {who.email} or None
    item = RegistrationItem(account.holder, REGISTRATION)
    put_item(transaction, "registration", item, account.registration, fields)


def trust_in_number(account: Account, number: str, now: datetime, *, in_person: bool) -> dict[str, object]:
    """What is noted when a registration is written with a number (F14): a new one cools, and only an officer
    before whom the person stands ends a hold."""
    before = earlier(account)
    fields: dict[str, object] = {}
    if before is not None and before.mobile != number:
        fields["mobile_since"] = now
    if before is not None and before.mobile_held_at is not None and in_person:
        fields["mobile_held_at"] = None
        if before.mobile == number:
            fields["mobile_since"] = None
    return fields


def forgotten(account: Account) -> dict[str, object]:
    """What of a registration that was taken back says nothing of the one that begins."""
    if account.registration is None or earlier(account) is not None:
        return {}
    names = ("mobile_since", "mobile_held_at", "email_confirmed_at", "former_emails")
    return dict.fromkeys(names)


def earlier(account: Account) -> RegistrationItem | None:
    """What was registered before, also of somebody who renounced. Where the only proof was taken back it was
    perhaps somebody else who gave that number: it is neither told of another one nor compared with it."""
    return account.registration if account.state != states.UNREGISTERED else None


def claim_phone(transaction: Transaction, account: Account, number: str) -> None:
    """The number becomes this person's, and the one before is set free."""
    transaction.update(
        "phone",
        PhoneRow(number),
        [PhoneRow.holder.set(account.holder)],
        PhoneRow.number.does_not_exist()
        | PhoneRow.holder.does_not_exist()
        | (PhoneRow.holder == account.holder),
    )
    # Who renounced has set the number free already, and it may be somebody else's by now.
    before = account.registration.mobile if account.registration and account.registered else None
    if before and before != number:
        transaction.update(
            "phone before", PhoneRow(before), [PhoneRow.holder.remove()], PhoneRow.holder == account.holder
        )
