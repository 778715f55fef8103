"""Changes at an office (2.18): of a telephone or e-mail address, and the end of a registration.

The person concerned is there and shows a document that bears the number; nobody is represented (C28). A
minor comes with father, mother or guardian, each with an own document, as at the registration (C09-C13).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, cast

from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import NotFound
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import Account, holder_of, read_account
from chalicelib.registry.contact_data import begin_change, confirm_change
from chalicelib.registry.documents import KINDS, Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.evidence import (
    Emancipation,
    Evidence,
    Guardian,
    HolderPresence,
    Language,
    evidence_digest,
)
from chalicelib.registry.identification import DocumentNifMismatch, normalise_guardian, recheck
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own
from chalicelib.registry.receipts import REPEATED_WITHIN, Receipt, repeat_receipt
from chalicelib.registry.renunciation import renounce
from chalicelib.registry.states import RENOUNCED

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Nif = Annotated[str, Meta(min_length=1, max_length=20)]


class Present(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who stands before the officer."""

    nif: Nif
    document: Document
    guardian: Guardian | None = None
    emancipated: Emancipation | None = None


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The new address of a person who is present."""

    person: Present
    what: Literal["mobile", "email"]
    value: Annotated[str, Meta(min_length=3, max_length=254)]


class ContactConfirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that the new address got, as the person who is present reads it out."""

    person: Present
    what: Literal["mobile", "email"]
    code: Annotated[str, Meta(min_length=1, max_length=40)]


def begin_change_at_desk(cloud: Cloud, officer: Officer, point_id: str, request: ContactChange) -> datetime:
    """Send a code to the new address of a person who is present.

    Raises:
        NotFound, OwnCase, HourlyCapReached, the problems of the document and of begin_change.
    """
    transaction, account = recognise(cloud, officer, point_id, request.person)
    return begin_change(
        cloud, account, request.what, request.value, actor=officer.name, transaction=transaction
    )


def confirm_change_at_desk(
    cloud: Cloud, officer: Officer, point_id: str, request: ContactConfirmation
) -> Receipt:
    """Take it into use.

    Raises:
        NotFound, OwnCase, HourlyCapReached, the problems of the document and of confirm_change.
    """
    transaction, account = recognise(cloud, officer, point_id, request.person)
    return confirm_change(
        cloud, account, request.what, request.code, actor=officer.name, transaction=transaction
    )


def renounce_at_desk(cloud: Cloud, officer: Officer, point_id: str, request: Present) -> Receipt:
    """End the registration of a person who is present. Sent again within the hour, another receipt.

    Raises:
        NotFound, OwnCase, HourlyCapReached, MoveNotAllowed, Conflict, the problems of the document.
    """
    _, account = _account_of(cloud, officer, request)
    if (again := _renounced_before(cloud, account, officer)) is not None:
        return again
    transaction, account = recognise(cloud, officer, point_id, request)
    return renounce(cloud, account, actor=officer.name, transaction=transaction)


def _renounced_before(cloud: Cloud, account: Account, officer: Officer) -> Receipt | None:
    """Another receipt, if the same request ended the registration and its answer was lost."""
    ended = account.registration
    if ended is None or account.state != RENOUNCED or ended.renounced_at is None:
        return None
    if ended.renounced_at + REPEATED_WITHIN <= cloud.now():
        return None
    return repeat_receipt(
        cloud,
        kind="renunciation",
        holder=account.holder,
        nif=str(ended.nif),
        language=str(ended.language),
        actor=officer.name,
    )


def recognise(cloud: Cloud, officer: Officer, point_id: str, person: Present) -> tuple[Transaction, Account]:
    """The account of the person whose document it is; what follows is counted, and justified by an event.

    Raises:
        NotFound, OwnCase, HourlyCapReached when the transaction is committed, and the problems of a
        registration.
    """
    now = cloud.now()
    document, account = _account_of(cloud, officer, person)
    known = account.registration
    if known is None or not account.registered:
        raise NotFound
    evidence = _evidence(known, officer, point_id, document, person, now)
    recheck(evidence)
    transaction = Transaction()
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    company = {"company": person.guardian.relationship} if person.guardian else {}
    event = Event(
        "person.recognised",
        account.holder,
        officer.name,
        now,
        evidence=evidence_digest(evidence),
        details={"point": point_id, "document": document.kind, **company},
    )
    record(transaction, event, cloud.entropy(12))
    return transaction, account


def _account_of(cloud: Cloud, officer: Officer, person: Present) -> tuple[Document, Account]:
    """Whose document it is, registered or not; the officer has no part in it."""
    nif = normalise_nif(person.nif, field="person.nif")
    document = normalise_document(person.document, field="person.document")
    not_own(officer, nif, document.number, *([person.guardian.document.number] if person.guardian else []))
    check_in_force(document, date_in_madrid(cloud.now()), field="person.document")
    # A passport's number is not in the account: it would let an officer into anybody's.
    if not KINDS[document.kind].number_is_nif or document.number != nif:
        raise DocumentNifMismatch(field="person.document.number")
    return document, read_account(holder_of(nif))


def _evidence(
    known: RegistrationItem,
    officer: Officer,
    point_id: str,
    document: Document,
    person: Present,
    now: datetime,
) -> Evidence:
    """What the officer saw beside what is registered: it must obey the rules of a registration again."""
    return Evidence(
        document=document,
        nif=str(known.nif),
        given_name=str(known.given_name),
        surname1=str(known.surname1),
        surname2=known.surname2,
        birth_date=date.fromisoformat(str(known.birth_date)),
        email=str(known.email),
        mobile=str(known.mobile),
        delivery="paper",
        language=cast(Language, str(known.language)),
        presence=HolderPresence(),
        guardian=normalise_guardian(person.guardian) if person.guardian else None,
        emancipated=person.emancipated,
        conditions_accepted=str(known.conditions),
        purpose="citizen",
        officer_id=officer.id,
        point_id=point_id,
        identified_at=now,
        service="registration",
    )
