"""Registration with an invitation letter (C15, G02-G06, basic): who gets mail at the fiscal address is it.

A letter is asked for with data that only the holder of the document knows, and the answer is the same
whoever asks (6.6): the same reads, the same calls to KMS, a transaction of the same size.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.codes import bound
from chalicelib.codes.kinds import LETTER, expires_at
from chalicelib.codes.limits import Limit, count, count_nothing, counter, rows_of, wrong_tries
from chalicelib.codes.store import TooManyTries, network
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Conflict, Problem
from chalicelib.notices.outbox import Message, queue
from chalicelib.registry.accounts import NOBODY as STRANGER
from chalicelib.registry.accounts import Account, holder_of, read_account
from chalicelib.registry.civil_register import CivilRecord, CivilRegister, TableRegister, knows
from chalicelib.registry.contact import mask_nif, normalise_email, normalise_mobile
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import Language
from chalicelib.registry.identification import ConditionsNotAccepted, GuardianRequired
from chalicelib.registry.registration import CONDITIONS_VERSION
from chalicelib.registry.registrations import (
    Registered,
    Registrant,
    proven_before,
    register_person,
    repeat_registration,
)
from chalicelib.registry.states import UNREGISTERED, MoveNotAllowed
from chalicelib.registry.tables import PersonRow

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.aws.cloud import Cloud

ONE_IN = timedelta(days=7)
"""Nobody's letter-box can be filled by somebody else; an unsent letter is given up after it, too."""
PER_SOURCE = Limit("letters", most=30, seconds=60 * 60)
"""A family or an office asks for this many in an hour; who tries dates of many documents, for more."""
NOBODY = CivilRecord("00000000T", "Nadie", "Nadie", None, date(1900, 1, 1), "", ("Calle", "Lugar"), "es")
"""Whom the letter is written to that is never sent."""


class LetterNotConsented(Problem):
    """G03: the person is told that a letter is needed, and says yes."""

    slug = "letter-not-consented"
    status = 422
    title = "A letter is only sent to whoever agrees to it"


class LetterNotAccepted(Problem):
    """The number, the contrast data or the code is wrong, or the letter is void. Which one, is not told."""

    slug = "letter-not-accepted"
    status = 422
    title = "These data and this code do not belong together, or the letter is no longer valid"


class AlreadyRegistered(Problem):
    """A letter proves too little to change the data of somebody who is registered (2.8)."""

    slug = "already-registered"
    status = 409
    title = "This person is registered already"


class LetterRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants a letter."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    contrast: Contrast
    consent: Annotated[bool, Meta(description="To a letter to the fiscal address on file.")]


