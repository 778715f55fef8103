"""Registration over HTTP: the public list of points, and what officers do at theirs."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import listed
from chalicelib.certificates.data_change import require_declared
from chalicelib.certificates.evidence import EvidenceRefused, read_evidence
from chalicelib.certificates.handover import hand_over
from chalicelib.certificates.others import CodeRequest, IdentityNotConfirmed, add_request, asked_for
from chalicelib.codes.store import CodeExpired, CodeSpent
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.officers import OFFICER
from chalicelib.payments.intents import PaymentRequired
from chalicelib.payments.tariff import NotForSale
from chalicelib.registry.documents import (
    DocumentExpired,
    DocumentExpiryImplausible,
    DocumentNumberInvalid,
    TravelDocumentRequired,
)
from chalicelib.registry.evidence import Evidence, IdentificationRequest, ProxyPresence
from chalicelib.registry.guardianship import GuardianshipEnded
from chalicelib.registry.identification import ProxyPowerInsufficient
from chalicelib.registry.identification_problems import PROBLEMS
from chalicelib.registry.identified import identified
from chalicelib.registry.names_in_force import NameDiffers
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.own_case import OwnCase, not_own, numbers_in
from chalicelib.registry.points import ProvinceInvalid, RegistrationPoint, search
from chalicelib.registry.powers import PowerEnded, PowerSuspended
from chalicelib.registry.registration import CONDITIONS_VERSION, IdempotencyKeyReused, register
from chalicelib.registry.special import PersonBarred
from chalicelib.registry.tables import IdentificationRow, PointRow
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("registration")


class PointQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    text: Annotated[str, Meta(max_length=100)] = ""
    """Words of the name, address, municipality or postcode."""
    province: Annotated[str, Meta(max_length=40)] = ""
    """Name or INE code."""


class PointList(msgspec.Struct):
    """Registration points."""

    points: list[RegistrationPoint]


class Identified(msgspec.Struct):
    """An identification, and the generation code that was granted on it."""

    id: str
    expires_at: datetime
    """The last second in which the code can be used."""
    delivery: str
    sent: bool
    """Whether the text message has left; if not, it is sent again by itself."""
    slip_pdf: str | None
    """Base64 of the sheet to print and hand over; it holds the code."""
    conditions: str = CONDITIONS_VERSION


@routes.get(
    "/v1/registration-points",
    summary="Find a registration point",
    query=PointQuery,
    answers={200: PointList},
    problems=[ProvinceInvalid],
)
def find_points(request: Request) -> Reply:
    """The points where people identify themselves, by words and province."""
    points = [msgspec.json.decode(row.point, type=RegistrationPoint) for row in listed(PointRow.scan())]
    found = search(points, request.query.text, request.query.province)
    return Reply(PointList(found), headers={"Cache-Control": "public, max-age=300"})


@routes.post(
    "/v1/registration-points/{point}/identifications",
    summary="Identify a person and grant a generation code",
    body=IdentificationRequest,
    answers={201: Identified},
    problems=[
        *PROBLEMS,
        Forbidden,
        HourlyCapReached,
        IdempotencyKeyReused,
        NameDiffers,
        PersonBarred,
        PowerEnded,
        PowerSuspended,
        EvidenceRefused,
        PaymentRequired,
        NotForSale,
        CodeExpired,
        CodeSpent,
        Conflict,
    ],
    caller=OFFICER,
    idempotency_key=True,
)
def identify_person(request: Request, officer: Officer) -> Reply:
    """Records who was identified, how and by whom; grants a generation code and delivers it.

    Where a fee has to be paid first, the identification is kept, and its code is granted once it is paid.

    Sent again with the same Idempotency-Key it finds the same identification, and grants a fresh code.
    """
    point = request.path["point"]
    officer.at(point, "identification")
    require_declared(request.cloud, request.body)
    row = register(request.cloud, officer, point, request.body, request.idempotency_key)
    return _identified(request.cloud, row.id, officer)


@routes.post(
    "/v1/registration-points/{point}/identifications/{identification}/generation-codes",
    summary="Grant a new code for a recent identification",
    answers={201: Identified},
    problems=[
        Forbidden,
        OwnCase,
        NotFound,
        ProxyPowerInsufficient,
        EvidenceRefused,
        PaymentRequired,
        NotForSale,
        CodeExpired,
        CodeSpent,
        Conflict,
    ],
    caller=OFFICER,
)
def grant_again(request: Request, officer: Officer) -> Reply:
    """Voids the code before and grants another, which expires when the first would have."""
    officer.at(request.path["point"], "identification")
    row = IdentificationRow.find(request.path["identification"])
    if row is None or row.point != officer.row.point:
        raise NotFound
    shown = identified(row)
    if isinstance(shown, Evidence) and isinstance(shown.presence, ProxyPresence):
        # Who asks must be said: collecting a code is an act of its own (A27).
        raise ProxyPowerInsufficient("A proxy came: say who asks, with the power.")
    not_own(officer, *numbers_in(shown))
    return _identified(request.cloud, row.id, officer)


@routes.post(
    "/v1/registration-points/{point}/code-requests",
    summary="Grant a new code that a guardian or proxy asks for",
    body=CodeRequest,
    answers={201: Identified},
    problems=[
        Forbidden,
        OwnCase,
        NotFound,
        HourlyCapReached,
        Conflict,
        DocumentNumberInvalid,
        DocumentExpired,
        DocumentExpiryImplausible,
        TravelDocumentRequired,
        IdentityNotConfirmed,
        GuardianshipEnded,
        PersonBarred,
        PowerEnded,
        PowerSuspended,
        ProxyPowerInsufficient,
        EvidenceRefused,
        PaymentRequired,
        NotForSale,
        CodeExpired,
        CodeSpent,
    ],
    caller=OFFICER,
)
def grant_for_another(request: Request, officer: Officer) -> Reply:
    """Voids the code before and grants another, which expires when the first would have."""
    point = request.path["point"]
    officer.at(point, "identification")
    row = asked_for(request.body, officer)
    add_request(request.cloud, officer, point, request.body, row)
    return _identified(request.cloud, row.id, officer)


def _identified(cloud: Cloud, identification_id: str, officer: Officer) -> Reply:
    handed = hand_over(
        cloud, read_evidence(f"identification:{identification_id}"), officer.name, officer.session
    )
    slip = base64.b64encode(handed.slip).decode() if handed.slip else None
    body = Identified(handed.id, handed.expires_at, handed.delivery, handed.sent, slip)
    return Reply(body, 201, headers={"Cache-Control": "no-store"})
