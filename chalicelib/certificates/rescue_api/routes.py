"""Code rescue over HTTP (F05): by the holder, logged in, and by an officer before the holder."""

from __future__ import annotations

import base64
from datetime import datetime

import msgspec

from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.certificates.handover import Handed
from chalicelib.certificates.others import IdentityNotConfirmed
from chalicelib.certificates.rescue import (
    CodeOnPaper,
    CodeRescue,
    TooManyRescues,
    rescue_at_desk,
    rescue_own_code,
)
from chalicelib.codes.store import CodeExpired, CodeSpent
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.officers import OFFICER
from chalicelib.registry.documents import (
    DocumentExpired,
    DocumentNumberInvalid,
    NifInvalid,
    TravelDocumentRequired,
)
from chalicelib.registry.identification import DocumentNifMismatch
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.own_case import OwnCase
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("code rescue")

PROBLEMS = (NotFound, EvidenceRefused, CodeExpired, CodeSpent, CodeOnPaper, TooManyRescues, Conflict)


class ReplacedCode(msgspec.Struct):
    """A code that took another's place."""

    expires_at: datetime
    """When the one before would have ended: that does not move."""
    delivery: str
    sent: bool
    """Whether the text message has left; if not, it is sent again by itself."""


class ReplacedAtDesk(ReplacedCode):
    """With the sheet to print, where the code was on paper."""

    slip_pdf: str | None


@routes.post(
    "/v1/me/generation-code-rescues",
    summary="Replace my generation code",
    answers={201: ReplacedCode},
    problems=[*PROBLEMS, AssuranceTooLow],
    caller=CITIZEN,
)
def replace_own_code(request: Request, citizen: Citizen) -> Reply:
    """Sends another code to where the first was sent. It ends when the first would have; the first is void.

    Needs a log-in with two factors, a certificate or an electronic identity card.
    """
    handed = rescue_own_code(request.cloud, citizen)
    body = ReplacedCode(handed.expires_at, handed.delivery, handed.sent)
    return Reply(body, 201, headers={"Cache-Control": "no-store"})


@routes.post(
    "/v1/registration-points/{point}/generation-code-rescues",
    summary="Replace the generation code of a person who is present",
    body=CodeRescue,
    answers={201: ReplacedAtDesk},
    problems=[
        *PROBLEMS,
        Forbidden,
        OwnCase,
        HourlyCapReached,
        IdentityNotConfirmed,
        NifInvalid,
        DocumentNumberInvalid,
        DocumentExpired,
        DocumentNifMismatch,
        TravelDocumentRequired,
    ],
    caller=OFFICER,
)
def replace_code_of_present_person(request: Request, officer: Officer) -> Reply:
    """Voids the code that was lost and gives another on the same way, by text message or on a slip."""
    point = request.path["point"]
    officer.at(point, "identification")
    handed: Handed = rescue_at_desk(request.cloud, officer, point, request.body)
    slip = base64.b64encode(handed.slip).decode() if handed.slip else None
    body = ReplacedAtDesk(handed.expires_at, handed.delivery, handed.sent, slip)
    return Reply(body, 201, headers={"Cache-Control": "no-store"})
