"""Reports of death and incapacity, and of a mistake in one: written, decided, and barring the person.

One record holds a report and its progress. The write that makes it count bars the person at once: every
session is over, nobody logs in, registers or is identified. What follows for certificates and codes is many
writes (certificates/closing.py); the record says which are done, and a duty for the next morning finds one
that a crash left half done. A report is never deleted. A mistake lifts the bar, on evidence and by two
people; it brings no certificate back (A31).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, structs

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.notices.outbox import send
from chalicelib.registry import contact, duties, states
from chalicelib.registry.account_tables import BarItem, RegistrationItem
from chalicelib.registry.accounts import BAR, REGISTRATION, Account, read_account
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import Language, Reference, TypedName, canonical_form
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import OwnCase, nif_of, not_own
from chalicelib.registry.people import normalise_name
from chalicelib.registry.registration import IdempotencyKeyReused, row_id_of
from chalicelib.registry.tables import PersonRow, ReportRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

ReportKind = Literal["death", "incapacity", "mistake"]
ReportDocument = Literal["civil-registry-extract", "court-resolution"]
Decision = Literal["confirm", "reject"]
REPORT: Final = "report"
"""The kind of duty."""
LOOK_AGAIN_AFTER: Final = timedelta(days=1)


class ReportPolicy(Struct, frozen=True):
    """What one kind of report needs, and what it leads to."""

    kind: str
    documents: frozenset[str]
    two_people: bool
    reason: str
    """Why certificates are revoked, as RFC 5280 names it (docs/adr/0027)."""


POLICY_VERSION: Final = "2026-11"
POLICIES: Final[Mapping[str, ReportPolicy]] = MappingProxyType(
    {
        policy.kind: policy
        for policy in (
            # The extract can be checked by anybody on line, and a dead person's key is at large meanwhile.
            ReportPolicy(
                "death",
                frozenset({"civil-registry-extract", "court-resolution"}),
                two_people=False,
                reason="cessationOfOperation",
            ),
            # Measures are set by a court alone (Civil Code, art. 269), and what they leave to the person must
            # be read: two officers do.
            ReportPolicy(
                "incapacity", frozenset({"court-resolution"}), two_people=True, reason="cessationOfOperation"
            ),
            ReportPolicy(
                "mistake",
                frozenset({"civil-registry-extract", "court-resolution"}),
                two_people=True,
                reason="",
            ),
        )
    }
)


class ReportRefused(Problem):
    """The evidence does not fit what is reported."""

    slug = "report-refused"
    status = 422
    title = "This document does not support this report"


class TwoPeopleNeeded(Problem):
    """Whoever reported does not decide."""

    slug = "two-people-needed"
    status = 403
    title = "Another officer must decide on this report"


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """The document that an officer was shown."""

    kind: ReportDocument
    reference: Reference
    issued_on: date


class Representative(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told instead of a person who cannot act alone, as the resolution names them."""

    given_name: TypedName
    surname1: TypedName
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    language: Language


class ReportRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an officer reports of a person."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    kind: ReportKind
    document: Shown
    happened_on: date
    """The day of the death, or from which the resolution holds; of a mistake, the day it was noticed."""
    representative: Representative | None = None
    mistaken: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")] | None = None
    """The report that was a mistake."""


class Report(Struct, frozen=True, omit_defaults=True):
    """What is kept of it: the NIF is the person's opaque id."""

    kind: ReportKind
    holder: str
    document: Shown
    happened_on: date
    representative: Representative | None = None
    mistaken: str | None = None