class LetterRegistration(Struct, frozen=True, forbid_unknown_fields=True):
    """Who has a letter, and how to reach them from now on."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    contrast: Contrast
    code: Annotated[str, Meta(min_length=1, max_length=40, description="The letter's CSV.")]
    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    language: Language
    conditions_accepted: Annotated[str, Meta(min_length=1, max_length=20)]


class _Case(msgspec.Struct, frozen=True):
    """All that decides about a letter."""

    found: CivilRecord | None
    matches: bool
    account: Account
    row: CodeRow | None
    now: datetime

    @property
    def may_be_sent(self) -> bool:
        return (
            self.found is not None
            and self.matches
            and self.found.is_adult(date_in_madrid(self.now))  # a minor comes with a guardian (C09, C12)
            and self.account.state == UNREGISTERED  # registered needs none, renounced may not (2.17)
            and (self.row is None or _is_old_enough(self.row, self.now))
        )


def request_letter(
    cloud: Cloud, request: LetterRequest, source: str, register: CivilRegister | None = None
) -> None:
    """Send a letter, if the data are right. Nothing tells the caller whether one was sent.

    Args:
        source: the caller's network address.

    Raises:
        TooManyTries: from this source.
        LetterNotConsented, NifInvalid, ContrastInvalid: about the form of the request only.
    """
    if not request.consent:
        raise LetterNotConsented(field="consent")
    nif = normalise_nif(request.nif)
    digest = contrast_digest(cloud, nif, request.contrast)
    found = (register or TableRegister()).find(nif)
    person = PersonRow.find(nif)
    holder = str(person.id) if person else f"person:{cloud.entropy(16).hex()}"
    case = _Case(
        found,
        knows(found, digest),
        read_account(holder if person else STRANGER),
        CodeRow.find(_code_row(holder)),
        cloud.now(),
    )
    transaction = Transaction()
    if found is not None and case.may_be_sent:
        if person is None:
            transaction.put_new("person", PersonRow(nif, id=holder))
        else:
            transaction.check("person", PersonRow, nif, PersonRow.id == holder)
        _add_letter(cloud, transaction, holder, found, sent=True)
    else:
        # As large as that of a letter that is sent (6.6).
        nobody = f"nobody:{cloud.entropy(16).hex()}"
        transaction.check("nobody", PersonRow, nobody, PersonRow.id.does_not_exist())
        _add_letter(cloud, transaction, f"nobody:{cloud.entropy(16).hex()}", NOBODY, sent=False)
    counted = counter(cloud, PER_SOURCE, network(source), case.now)
    count(transaction, [counted])
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if PER_SOURCE.name in failed.labels:
            raise TooManyTries(retry_after=counted.seconds_left(case.now)) from failed
        if "person" in failed.labels:
            raise Conflict(retry_after=1) from failed
        # Somebody asked at the same time: that letter is on its way.


def register_by_letter(
    cloud: Cloud, request: LetterRegistration, source: str, register: CivilRegister | None = None
) -> Registered:
    """Register whoever has the letter and knows the data of the document, at the basic level.

    Sent again within the hour it gives another receipt, with a fresh activation code, and adds nothing.

    Args:
        source: the caller's network address.

    Raises:
        TooManyTries: from this source.
        ConditionsNotAccepted, NifInvalid, ContrastInvalid, MobileInvalid, EmailInvalid: about the form.
        LetterNotAccepted: the one answer to whatever does not fit.
        AlreadyRegistered, MoveNotAllowed, GuardianRequired, PhoneTaken, Conflict: told to whom it concerns.
    """
    if request.conditions_accepted != CONDITIONS_VERSION:
        raise ConditionsNotAccepted("Show and sign the version in force.", field="conditions_accepted")
    nif, now = normalise_nif(request.nif), cloud.now()
    mobile, email = normalise_mobile(request.mobile), normalise_email(request.email)
    digest = contrast_digest(cloud, nif, request.contrast)
    found = (register or TableRegister()).find(nif)
    holder = holder_of(nif)
    account = read_account(holder)
    wrong = wrong_tries(cloud, LETTER, source, now)
    rows = rows_of((_code_row(holder), *wrong.ids))
    wrong.admit(rows, now)
    row = rows.get(_code_row(holder))
    known = knows(found, digest)
    right = bound.matches(cloud, LETTER, holder, row, request.code)
    if row is not None and known and right and _made_before(cloud, row, account, mobile, email):
        return repeat_registration(cloud, account, method="letter")
    if found is None or row is None or not (known and bound.usable(row, LETTER, now) and right):
        wrong.add()
        _note_wrong(cloud, row if known and bound.usable(row, LETTER, now) else None)
        raise LetterNotAccepted
    _check_who(account, found, now)
    transaction = Transaction()
    bound.spend(transaction, "letter", row, LETTER, now, by=holder)
    who = Registrant(
        nif=nif,
        given_name=found.given_name,
        surname1=found.surname1,
        surname2=found.surname2,
        birth_date=found.birth_date.isoformat(),
        contrast=digest,
        mobile=mobile,
        email=email,
        language=request.language,
        conditions=request.conditions_accepted,
    )
    try:
        return register_person(
            cloud,
            holder,
            who,
            method="letter",
            evidence=str(row.subject),
            transaction=transaction,
            account=account,
        )
    except ConditionFailed as failed:
        if "letter" in failed.labels:
            raise LetterNotAccepted from failed
        raise Conflict(retry_after=1) from failed


def _made_before(cloud: Cloud, row: CodeRow, account: Account, mobile: str, email: str) -> bool:
    """Whether the same request made this registration, and its answer was lost."""
    known = account.registration
    same = known is not None and (known.mobile, known.email) == (mobile, email)
    return same and row.spent_at is not None and proven_before(cloud, account, "letter", str(row.subject))


def _check_who(account: Account, found: CivilRecord, now: datetime) -> None:
    """What may have changed while the letter was on its way."""
    if account.registered:
        raise AlreadyRegistered
    if account.state != UNREGISTERED:
        raise MoveNotAllowed
    if not found.is_adult(date_in_madrid(now)):
        raise GuardianRequired


def _note_wrong(cloud: Cloud, row: CodeRow | None) -> None:
    """Count a wrong code for the letter of whoever knows the document; for a stranger, nothing."""
    if row is None:
        count_nothing(cloud)
        return
    if int(row.tries or 0) + 1 < (LETTER.tries or 1):
        bound.note_wrong(row)
        return
    transaction = Transaction()
    last = [CodeRow.tries.add(1)]
    transaction.update("letter", row, last, CodeRow.tries == int(row.tries or 0))
    voided = Event("letter.voided", str(row.holder), str(row.holder), cloud.now())
    record(transaction, voided, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:  # as bound.note_wrong: of tries at once one is worth anything
        raise Conflict(retry_after=1) from failed


def _code_row(holder: str) -> str:
    return bound.row_id(LETTER, holder)


def _is_old_enough(row: CodeRow, now: datetime) -> bool:
    """Whether the person's last letter is a week old, and was not the one that registered them."""
    return row.spent_at is None and row.expires_at is not None and row.expires_at <= _newest_replaced(now)


