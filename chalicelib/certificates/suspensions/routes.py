"""Suspension and reinstatement over HTTP: by officers for the holder, and in the personal area (F20)."""

from __future__ import annotations

from chalicelib.certificates.desk import (
    OF_THE_CHECK,
    SuspensionRequest,
    reinstate_for_holder,
    suspend_for_holder,
)
from chalicelib.certificates.personal.own_revocation import reinstate_own, suspend_own
from chalicelib.certificates.sides import SideMayNot
from chalicelib.certificates.suspensions.models import MyCertificate, ReinstatementReceipt, SuspensionReceipt
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.officers import OFFICER
from chalicelib.login.own_account import FreshLogInRequired
from chalicelib.login.session_models import NO_STORE
from chalicelib.pki.hold import HeldLately, HoldNotAllowed, NotHeld
from chalicelib.registry.officers import Officer
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("suspensions")


@routes.post(
    "/v1/registration-points/{point}/suspensions",
    summary="Suspend a person's certificate",
    body=SuspensionRequest,
    answers={200: SuspensionReceipt},
    problems=[*OF_THE_CHECK, HoldNotAllowed, HeldLately],
    caller=OFFICER,
)
def suspend_certificate(request: Request, officer: Officer) -> Reply:
    """For the holder, present or on the phone, who thinks that it is lost: seven days, and then for good."""
    wanted: SuspensionRequest = request.body
    officer.at(request.path["point"], wanted.identity.service)
    held = suspend_for_holder(request.cloud, officer, request.path["point"], wanted)
    receipt = SuspensionReceipt(wanted.issuer, wanted.serial, held.at, held.until, held.now)
    return Reply(receipt, headers=NO_STORE)


@routes.post(
    "/v1/registration-points/{point}/reinstatements",
    summary="Lift the suspension of a person's certificate",
    body=SuspensionRequest,
    answers={200: ReinstatementReceipt},
    problems=[*OF_THE_CHECK, SideMayNot, NotHeld],
    caller=OFFICER,
)
def reinstate_certificate(request: Request, officer: Officer) -> Reply:
    """For the holder in person, with a document: what is asked on the phone a thief may know too."""
    wanted: SuspensionRequest = request.body
    officer.at(request.path["point"], wanted.identity.service)
    lifted = reinstate_for_holder(request.cloud, officer, request.path["point"], wanted)
    receipt = ReinstatementReceipt(wanted.issuer, wanted.serial, lifted.at, lifted.now)
    return Reply(receipt, headers=NO_STORE)


@routes.post(
    "/v1/me/suspensions",
    summary="Suspend one of my certificates",
    body=MyCertificate,
    answers={200: SuspensionReceipt},
    problems=[NotFound, AssuranceTooLow, FreshLogInRequired, HoldNotAllowed, HeldLately, Conflict],
    caller=CITIZEN,
)
def suspend_own_certificate(request: Request, citizen: Citizen) -> Reply:
    """At once, for seven days; then it is revoked by itself. It asks for a log-in of the last 15 minutes."""
    wanted: MyCertificate = request.body
    held = suspend_own(request.cloud, citizen, wanted.issuer, wanted.serial)
    receipt = SuspensionReceipt(wanted.issuer, wanted.serial, held.at, held.until, held.now)
    return Reply(receipt, headers=NO_STORE)


@routes.post(
    "/v1/me/reinstatements",
    summary="Lift the suspension of one of my certificates",
    body=MyCertificate,
    answers={200: ReinstatementReceipt},
    problems=[NotFound, AssuranceTooLow, FreshLogInRequired, NotHeld, Conflict],
    caller=CITIZEN,
)
def reinstate_own_certificate(request: Request, citizen: Citizen) -> Reply:
    """With an e-ID or another certificate, in the last 15 minutes; or go to an office."""
    wanted: MyCertificate = request.body
    lifted = reinstate_own(request.cloud, citizen, wanted.issuer, wanted.serial)
    receipt = ReinstatementReceipt(wanted.issuer, wanted.serial, lifted.at, lifted.now)
    return Reply(receipt, headers=NO_STORE)
