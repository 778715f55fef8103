"""Identification by video over HTTP: the applicant's side, and the desk of those who review."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.evidence import EvidenceRefused, read_evidence
from chalicelib.certificates.handover import hand_over
from chalicelib.codes.store import CodeExpired, CodeSpent, TooManyTries
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.officers import OFFICER
from chalicelib.payments.intents import PaymentRequired
from chalicelib.payments.tariff import NotForSale
from chalicelib.payments.video.fee import settle
from chalicelib.registry.contact import EmailInvalid, MobileInvalid
from chalicelib.registry.contrast import ContrastInvalid
from chalicelib.registry.documents import NifInvalid
from chalicelib.registry.identification import ConditionsNotAccepted
from chalicelib.registry.names_in_force import NameDiffers, NameNotChanged
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.own_case import OwnCase
from chalicelib.registry.registrations import PhoneTaken
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import case as cases
from chalicelib.registry.video import certifying, opening, registering, review, submission
from chalicelib.registry.video.checks import Findings
from chalicelib.registry.video.evidence import KINDS, UploadMissing, UploadNotAsClaimed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("identification by video")

_UNSTORED = {"Cache-Control": "no-store"}
OF_GRANTS = (EvidenceRefused, CodeExpired, CodeSpent)


class UploadForm(msgspec.Struct):
    """A multipart/form-data POST: send the fields as they are, and the file last, as `file`."""

    name: str
    url: str
    fields: dict[str, str]
    largest: int
    """Octets."""


class VideoCaseOpened(msgspec.Struct):
    """A case. The token opens it again, and is told nowhere else."""

    case: str
    token: str
    uploads: list[UploadForm]
    upload_until: datetime
    expected_days: int = 5
    """Working days until a person has reviewed it, as a rule (C06)."""
    told: str = (
        "If the data are right, you will be told by e-mail how it went. If you hear nothing, check them."
    )


class CaseAppeal(cases.CaseToken, frozen=True, forbid_unknown_fields=True):
    """What the person says against a rejection."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class VideoCaseState(msgspec.Struct):
    """Where a case stands."""

    purpose: str
    """`registration` or `certificate`."""
    state: str
    """`open`, `waiting`, `accepted` or `rejected`."""
    reason: str
    """Why it was rejected."""
    appeal_until: datetime | None
    receipt_ready: bool
    code_until: datetime | None
    """Of an accepted request for a certificate: the last second of its generation code. Afterwards only a new
    identification helps, and what was paid for this one is not given back (A21)."""


class VideoReceipt(msgspec.Struct):
    """The proof of registration. Each time it is fetched, with a fresh activation code."""

    level: str
    receipt_pdf: str
    """Base64."""
    verification_code: str


class WaitingCase(msgspec.Struct):
    """A case in the queue."""

    case: str
    waiting_since: datetime
    taken: bool
    acceptances: int
    appealed: bool
    purpose: str
    to_do: str
    """`review`; or `code`, if it was accepted and its code has not gone out."""


class WaitingCases(msgspec.Struct):
    """The queue, the longest waiting first."""

    cases: list[WaitingCase]


class ReviewedCase(msgspec.Struct):
    """What a reviewer compares: the register's data with the evidence. No address, no contact data."""

    case: str
    nif: str
    given_name: str
    surname1: str
    surname2: str | None
    birth_date: date
    findings: Findings
    appeal: str
    evidence: dict[str, str]
    """Addresses that show the files for five minutes."""
    evidence_until: datetime
    names_before: list[str]
    """Names in the person's certificates in force that are not this one. Accepting then takes `new_name`, by
    everybody who accepts, and ends those certificates with the new one; if it is not so, reject."""


class DecidedCase(msgspec.Struct):
    """A case after a decision. `waiting` means that another officer must agree."""

    case: str
    state: str
    code_until: datetime | None
    """Of an accepted request for a certificate: the last second of the code, which has gone to the person."""


