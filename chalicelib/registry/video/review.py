"""The review of identifications by video (F18): first come first served, decided by people, with reasons.

Nobody decides twice on a case, nor on the own one, nor on an appeal against the own decision. Acceptance
takes as many officers as the policy says; one is enough to reject, since that takes nothing away (Q20).
Where it ends certificates under another name, each of them has to say that the name is new.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib.aws.tables import Transaction, listed
from chalicelib.errors import Problem
from chalicelib.registry.accounts import read_account
from chalicelib.registry.civil_register import CivilRecord, CivilRegister, TableRegister
from chalicelib.registry.names_in_force import NameDiffers, NameNotChanged
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import is_own, not_own
from chalicelib.registry.receipts import REPEATED_WITHIN
from chalicelib.registry.registration import person_of
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.acceptance import Accepted
from chalicelib.registry.video.case import (
    ACCEPTED,
    CODELESS,
    REJECTED,
    REVIEWING,
    TO_REVIEW,
    commit,
    move_case,
    read_case,
    tell,
)
from chalicelib.registry.video.proof import Reviewer
from chalicelib.registry.video.purposes import purpose_of

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

TAKEN_FOR: Final = timedelta(minutes=30)
"""After that a case that was taken and not decided goes to whoever asks next."""
SHOWN_AT_ONCE: Final = 50

Decision = Literal["accept", "reject"]
RejectionReason = Literal[
    "document-unreadable",
    "document-not-valid",
    "face-not-matching",
    "liveness-doubtful",
    "data-not-matching",
    # What the video shows may be right: the number was registered for somebody else meanwhile (2.8).
    "number-taken",
]


class DecidedBefore(Problem):
    """Two decisions are two people's, and an appeal goes to somebody else."""

    slug = "decided-before"
    status = 403
    title = "Somebody else must decide: you have had this case before"


class CaseTaken(Problem):
    """Somebody else is looking at it."""

    slug = "case-taken"
    status = 409
    title = "Another officer has taken this case"


class ReasonRequired(Problem):
    """A rejection says why; an acceptance needs no reason."""

    slug = "reason-required"
    status = 422
    title = "Give the reason of a rejection, and of nothing else"


class VideoDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer decides."""

    decision: Decision
    reason: RejectionReason | None = None
    note: Annotated[str, Meta(max_length=500, description="For colleagues; the person is not shown it.")] = ""
    new_name: Annotated[
        bool, Meta(description="The certificates in force bear a name that is no longer the person's.")
    ] = False


class Decided(Struct, frozen=True):
    """A decision as it is kept."""

    officer: str
    at: datetime
    decision: str
    reason: str
    note: str
    round: int
    """0 at first, 1 after an appeal."""
    new_name: bool = False


class Taken(msgspec.Struct, frozen=True):
    """A case in an officer's hands."""

    row: VideoCaseRow
    record: CivilRecord
    links: dict[str, str]
    until: datetime
    names_before: list[str]
    """Other names in certificates in force, which an acceptance takes the place of."""


def waiting_cases(officer: Officer) -> list[VideoCaseRow]:
    """The cases that this officer may take, the longest waiting first."""
    rows = VideoCaseRow.by_queue.query(TO_REVIEW)
    # Those of others only: cases that this officer approved wait on at the head, for a second one.
    mine = (row for row in rows if not is_own(officer.row, [str(row.nif)]) and not _has_decided(officer, row))
    return listed(islice(mine, SHOWN_AT_ONCE))


def cases_without_code() -> list[VideoCaseRow]:
    """Accepted requests for a certificate whose code has not gone out: nobody came back after a failure."""
    return listed(islice(VideoCaseRow.by_queue.query(CODELESS), SHOWN_AT_ONCE))


def take(cloud: Cloud, officer: Officer, case_id: str, register: CivilRegister | None = None) -> Taken:
    """Take a case and see its evidence; again, to see it again.

    Raises:
        NotFound, OwnCase, DecidedBefore, CaseTaken, MoveNotAllowed, Conflict
    """
    row, now = read_case(case_id), cloud.now()
    _check_reviewer(officer, row)
    if row.reviewer != officer.id and _is_held(row, now):
        raise CaseTaken
    found = (register or TableRegister()).find(row.nif)
    if found is None:
        raise MoveNotAllowed
    transaction = Transaction()
    move_case(cloud, transaction, row, "taken", officer.name, {"reviewer": officer.id, "taken_at": now})
    commit(transaction)
    links = evidence.links(cloud, evidence.read_files(row.files))
    names = purpose_of(row).names(row, found, now)
    return Taken(read_case(case_id), found, links, now + evidence.LINK_LIFE, names)


