"""Registration by video (C15, Ley 6/2020 art. 7.2): a case as the person sees it, from opening to receipt.

The states and the moves between them are one table. Whoever opens a case gets the same answer, known or
not (6.6): a case whose data are wrong takes the same uploads, and ends unseen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.codes.limits import Limit, count, counter
from chalicelib.codes.store import TooManyTries, network
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.notices.outbox import Message, queue
from chalicelib.registry.accounts import Account, holder_of, read_account
from chalicelib.registry.civil_register import CivilRecord, CivilRegister, TableRegister, knows
from chalicelib.registry.contact import normalise_email, normalise_mobile
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import Language
from chalicelib.registry.identification import ConditionsNotAccepted
from chalicelib.registry.receipts import Receipt, make_receipt
from chalicelib.registry.registration import CONDITIONS_VERSION, person_of
from chalicelib.registry.registrations import Registrant, issue_activation_code, register_person
from chalicelib.registry.states import BARRED, RENOUNCED, UNREGISTERED, MoveNotAllowed, move
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.checks import (
    AutomaticCheck,
    Findings,
    Submitted,
    automatic_check,
    grants_basic,
)
from chalicelib.registry.video.evidence import ImageType, VideoType

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

OPEN: Final = "open"
WAITING: Final = "waiting"
REVIEWING: Final = "reviewing"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
CLOSED: Final = "closed"
STATES: Final = (OPEN, WAITING, REVIEWING, ACCEPTED, REJECTED, CLOSED)

MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (OPEN, "submitted"): WAITING,
        # Nobody is known by these data, or not as somebody who may register so.
        (OPEN, "closed"): CLOSED,
        (WAITING, "taken"): REVIEWING,
        (REVIEWING, "taken"): REVIEWING,
        (REVIEWING, "approved"): WAITING,
        (REVIEWING, "accepted"): ACCEPTED,
        (REVIEWING, "rejected"): REJECTED,
        (REJECTED, "appealed"): WAITING,
    }
)

PER_SOURCE: Final = Limit("video-cases", most=20, seconds=60 * 60)
"""An office or a family opens this many cases in an hour; a program that fills the object store, more."""
TOKEN_OCTETS = 32
SUBMIT_WITHIN = timedelta(days=1)
APPEAL_WITHIN = timedelta(days=30)
COLLECT_WITHIN = timedelta(days=15)
"""How long the proof of registration can be fetched, again if an answer was lost."""
TOLD_WITHIN = timedelta(days=15)


class VideoNotConsented(Problem):
    """3.13: express consent, to the recording and to the comparison of biometric data."""

    slug = "video-not-consented"
    status = 422
    title = "Without consent to recording and to biometric comparison there is no identification by video"


class AppealTooLate(Problem):
    """A rejection is appealed once, within 30 days."""

    slug = "appeal-not-possible"
    status = 409
    title = "This decision can no longer be appealed"


class VideoConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """Each is asked for by itself (GDPR art. 7.2 and 9.2.a)."""

    recording: bool
    biometrics: bool


class VideoCaseRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to register by video, and what will be uploaded."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    contrast: Contrast
    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    language: Language
    consent: VideoConsent
    conditions_accepted: Annotated[str, Meta(min_length=1, max_length=20)]
    front: ImageType = "image/jpeg"
    back: ImageType = "image/jpeg"
    video: VideoType = "video/mp4"


class Opened(msgspec.Struct, frozen=True):
    """A new case, and what opens it again; told once."""

    id: str
    token: str
    forms: dict[str, tuple[str, dict[str, str]]]
    upload_until: datetime


def open_case(
    cloud: Cloud, request: VideoCaseRequest, source: str, register: CivilRegister | None = None
) -> Opened:
    """Open a case and sign the forms for its uploads.

    Args:
        source: the caller's network address.

    Raises:
        TooManyTries: too many cases from this source.
        VideoNotConsented, ConditionsNotAccepted, and the problems of the data's form.
    """
    if not (request.consent.recording and request.consent.biometrics):
        raise VideoNotConsented(field="consent")
    if request.conditions_accepted != CONDITIONS_VERSION:
        raise ConditionsNotAccepted("Show and sign the version in force.", field="conditions_accepted")
    now, nif = cloud.now(), normalise_nif(request.nif)
    mobile, email = normalise_mobile(request.mobile), normalise_email(request.email)
    digest = contrast_digest(cloud, nif, request.contrast)
    found = (register or TableRegister()).find(nif)
    holder = holder_of(nif)
    case_id = cloud.entropy(16).hex()
    token = base64.urlsafe_b64encode(cloud.entropy(TOKEN_OCTETS)).rstrip(b"=").decode()
    types = {"front": request.front, "back": request.back, "video": request.video}
    files = evidence.announced(case_id, types)
    row = VideoCaseRow(
        case_id,
        token=_token_id(token),
        state=OPEN,
        nif=nif,
        holder=holder,
        contrast=digest,
        matched=knows(found, digest),
        mobile=mobile,
        email=email,
        language=request.language,
        conditions=request.conditions_accepted,
        opened_at=now,
        files=msgspec.json.encode(files).decode(),
    )
    transaction = Transaction()
    transaction.put_new("case", row)
    consents = {"recording": "yes", "biometrics": "yes", "conditions": request.conditions_accepted}
    add_event(cloud, transaction, row, "opened", "applicant", consents)
    counted = counter(cloud, PER_SOURCE, network(source), now)
    count(transaction, [counted])
    try:
        transaction.commit()
    except ConditionFailed as failed:
        raise TooManyTries(retry_after=counted.seconds_left(now)) from failed
    forms = {name: evidence.upload_form(cloud, name, file) for name, file in files.items()}
    return Opened(case_id, token, forms, now + evidence.UPLOAD_WITHIN)


def case_of(case_id: str, token: str) -> VideoCaseRow:
    """The applicant's own case.

    Raises:
        NotFound
    """
    row = VideoCaseRow.find(case_id)
    if not hmac.compare_digest(row.token if row else "0" * 64, _token_id(token)) or row is None:
        raise NotFound
    return row


def submit(cloud: Cloud, row: VideoCaseRow, register: CivilRegister | None = None) -> VideoCaseRow:
    """Look at what was uploaded, let the automatic check see it, and queue the case for review.

    Sent again after a lost answer it finds what the first did.

    Raises:
        UploadMissing, UploadNotAsClaimed, MoveNotAllowed: too late.
        Conflict, PhoneTaken
    """
    if row.state != OPEN:
        return row
    now = cloud.now()
    if row.opened_at + SUBMIT_WITHIN < now:
        raise MoveNotAllowed
    files, beginning = evidence.inspect(cloud, evidence.read_files(row.files))
    hashes = {f"sha256_{name}": file.sha256 for name, file in files.items()}
    found = (register or TableRegister()).find(row.nif)
    account = read_account(row.holder)
    transaction = Transaction()
    if found is None or not may_register(row, found, account, now):
        changes: dict[str, Any] = {"files": msgspec.json.encode(files).decode()}
        move_case(cloud, transaction, row, "closed", "system", changes, hashes)
        tell(cloud, transaction, row, "video-received", decoy=True)
        # Before the case is closed, since nothing comes back to one that is: it would be kept too long.
        evidence.retain(cloud, files, "rejected")
        _commit(transaction)
        return read_case(row.id)
    check = automatic_check(cloud)
    findings = check.check(cloud, Submitted(files, beginning, found))
    changes = {
        "files": msgspec.json.encode(files).decode(),
        "findings": msgspec.json.encode(findings).decode(),
        "queue": OPEN,
        "queued_at": now,
    }
    granted = account.state == UNREGISTERED and grants_basic(check, findings)
    if granted:
        changes["granted_at"] = now
        changes["holder"] = person_of(cloud, transaction, row.nif)
    move_case(cloud, transaction, row, "submitted", "system", changes, hashes | _told(findings, check))
    tell(cloud, transaction, row, "video-received")
    if granted:
        _grant(cloud, transaction, row, found, str(changes["holder"]))
    else:
        _commit(transaction)
    # As they are tagged already: a stranger's case is tagged here, and this takes as long (6.6).
    evidence.retain(cloud, files, "undecided")
    return read_case(row.id)


def appeal(cloud: Cloud, row: VideoCaseRow, reason: str) -> VideoCaseRow:
    """Have a rejection looked at again, by others than those who decided; once (F18).

    Sent again after a lost answer it finds what the first did.

    Raises:
        AppealTooLate, MoveNotAllowed, Conflict
    """
    now = cloud.now()
    if row.appealed_at is not None and row.appeal == reason and row.state in {WAITING, REVIEWING}:
        return row
    if row.state == REJECTED and (
        row.appealed_at is not None or row.decided_at is None or row.decided_at + APPEAL_WITHIN < now
    ):
        raise AppealTooLate
    transaction = Transaction()
    changes = {"appeal": reason, "appealed_at": now, "queue": OPEN, "queued_at": now, "reviewer": None}
    move_case(cloud, transaction, row, "appealed", "applicant", changes)
    tell(cloud, transaction, row, "video-received")
    _commit(transaction)
    return read_case(row.id)


def collect(cloud: Cloud, row: VideoCaseRow) -> tuple[Account, Receipt]:
    """The proof of registration, with a fresh activation code; the one before is worthless (C19).

    Raises:
        MoveNotAllowed: there is nothing to fetch yet, or no longer.
        Conflict
    """
    now = cloud.now()
    since = row.decided_at if row.state == ACCEPTED else row.granted_at
    # Before any account is read: a case that waits and one that ended unseen do the same work (6.6).
    if since is None or since + COLLECT_WITHIN < now:
        raise MoveNotAllowed
    account = read_account(row.holder)
    if not account.registered:
        raise MoveNotAllowed
    if row.state == ACCEPTED:
        # Once more: the function may have ended between the decision and the lock.
        evidence.lock(cloud, evidence.read_files(row.files), since)
    transaction = Transaction()
    code = issue_activation_code(cloud, transaction, account)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="registration",
        holder=account.holder,
        nif=row.nif,
        language=row.language,
        activation_code=code,
        method="video-reviewed" if row.state == ACCEPTED else "video-automatic",
    )
    add_event(cloud, transaction, row, "receipt-collected", account.holder)
    _commit(transaction)
    return account, receipt


def may_register(row: VideoCaseRow, found: CivilRecord, account: Account, now: datetime) -> bool:
    """Whether the video can lead anywhere: right data, of age (C09, C12), not renounced (2.17)."""
    return (
        bool(row.matched) and found.is_adult(date_in_madrid(now)) and account.state not in (RENOUNCED, BARRED)
    )


def registrant(row: VideoCaseRow, found: CivilRecord, account: Account) -> Registrant:
    """Who is registered. A video does not change how a registered person is reached (2.8)."""
    kept = account.registration if account.registered else None
    return Registrant(
        nif=row.nif,
        given_name=found.given_name,
        surname1=found.surname1,
        surname2=found.surname2,
        birth_date=found.birth_date.isoformat(),
        contrast=row.contrast,
        mobile=kept.mobile if kept else row.mobile,
        email=kept.email if kept else row.email,
        language=kept.language if kept else row.language,
        conditions=row.conditions,
    )


def evidence_of(row: VideoCaseRow) -> str:
    """How a proof names the case that it came from."""
    return f"video-case:{row.id}"


def move_case(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    act: str,
    actor: str,
    changes: dict[str, Any],
    details: dict[str, str] | None = None,
) -> None:
    """Move a case over the version that was read, with its event.

    Raises:
        MoveNotAllowed
    """
    actions = [VideoCaseRow.state.set(move(MOVES, row.state, act)), VideoCaseRow.version.add(1)]
    for name, value in changes.items():
        column = getattr(VideoCaseRow, name)
        actions.append(column.remove() if value is None else column.set(value))
    transaction.update("case", VideoCaseRow(row.id), actions, VideoCaseRow.version == int(row.version))
    add_event(cloud, transaction, row, act, actor, details)


def add_event(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    act: str,
    actor: str,
    details: dict[str, str] | None = None,
) -> None:
    """The event of a step."""
    event = Event(f"video-case.{act}", evidence_of(row), actor, cloud.now(), details=details or {})
    record(transaction, event, cloud.entropy(12))


def tell(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    template: str,
    *,
    decoy: bool = False,
    **values: str | datetime,
) -> None:
    """Write to the person, at the address that the case was opened with; or, as a decoy, only seem to."""
    now = cloud.now()
    message = Message(
        id=f"{template}:{row.id}:{int(row.version)}",
        channel="email",
        to=row.email,
        template=template,
        language=row.language,
        give_up_at=now + TOLD_WITHIN,
        values={
            "organisation": cloud.settings.organisation,
            "phone": cloud.settings.help_phone,
            **values,
        },
    )
    queue(cloud, transaction, message, decoy=decoy, by_schedule=True)


def read_case(case_id: str) -> VideoCaseRow:
    """The case as it is now.

    Raises:
        NotFound
    """
    row = VideoCaseRow.find(case_id)
    if row is None:
        raise NotFound
    return row


def _grant(
    cloud: Cloud, transaction: Transaction, row: VideoCaseRow, found: CivilRecord, holder: str
) -> None:
    """The basic level at once, on a certified product's word; the review still follows."""
    account = read_account(holder)
    try:
        register_person(
            cloud,
            holder,
            registrant(row, found, account),
            method="video-automatic",
            evidence=evidence_of(row),
            transaction=transaction,
            account=account,
        )
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def _told(findings: Findings, check: AutomaticCheck) -> dict[str, str]:
    names = {"passed": findings.passed, "failed": findings.failed, "unknown": findings.unknown}
    return {name: " ".join(found) for name, found in names.items()} | {"product": check.certificate}


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def _token_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