def _newest_replaced(now: datetime) -> datetime:
    """When a letter of a week ago expires: a row keeps no other date."""
    return expires_at(LETTER, now - ONE_IN)


def _add_letter(
    cloud: Cloud, transaction: Transaction, holder: str, found: CivilRecord, *, sent: bool
) -> None:
    """The letter, its code and its event; the same writes, of which nothing comes, if none is sent."""
    now = cloud.now()
    expires = expires_at(LETTER, now)
    message_id = f"letter:{holder}:{now:%Y-%m-%dT%H:%M:%SZ}"
    drawn = bound.draw(cloud, LETTER, holder, subject=message_id, holder=holder, expires_at=expires)
    transaction.update(
        "letter",
        CodeRow(drawn.row.id),
        [
            CodeRow.subject.set(message_id),
            CodeRow.holder.set(holder),
            CodeRow.digest.set(drawn.row.digest),
            CodeRow.expires_at.set(expires),
            CodeRow.expires.set(expires + bound.KEPT if sent else now + bound.KEPT),
            CodeRow.tries.set(0),
        ],
        CodeRow.id.does_not_exist()
        | (CodeRow.spent_at.does_not_exist() & (CodeRow.expires_at <= _newest_replaced(now))),
    )
    queue(
        cloud,
        transaction,
        Message(
            id=message_id,
            channel="post",
            to="\n".join((found.full_name, *found.address)),
            template="letter",
            language=found.language,
            give_up_at=now + ONE_IN,
            values={
                "organisation": cloud.settings.organisation,
                "masked_nif": mask_nif(found.nif),
                "expires": expires,
                "url": cloud.settings.web_host,
                "phone": cloud.settings.help_phone,
                "written_at": now,
            },
            code=drawn.code,
        ),
        decoy=not sent,
        by_schedule=True,
    )
    act = "letter.queued" if sent else "letter.not-sent"
    record(transaction, Event(act, holder if sent else STRANGER, STRANGER, now), cloud.entropy(12))