@routes.post(
    "/v1/video-cases",
    summary="Open an identification by video, to register or for a certificate",
    body=opening.VideoCaseRequest,
    answers={201: VideoCaseOpened},
    problems=[
        NifInvalid,
        ContrastInvalid,
        MobileInvalid,
        EmailInvalid,
        opening.VideoNotConsented,
        ConditionsNotAccepted,
        opening.VideoNotOffered,
        TooManyTries,
    ],
)
def open_video_case(request: Request) -> Reply:
    """Opens a case and answers the forms for uploading both sides of the document, and the video."""
    opened = opening.open_case(request.cloud, request.body, request.source)
    uploads = [
        UploadForm(name, url, fields, KINDS[name].longest) for name, (url, fields) in opened.forms.items()
    ]
    body = VideoCaseOpened(opened.id, opened.token, uploads, opened.upload_until)
    return Reply(body, 201, headers=_UNSTORED)


@routes.post(
    "/v1/video-cases/{case}/submission",
    summary="Submit what was uploaded",
    body=cases.CaseToken,
    answers={202: VideoCaseState},
    problems=[
        NotFound,
        UploadMissing,
        UploadNotAsClaimed,
        MoveNotAllowed,
        PaymentRequired,
        NotForSale,
        PhoneTaken,
        Conflict,
    ],
)
def submit_video_case(request: Request) -> Reply:
    """Checks that the files are what they were announced as, and queues the case for review.

    A request for a certificate that costs something is paid before, by `POST .../payments`.
    """
    row = submission.submit(request.cloud, _case(request), settle)
    return Reply(_state(row), 202, headers=_UNSTORED)


@routes.post(
    "/v1/video-cases/{case}/state",
    summary="See where a case stands",
    body=cases.CaseToken,
    answers={200: VideoCaseState},
    problems=[NotFound],
)
def see_video_case(request: Request) -> Reply:
    """The state of the case, for whoever opened it."""
    return Reply(_state(_case(request)), headers=_UNSTORED)


@routes.post(
    "/v1/video-cases/{case}/appeals",
    summary="Appeal against a rejection",
    body=CaseAppeal,
    answers={202: VideoCaseState},
    problems=[NotFound, submission.AppealTooLate, MoveNotAllowed, Conflict],
)
def appeal_video_case(request: Request) -> Reply:
    """Puts a rejected case before another reviewer; once, within 30 days."""
    row = submission.appeal(request.cloud, _case(request), request.body.reason)
    return Reply(_state(row), 202, headers=_UNSTORED)


@routes.post(
    "/v1/video-cases/{case}/receipts",
    summary="Fetch the proof of registration",
    body=cases.CaseToken,
    answers={201: VideoReceipt},
    problems=[NotFound, MoveNotAllowed, Conflict],
)
def fetch_video_receipt(request: Request) -> Reply:
    """The proof of registration, within 15 days, with an activation code that voids the one before."""
    account, receipt = registering.collect(request.cloud, _case(request))
    body = VideoReceipt(account.level, base64.b64encode(receipt.pdf).decode(), receipt.verification_code)
    return Reply(body, 201, headers=_UNSTORED)


@routes.get(
    "/v1/registration-points/{point}/video-cases",
    summary="See which cases wait for a review",
    answers={200: WaitingCases},
    problems=[Forbidden],
    caller=OFFICER,
)
def list_video_cases(request: Request, officer: Officer) -> Reply:
    """The cases that this officer may take, the longest waiting first."""
    officer.at(request.path["point"], "video-review")
    found = [("code", row) for row in review.cases_without_code()]
    found += [("review", row) for row in review.waiting_cases(officer)]
    listed = [
        WaitingCase(
            row.id,
            row.queued_at or row.opened_at,
            row.state == cases.REVIEWING,
            review.approvals(row),
            row.appealed_at is not None,
            row.purpose,
            to_do,
        )
        for to_do, row in found
    ]
    return Reply(WaitingCases(listed), headers=_UNSTORED)