def report_person(
    cloud: Cloud, officer: Officer, point_id: str, request: ReportRequest, key: str
) -> ReportRow:
    """Write a report, or find the one that the same request wrote; it counts where one officer is enough.

    Raises:
        NotFound: nobody here has that NIF, or there is no such report to be lifted.
        OwnCase, ReportRefused, IdempotencyKeyReused, HourlyCapReached, Conflict, and the problems of what was
        typed.
    """
    now = cloud.now()
    row_id = row_id_of(officer, f"report\n{key}")
    digest = hashlib.sha256(point_id.encode() + canonical_form(request)).hexdigest()
    if (before := _written_before(row_id, digest)) is not None:
        return before
    nif = normalise_nif(request.nif)
    not_own(officer, nif)
    person = PersonRow.find(nif)
    if person is None:
        raise NotFound
    policy = POLICIES[request.kind]
    report = _checked(request, str(person.id), policy, date_in_madrid(now))
    text = canonical_form(report)
    event = "reported-for-decision" if policy.two_people else "reported"
    row = ReportRow(
        row_id,
        kind=report.kind,
        holder=report.holder,
        report=text.decode(),
        digest=hashlib.sha256(text).hexdigest(),
        request_digest=digest,
        point=point_id,
        officer=officer.id,
        reported_at=now,
        policy=POLICY_VERSION,
        state=states.move(states.REPORT_MOVES, states.UNWRITTEN, event),
    )
    transaction = Transaction()
    transaction.put_new("report", row)
    count_act(transaction, officer, "revocations", cloud.settings.officer_hourly_cap, now)
    _note(cloud, transaction, row, "person.reported", officer.name)
    if row.state == states.CARRYING_OUT:
        _bar(cloud, transaction, row)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if (same := _written_before(row_id, digest)) is not None:
            return same
        raise Conflict(retry_after=1) from failed
    return row


def decide(cloud: Cloud, officer: Officer, point_id: str, report_id: str, decision: Decision) -> ReportRow:
    """A second officer confirms a report, or rejects it. The same decision again finds it taken.

    Raises:
        NotFound: this point has no such report.
        OwnCase, TwoPeopleNeeded, MoveNotAllowed, HourlyCapReached, Conflict
    """
    row = ReportRow.find(report_id)
    if row is None or row.point != point_id:
        raise NotFound
    # A report names the person by the opaque id alone.
    me = PersonRow.find(nif_of(officer.row))
    if me is not None and me.id == row.holder:
        raise OwnCase
    if row.officer == officer.id:
        raise TwoPeopleNeeded
    if row.decided_by == officer.id and (row.state == states.REJECTED) == (decision == "reject"):
        return row
    event = "rejected" if decision == "reject" else "confirmed"
    if row.kind == "mistake" and event == "confirmed":
        event = "mistake-confirmed"
    state = states.move(states.REPORT_MOVES, str(row.state), event)
    transaction = Transaction()
    decided = [ReportRow.decided_by.set(officer.id), ReportRow.decided_at.set(cloud.now())]
    add_move(transaction, row, state, decided)
    count_act(transaction, officer, "revocations", cloud.settings.officer_hourly_cap, cloud.now())
    _note(cloud, transaction, row, f"report.{event}", officer.name)
    notices = []
    if state == states.CARRYING_OUT:
        _bar(cloud, transaction, row)
    elif event == "mistake-confirmed":
        notices = _lift(cloud, transaction, row)
    transaction.commit_or_conflict()
    for notice in notices:
        send(cloud, notice)
    return ReportRow.find(report_id) or row


def add_move(transaction: Transaction, row: ReportRow, state: str, also: list[Any]) -> None:
    """Move a report on, if nobody has moved it since it was read."""
    actions = [ReportRow.state.set(state), ReportRow.version.add(1), *also]
    transaction.update("report", row, actions, ReportRow.version == int(row.version))


def read_report(row: ReportRow) -> Report:
    """What a record says."""
    return msgspec.json.decode(row.report, type=Report)