def decide(
    cloud: Cloud,
    officer: Officer,
    case_id: str,
    told: VideoDecision,
    register: CivilRegister | None = None,
) -> VideoCaseRow:
    """Decide on a case that the officer has taken.

    Sent again within the hour it finds what the first did.

    Raises:
        NotFound, OwnCase, DecidedBefore, CaseTaken, ReasonRequired, HourlyCapReached, Conflict
        NameDiffers, NameNotChanged: what is said of the name is not so.
        MoveNotAllowed: the case is not under review, or the person renounced meanwhile.
        PhoneTaken: the number became somebody else's meanwhile.
    """
    if (told.decision == "reject") != (told.reason is not None):
        raise ReasonRequired(field="reason")
    row, now = read_case(case_id), cloud.now()
    if _decided_so(officer, row, told, now):
        # The answer was lost, or what follows a decision was not done.
        if row.state == REJECTED:
            evidence.retain(cloud, evidence.read_files(row.files), "rejected")
        if row.state == ACCEPTED:
            _lock(cloud, row)
        return row
    _check_reviewer(officer, row)
    if row.state != REVIEWING:
        raise MoveNotAllowed
    if row.reviewer != officer.id or not _is_held(row, now):
        raise CaseTaken
    found = (register or TableRegister()).find(row.nif) if told.decision == "accept" else None
    _check_name(row, found, told, now)
    decisions = decisions_of(row)
    mine = Decided(officer.id, now, told.decision, told.reason or "", told.note, _round(row), told.new_name)
    changes = {
        "decisions": msgspec.json.encode([*decisions, mine]).decode(),
        "reviewer": None,
        "taken_at": None,
    }
    transaction = Transaction()
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    if told.decision == "reject":
        _reject(cloud, transaction, officer, row, changes, str(told.reason))
    elif 1 + len(_accepted_by(row, told.new_name)) < cloud.settings.video_reviewers:
        move_case(cloud, transaction, row, "approved", officer.name, changes, _said(told))
        commit(transaction)
    else:
        _accept(cloud, transaction, officer, row, changes, found, told)
    return read_case(case_id)


def decisions_of(row: VideoCaseRow) -> list[Decided]:
    """Every decision on the case, the first one first."""
    return msgspec.json.decode(row.decisions, type=list[Decided])


def _reject(
    cloud: Cloud,
    transaction: Transaction,
    officer: Officer,
    row: VideoCaseRow,
    changes: dict[str, str | None],
    reason: str,
) -> None:
    """Nothing that the person had before is touched (Q20)."""
    rules = purpose_of(row)
    ended = {**changes, "queue": None, "decided_at": cloud.now(), "reason": reason, "granted_at": None}
    move_case(cloud, transaction, row, "rejected", officer.name, ended, {"reason": reason})
    rules.reject(cloud, transaction, row)
    tell(cloud, transaction, row, rules.rejected, values={"video_reason": reason})
    commit(transaction)
    evidence.retain(cloud, evidence.read_files(row.files), "rejected")


def _accept(
    cloud: Cloud,
    transaction: Transaction,
    officer: Officer,
    row: VideoCaseRow,
    changes: dict[str, str | None],
    found: CivilRecord | None,
    told: VideoDecision,
) -> None:
    rules, now = purpose_of(row), cloud.now()
    holder = person_of(cloud, transaction, row.nif)
    account = read_account(holder)
    if found is None or not rules.admits(row, found, account, now):
        raise MoveNotAllowed
    ended = {**changes, "queue": rules.queue, "decided_at": now, "holder": holder, "reason": None}
    move_case(cloud, transaction, row, "accepted", officer.name, ended, _said(told))
    tell(cloud, transaction, row, rules.accepted, values={"host": cloud.settings.web_host, **rules.says(now)})
    # Before the decision: a crash in between keeps evidence too long, and never loses what a proof rests on.
    evidence.retain(cloud, evidence.read_files(row.files), "accepted")
    reviewers = (*_accepted_by(row, told.new_name), Reviewer(officer.id, now))
    rules.accept(cloud, transaction, Accepted(row, officer, reviewers, found, holder, account, told.new_name))
    # After it: a decision that failed must not lock for years what nobody accepted.
    _lock(cloud, read_case(row.id))


def _lock(cloud: Cloud, row: VideoCaseRow) -> None:
    if row.decided_at is not None:
        evidence.lock(cloud, evidence.read_files(row.files), row.decided_at)


def _check_name(row: VideoCaseRow, found: CivilRecord | None, told: VideoDecision, now: datetime) -> None:
    """Refuse what does not say of the name what is so at this moment: saying it revokes certificates, and
    not saying it would leave two names in force.

    Raises:
        NameDiffers, NameNotChanged
    """
    differs = found is not None and bool(purpose_of(row).names(row, found, now))
    if differs and not told.new_name:
        raise NameDiffers(field="new_name")
    if told.new_name and not differs:
        raise NameNotChanged(field="new_name")


def _said(told: VideoDecision) -> dict[str, str]:
    return {"new_name": "yes"} if told.new_name else {}


def _check_reviewer(officer: Officer, row: VideoCaseRow) -> None:
    not_own(officer, str(row.nif))
    if _has_decided(officer, row):
        raise DecidedBefore


def _has_decided(officer: Officer, row: VideoCaseRow) -> bool:
    return any(decided.officer == officer.id for decided in decisions_of(row))


def _decided_so(officer: Officer, row: VideoCaseRow, told: VideoDecision, now: datetime) -> bool:
    """Whether this officer decided so a moment ago, and the answer was lost."""
    said = (officer.id, told.decision, told.reason or "", told.note, told.new_name)
    return any(
        (each.officer, each.decision, each.reason, each.note, each.new_name) == said
        and each.at + REPEATED_WITHIN > now
        for each in decisions_of(row)
    )


def _is_held(row: VideoCaseRow, now: datetime) -> bool:
    return row.state == REVIEWING and row.taken_at is not None and row.taken_at + TAKEN_FOR > now


def _round(row: VideoCaseRow) -> int:
    return 1 if row.appealed_at else 0


def approvals(row: VideoCaseRow) -> int:
    """Acceptances that still count: those since an appeal, that say the same of the name."""
    return max(len(_accepted_by(row, new_name)) for new_name in (False, True))


def _accepted_by(row: VideoCaseRow, new_name: bool) -> tuple[Reviewer, ...]:
    """Who accepted and said this of the name. If certificates or the register changed between two of them,
    somebody else agrees with one: what only one of two has said revokes nothing."""
    return tuple(
        Reviewer(each.officer, each.at)
        for each in decisions_of(row)
        if each.decision == "accept" and each.round == _round(row) and each.new_name == new_name
    )
