"""Another emergency code over HTTP, for the holder who lost the one that came with the certificate (F20)."""

from __future__ import annotations

import msgspec

from chalicelib.certificates.emergency.acts import another_own_code
from chalicelib.certificates.emergency.another import NothingToEnd, TooManyEmergencyCodes
from chalicelib.certificates.personal.own_certificates import certificate_id
from chalicelib.certificates.suspensions.models import MyCertificate
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN_FORWARDED, AssuranceTooLow
from chalicelib.login.own_account import FreshLogInRequired
from chalicelib.login.session_models import NO_STORE
from chalicelib.registry.registration import IdempotencyKeyReused
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("emergency-codes")


class AnotherEmergencyCode(msgspec.Struct):
    """What to write down, and to keep apart from the key. It is told here only."""

    issuer: str
    serial: str
    emergency_code: str
    """The one before is void."""


@routes.post(
    "/v1/me/emergency-codes",
    summary="Get another emergency code for one of my certificates",
    body=MyCertificate,
    answers={200: AnotherEmergencyCode},
    problems=[
        NotFound,
        AssuranceTooLow,
        FreshLogInRequired,
        NothingToEnd,
        TooManyEmergencyCodes,
        IdempotencyKeyReused,
        Conflict,
    ],
    caller=CITIZEN_FORWARDED,
    idempotency_key=True,
)
def get_another_code(request: Request, session: str) -> Reply:
    """With a log-in of the last 15 minutes, of whatever way, as for revoking. The code before is void.

    Sent again with the same Idempotency-Key it tells the same code, unless that one was replaced since.
    """
    wanted: MyCertificate = request.body
    row_id = certificate_id(wanted.issuer, wanted.serial)
    code = another_own_code(request.cloud, session, row_id, request.idempotency_key)
    return Reply(AnotherEmergencyCode(wanted.issuer, wanted.serial, code), headers=NO_STORE)
