"""Code rescue (F05, Q11): a generation code that was lost or never arrived is replaced within its life.

A code is kept as a keyed hash only, so that it cannot be sent again: another one takes its place on the same
way, the one before is void in that moment, and the end does not move (A19, A20). Whoever asks needs more than
the telephone that the code goes to: a log-in with two factors, or an officer who sees the document. Every
replacement is told to the holder by e-mail, by the authority itself.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.certificates.evidence import Read, number_shown, read_evidence
from chalicelib.certificates.grant import MOST_GRANTS
from chalicelib.certificates.handover import Handed, hand_over
from chalicelib.certificates.origin import LEAST
from chalicelib.certificates.others import IdentityNotConfirmed
from chalicelib.civil_time import date_in_madrid
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.codes.limits import Limit, count, counter
from chalicelib.codes.store import CodeExpired
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.login.citizens import Citizen
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.documents import KINDS, Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.identification import DocumentNifMismatch
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PER_PERSON: Final = Limit("code-rescues", most=3, seconds=24 * 60 * 60)
"""Text messages get lost now and then; somebody who asks more often is helped at an office. One code has its
own limit, `MOST_GRANTS`."""


class TooManyRescues(Problem):
    """Of one code, or for one person in a day."""

    slug = "too-many-code-rescues"
    status = 429
    title = "This code was replaced too often; wait a day, or come to an office"


class CodeOnPaper(Problem):
    """A18: it stays on the way that was chosen, and paper is handed over where the person was identified."""

    slug = "code-on-paper"
    status = 409
    title = "The code was given on paper: the office that identified the person prints another"


class CodeRescue(Struct, frozen=True, forbid_unknown_fields=True):
    """Who stands before the officer without a code."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    document: Document


def rescue_own_code(cloud: Cloud, citizen: Citizen) -> Handed:
    """Replace the code of whoever is logged in, by text message.

    Raises:
        AssuranceTooLow: by a PIN, which comes to the telephone as the code does, or by a password alone.
        NotFound: there is no code to replace.
        CodeOnPaper, CodeExpired, CodeSpent, EvidenceRefused, TooManyRescues, Conflict
    """
    citizen.require(LEAST)
    read = _code_of(cloud, citizen.holder)
    if read.value.delivery != "sms":
        raise CodeOnPaper
    _note(cloud, Transaction(), read, citizen.holder, {"way": str(citizen.session.way)})
    return hand_over(cloud, read, citizen.holder, str(citizen.session.id))


def rescue_at_desk(cloud: Cloud, officer: Officer, point_id: str, request: CodeRescue) -> Handed:
    """Replace the code of whoever is present and shows the document; one by text message at any point.

    Each try counts, and is an event, whoever is found: the desk is no way to learn who has a code.

    Raises:
        NotFound: there is no such person, or no code to replace; which of the two is not told.
        OwnCase, IdentityNotConfirmed, CodeOnPaper, HourlyCapReached, CodeExpired, CodeSpent, EvidenceRefused,
        TooManyRescues, Conflict, and the problems of the document.
    """
    nif, now = normalise_nif(request.nif), cloud.now()
    document = normalise_document(request.document)
    not_own(officer, nif, document.number)
    check_in_force(document, date_in_madrid(now))
    if KINDS[document.kind].number_is_nif and document.number != nif:
        raise DocumentNifMismatch(field="nif")
    holder = holder_of(nif)
    transaction = Transaction()
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    details = {"point": point_id, "document": document.kind}
    try:
        read = _code_of(cloud, holder)
        if not _is_holders(document, read):
            raise IdentityNotConfirmed(field="document.number")
        if read.value.delivery == "paper" and read.value.point_id != point_id:
            raise CodeOnPaper
    except Problem:
        event = Event("generation-code.not-rescued", holder, officer.name, now, details=details)
        record(transaction, event, cloud.entropy(12))
        transaction.commit_or_conflict()
        raise
    _note(cloud, transaction, read, officer.name, details)
    return hand_over(cloud, read, officer.name, officer.session)


def _code_of(cloud: Cloud, holder: str) -> Read:
    """The newest identification of a person on which a code was granted, while that code may live.

    Raises:
        NotFound, CodeExpired, EvidenceRefused, TooManyRescues
    """
    rows = IdentificationRow.by_person.query(holder, scan_index_forward=False, limit=20)
    newest = next((str(row.id) for row in rows if row.live_code), None)
    if newest is None:
        raise NotFound
    read = read_evidence(f"identification:{newest}")
    if _ends_at(read) < cloud.now():
        raise CodeExpired
    if int(read.row.grants) >= MOST_GRANTS:
        raise TooManyRescues
    return read


def _ends_at(read: Read) -> datetime:
    return expires_at(GENERATION, read.kind.taken_at(read.value))


def _is_holders(document: Document, read: Read) -> bool:
    """Whether it is the holder's own: by the NIF on it, or the very document that was shown before."""
    numbers = {read.value.nif} if KINDS[document.kind].number_is_nif else set()
    if isinstance(read.value, Evidence):
        numbers.add(number_shown(read.value))
    return any(hmac.compare_digest(document.number.encode(), number.encode()) for number in sorted(numbers))


def _note(cloud: Cloud, transaction: Transaction, read: Read, actor: str, details: dict[str, str]) -> None:
    """Count it and write it down before it is done: what fails after it was asked for all the same."""
    now = cloud.now()
    counted = counter(cloud, PER_PERSON, str(read.row.holder), now)
    count(transaction, [counted])
    event = Event("generation-code.rescued", read.subject, actor, now, details=details)
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if PER_PERSON.name in failed.labels:
            raise TooManyRescues(retry_after=counted.seconds_left(now)) from failed
        raise Conflict(retry_after=1) from failed