def _checked(request: ReportRequest, holder: str, policy: ReportPolicy, day: date) -> Report:
    shown = request.document
    if shown.kind not in policy.documents:
        raise ReportRefused("One of: " + ", ".join(sorted(policy.documents)), field="document.kind")
    if not request.happened_on <= shown.issued_on <= day:
        raise ReportRefused("It is from before what it says, or from the future.", field="document.issued_on")
    who = request.representative
    if (who is None) == (request.kind == "incapacity"):
        raise ReportRefused("Incapacity, and nothing else, names a representative.", field="representative")
    if (request.mistaken is None) == (request.kind == "mistake"):
        raise ReportRefused("A mistake, and nothing else, names a report.", field="mistaken")
    if request.mistaken is not None:
        mistaken = ReportRow.find(request.mistaken)
        if mistaken is None or mistaken.holder != holder or mistaken.kind == "mistake":
            raise NotFound
    if who is not None:
        who = structs.replace(
            who,
            given_name=normalise_name(who.given_name, field="representative.given_name"),
            surname1=normalise_name(who.surname1, field="representative.surname1"),
            email=contact.normalise_email(who.email, field="representative.email"),
        )
    return Report(request.kind, holder, shown, request.happened_on, who, request.mistaken)


def _bar(cloud: Cloud, transaction: Transaction, row: ReportRow) -> None:
    """From this write on nothing is done for the person, and every session is over."""
    now, account = cloud.now(), read_account(str(row.holder))
    states.move(states.BAR_MOVES, states.BARRED if account.barred else states.FREE, "barred")
    bar = BarItem(account.holder, BAR)
    actions: list[Any] = [
        # An item of an account that is made by an update must say of which kind it is.
        BarItem.kind.set(BarItem),
        BarItem.schema_version.set(1),
        BarItem.reports.add({row.id}),
        BarItem.since.set(BarItem.since | now),
    ]
    transaction.update("bar", bar, actions)
    _end_sessions(cloud, transaction, account)
    duties.enter(transaction, REPORT, str(row.id), now + LOOK_AGAIN_AFTER)
    _note(cloud, transaction, row, "person.barred", "authority", about=account.holder)


def _lift(cloud: Cloud, transaction: Transaction, row: ReportRow) -> list[Any]:
    """Undo the bar of a mistaken report; it ends with the last of them. What was revoked stays revoked."""
    mistaken = ReportRow.find(str(read_report(row).mistaken))
    if mistaken is None:
        raise NotFound
    state = states.move(states.REPORT_MOVES, str(mistaken.state), "lifted")
    add_move(transaction, mistaken, state, [ReportRow.lifted_by.set(row.id)])
    bar = BarItem.find(str(row.holder), BAR)
    others = set(bar.reports or ()) - {mistaken.id} if bar is not None else set()
    event = "one-lifted" if others else "last-lifted"
    last = states.move(states.BAR_MOVES, states.BARRED, event) == states.FREE
    # So many reports as were read, this one among them: another that comes in between is not lifted with it.
    as_read = BarItem.held_by(str(mistaken.id), len(others) + 1)
    transaction.update("bar", BarItem(str(row.holder), BAR), [BarItem.reports.delete({mistaken.id})], as_read)
    act = "person.unbarred" if last else "report.lifted"
    _note(cloud, transaction, row, act, "authority", about=str(row.holder))
    known = read_account(str(row.holder)).registration
    if not last or known is None or known.state != states.REGISTERED:
        return []
    return tell(cloud, transaction, known, "bar-lifted", channels=("email",))


def _end_sessions(cloud: Cloud, transaction: Transaction, account: Account) -> None:
    known = account.registration
    if known is None:
        return
    ended = [
        RegistrationItem.logged_out_at.set(cloud.now()),
        RegistrationItem.log_outs.add(1),
        RegistrationItem.version.add(1),
    ]
    item = RegistrationItem(account.holder, REGISTRATION)
    transaction.update("registration", item, ended, RegistrationItem.version == int(known.version))


def _note(
    cloud: Cloud, transaction: Transaction, row: ReportRow, act: str, actor: str, *, about: str = ""
) -> None:
    details = {"kind": str(row.kind), "point": str(row.point)} | ({"report": str(row.id)} if about else {})
    event = Event(
        act, about or f"report:{row.id}", actor, cloud.now(), evidence=str(row.digest), details=details
    )
    record(transaction, event, cloud.entropy(12))


def _written_before(row_id: str, digest: str) -> ReportRow | None:
    row = ReportRow.find(row_id)
    if row is not None and row.request_digest != digest:
        raise IdempotencyKeyReused
    return row