@routes.post(
    "/v1/registration-points/{point}/video-cases/{case}/takes",
    summary="Take a case",
    answers={200: ReviewedCase},
    problems=[
        Forbidden,
        NotFound,
        OwnCase,
        review.DecidedBefore,
        review.CaseTaken,
        MoveNotAllowed,
        Conflict,
    ],
    caller=OFFICER,
)
def take_video_case(request: Request, officer: Officer) -> Reply:
    """Gives the case to this officer for half an hour, and shows its evidence for five minutes."""
    officer.at(request.path["point"], "video-review")
    taken = review.take(request.cloud, officer, request.path["case"])
    found = taken.record
    body = ReviewedCase(
        case=taken.row.id,
        nif=found.nif,
        given_name=found.given_name,
        surname1=found.surname1,
        surname2=found.surname2,
        birth_date=found.birth_date,
        findings=msgspec.json.decode(taken.row.findings, type=Findings),
        appeal=taken.row.appeal or "",
        evidence=taken.links,
        evidence_until=taken.until,
        names_before=taken.names_before,
    )
    return Reply(body, headers=_UNSTORED)


@routes.post(
    "/v1/registration-points/{point}/video-cases/{case}/decisions",
    summary="Decide on a case",
    body=review.VideoDecision,
    answers={201: DecidedCase},
    problems=[
        Forbidden,
        NotFound,
        OwnCase,
        review.DecidedBefore,
        review.CaseTaken,
        review.ReasonRequired,
        NameDiffers,
        NameNotChanged,
        HourlyCapReached,
        MoveNotAllowed,
        PhoneTaken,
        *OF_GRANTS,
        Conflict,
    ],
    caller=OFFICER,
)
def decide_video_case(request: Request, officer: Officer) -> Reply:
    """Accepts or rejects a case that this officer has taken.

    The last acceptance of a request for a certificate sends the code to the person, and shows it to nobody.
    """
    officer.at(request.path["point"], "video-review")
    row = review.decide(request.cloud, officer, request.path["case"], request.body)
    if row.queue == cases.CODELESS:
        _send_code(request.cloud, row, officer)
    return Reply(DecidedCase(row.id, row.state, certifying.code_until(row)), 201, headers=_UNSTORED)


@routes.post(
    "/v1/registration-points/{point}/video-cases/{case}/generation-codes",
    summary="Send the code of an accepted request for a certificate",
    answers={201: DecidedCase},
    problems=[Forbidden, NotFound, MoveNotAllowed, *OF_GRANTS, Conflict],
    caller=OFFICER,
)
def send_code_of_video_case(request: Request, officer: Officer) -> Reply:
    """Where the decision was written and its code did not go out, since something failed between the two."""
    officer.at(request.path["point"], "video-review")
    row = certifying.without_code(request.cloud, request.path["case"])
    _send_code(request.cloud, row, officer)
    return Reply(DecidedCase(row.id, row.state, certifying.code_until(row)), 201, headers=_UNSTORED)


def _send_code(cloud: Cloud, row: VideoCaseRow, officer: Officer) -> None:
    """Have the authority grant the code (A16: only now), and let the case rest."""
    hand_over(cloud, read_evidence(certifying.identification_of(row)), officer.name, officer.session)
    certifying.note_code(row)


def _case(request: Request) -> VideoCaseRow:
    return cases.case_of(request.path["case"], request.body.token)


def _state(row: VideoCaseRow) -> VideoCaseState:
    """As the applicant sees it: a case that ended unseen looks like one that waits (6.6)."""
    shown = row.state if row.state in (cases.OPEN, cases.ACCEPTED, cases.REJECTED) else cases.WAITING
    may_appeal = row.state == cases.REJECTED and row.appealed_at is None and row.decided_at
    return VideoCaseState(
        purpose=row.purpose,
        state=shown,
        reason=str(row.reason or "") if row.state == cases.REJECTED else "",
        appeal_until=row.decided_at + submission.APPEAL_WITHIN if may_appeal and row.decided_at else None,
        receipt_ready=registering.receipt_ready(row),
        code_until=certifying.code_until(row),
    )
