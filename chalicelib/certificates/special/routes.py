"""What officers do for people in special positions: powers of attorney and reports (A27, F17)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from chalicelib.certificates.closing import carry_out
from chalicelib.certificates.others import IdentityNotConfirmed
from chalicelib.certificates.power_suspension import (
    PowerConfirmation,
    PowerSuspension,
    confirm_power,
    suspend_powers,
)
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.officers import OFFICER
from chalicelib.registry.contact import EmailInvalid, MobileInvalid
from chalicelib.registry.documents import (
    DocumentExpired,
    DocumentExpiryImplausible,
    DocumentNumberInvalid,
    NifInvalid,
    TravelDocumentRequired,
)
from chalicelib.registry.identification import DocumentNifMismatch, ProxyPowerInsufficient, SamePerson
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.own_case import OwnCase
from chalicelib.registry.people import NameInvalid
from chalicelib.registry.powers import (
    PowerEnded,
    PowerEntry,
    PowerRevocation,
    PowerSuspended,
    enter_power,
    revoke_power,
)
from chalicelib.registry.registration import IdempotencyKeyReused
from chalicelib.registry.reports import (
    Decision,
    ReportRefused,
    ReportRequest,
    TwoPeopleNeeded,
    decide,
    report_person,
)
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import PowerRow, ReportRow
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("special-positions")
OWN = {"Cache-Control": "no-store"}
OF_DOCUMENTS = (
    NifInvalid,
    DocumentNumberInvalid,
    DocumentExpired,
    DocumentExpiryImplausible,
    TravelDocumentRequired,
)
OF_OFFICERS = (Forbidden, OwnCase, NotFound, HourlyCapReached, Conflict)


class PowerShown(msgspec.Struct):
    """A power of attorney as it is kept."""

    id: str
    entered_at: datetime
    revoked_at: datetime | None
    suspended_at: datetime | None = None
    """Since then it allows nothing, until its giver confirms it at an office or ends it."""


class PowersShown(msgspec.Struct):
    """The powers that a person has given and that have not ended."""

    powers: list[PowerShown]


class ReportShown(msgspec.Struct):
    """A report, and how far it has come."""

    id: str
    kind: str
    state: Literal["awaiting", "carrying-out", "done", "closed", "rejected", "lifted"]
    reported_at: datetime


class ReportDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the second officer says, having seen the document."""

    decision: Decision


@routes.post(
    "/v1/registration-points/{point}/powers",
    summary="Enter a power of attorney",
    body=PowerEntry,
    answers={201: PowerShown},
    problems=[
        *OF_DOCUMENTS,
        *OF_OFFICERS,
        NameInvalid,
        ProxyPowerInsufficient,
        PowerEnded,
        PowerSuspended,
        SamePerson,
    ],
    caller=OFFICER,
)
def enter_power_of_attorney(request: Request, officer: Officer) -> Reply:
    """Enters a notarised power with its scope; from then on the proxy acts by it, until it ends (A27)."""
    officer.at(request.path["point"], "identification")
    return _power(enter_power(request.cloud, officer, request.body), 201)


@routes.post(
    "/v1/registration-points/{point}/power-revocations",
    summary="End a power of attorney",
    body=PowerRevocation,
    answers={200: PowerShown},
    problems=[*OF_DOCUMENTS, *OF_OFFICERS, DocumentNifMismatch, ProxyPowerInsufficient],
    caller=OFFICER,
)
def revoke_power_of_attorney(request: Request, officer: Officer) -> Reply:
    """Ends a power, for the holder who is present or on the deed that ends it: it allows nothing more."""
    officer.at(request.path["point"], "identification")
    return _power(revoke_power(request.cloud, officer, request.body), 200)


@routes.post(
    "/v1/registration-points/{point}/power-suspensions",
    summary="Suspend the powers of attorney that a person gave",
    body=PowerSuspension,
    answers={200: PowersShown},
    problems=[
        *OF_OFFICERS,
        NifInvalid,
        DocumentNumberInvalid,
        TravelDocumentRequired,
        MobileInvalid,
        IdentityNotConfirmed,
    ],
    caller=OFFICER,
)
def suspend_powers_of_attorney(request: Request, officer: Officer) -> Reply:
    """For whoever gave them, on the phone or present: from now on no proxy does anything, until they come."""
    wanted: PowerSuspension = request.body
    point = request.path["point"]
    officer.at(point, wanted.identity.service)
    rows = suspend_powers(request.cloud, officer, point, wanted)
    return Reply(PowersShown([_shown(row) for row in rows]), headers=OWN)


@routes.post(
    "/v1/registration-points/{point}/power-confirmations",
    summary="Let a suspended power of attorney be used again",
    body=PowerConfirmation,
    answers={200: PowerShown},
    problems=[*OF_DOCUMENTS, *OF_OFFICERS, DocumentNifMismatch, PowerEnded],
    caller=OFFICER,
)
def confirm_power_of_attorney(request: Request, officer: Officer) -> Reply:
    """For the giver in person, with a document in force: what is asked on the phone a proxy may know too."""
    officer.at(request.path["point"], "identification")
    return _power(confirm_power(request.cloud, officer, request.body), 200)


@routes.post(
    "/v1/registration-points/{point}/reports",
    summary="Report a death, an incapacity, or a mistake in such a report",
    body=ReportRequest,
    answers={201: ReportShown},
    problems=[
        *OF_OFFICERS,
        NifInvalid,
        NameInvalid,
        EmailInvalid,
        ReportRefused,
        IdempotencyKeyReused,
    ],
    caller=OFFICER,
    idempotency_key=True,
)
def report_person_in_special_position(request: Request, officer: Officer) -> Reply:
    """Writes the report; where one officer is enough it is carried out: certificates revoked, codes void,
    sessions closed, the person barred. Sent again it goes on where it stopped."""
    point = request.path["point"]
    officer.at(point, "revocation")
    row = report_person(request.cloud, officer, point, request.body, request.idempotency_key)
    return _report(carry_out(request.cloud, str(row.id)), 201)


@routes.post(
    "/v1/registration-points/{point}/reports/{report}/decisions",
    summary="Decide on a colleague's report",
    body=ReportDecision,
    answers={200: ReportShown},
    problems=[*OF_OFFICERS, TwoPeopleNeeded, MoveNotAllowed],
    caller=OFFICER,
)
def decide_on_report(request: Request, officer: Officer) -> Reply:
    """Confirms a report, which is then carried out, or rejects it. Sent again it goes on where it stopped."""
    point = request.path["point"]
    officer.at(point, "revocation")
    row = decide(request.cloud, officer, point, request.path["report"], request.body.decision)
    return _report(carry_out(request.cloud, str(row.id)), 200)


def _power(row: PowerRow, status: int) -> Reply:
    return Reply(_shown(row), status, headers=OWN)


def _shown(row: PowerRow) -> PowerShown:
    return PowerShown(str(row.id), row.entered_at, row.revoked_at, row.suspended_at)


def _report(row: ReportRow, status: int) -> Reply:
    return Reply(ReportShown(str(row.id), str(row.kind), row.state, row.reported_at), status, headers=OWN)  # type: ignore[arg-type]
