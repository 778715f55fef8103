"""What officers do for registered people who come to an office, over HTTP (2.18)."""

from __future__ import annotations

from chalicelib.codes.store import CodeNotAccepted
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.authenticator import remove_from
from chalicelib.login.officers import OFFICER
from chalicelib.registry.contact import EmailInvalid, MobileInvalid
from chalicelib.registry.contact_data import TooManyChanges
from chalicelib.registry.desk.present import (
    ContactChange,
    ContactConfirmation,
    Present,
    begin_change_at_desk,
    confirm_change_at_desk,
    recognise,
    renounce_at_desk,
)
from chalicelib.registry.documents import (
    DocumentExpired,
    DocumentExpiryImplausible,
    DocumentNumberInvalid,
    NifInvalid,
    TravelDocumentRequired,
)
from chalicelib.registry.identification import (
    ConsentRequired,
    DniRequired,
    DocumentNifMismatch,
    EmancipationNotApplicable,
    GuardianNotApplicable,
    GuardianRequired,
    SamePerson,
)
from chalicelib.registry.me.views import OWN, ActReceipt, ChangeBegun, act_receipt
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.own_case import OwnCase
from chalicelib.registry.registrations import PhoneTaken
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("registrations")

PRESENT_PROBLEMS = (
    NifInvalid,
    DocumentNumberInvalid,
    DocumentExpired,
    DocumentExpiryImplausible,
    TravelDocumentRequired,
    DocumentNifMismatch,
    GuardianRequired,
    GuardianNotApplicable,
    ConsentRequired,
    EmancipationNotApplicable,
    SamePerson,
    DniRequired,
    NotFound,
    Forbidden,
    OwnCase,
    HourlyCapReached,
    MoveNotAllowed,
    Conflict,
)


@routes.post(
    "/v1/registration-points/{point}/contact-changes",
    summary="Change how a person who is present is reached",
    body=ContactChange,
    answers={202: ChangeBegun},
    problems=[*PRESENT_PROBLEMS, EmailInvalid, MobileInvalid, TooManyChanges],
    caller=OFFICER,
)
def begin_change_of_present_person(request: Request, officer: Officer) -> Reply:
    """Sends a code to the new number or address; the person reads it out (2.8)."""
    point = request.path["point"]
    officer.at(point, "identification")
    expires_at = begin_change_at_desk(request.cloud, officer, point, request.body)
    return Reply(ChangeBegun(expires_at), 202, headers=OWN)


@routes.post(
    "/v1/registration-points/{point}/contact-changes/confirmations",
    summary="Confirm the new number or address of a person who is present",
    body=ContactConfirmation,
    answers={200: ActReceipt},
    problems=[*PRESENT_PROBLEMS, CodeNotAccepted, PhoneTaken],
    caller=OFFICER,
)
def confirm_change_of_present_person(request: Request, officer: Officer) -> Reply:
    """Takes it into use, tells the old ones, and answers the receipt to hand over."""
    point = request.path["point"]
    officer.at(point, "identification")
    return Reply(
        act_receipt(confirm_change_at_desk(request.cloud, officer, point, request.body)), headers=OWN
    )


@routes.post(
    "/v1/registration-points/{point}/renunciations",
    summary="End the registration of a person who is present",
    body=Present,
    answers={200: ActReceipt},
    problems=PRESENT_PROBLEMS,
    caller=OFFICER,
)
def renounce_for_present_person(request: Request, officer: Officer) -> Reply:
    """Ends the registration, its credentials and its sessions, and answers the receipt to hand over."""
    point = request.path["point"]
    officer.at(point, "identification")
    return Reply(act_receipt(renounce_at_desk(request.cloud, officer, point, request.body)), headers=OWN)


@routes.post(
    "/v1/registration-points/{point}/authenticator-removals",
    summary="Remove the authenticator app of a person who is present",
    body=Present,
    answers={204: None},
    problems=PRESENT_PROBLEMS,
    caller=OFFICER,
)
def remove_authenticator_of_present_person(request: Request, officer: Officer) -> Reply:
    """For whoever lost it with every other way in; the person is told by e-mail."""
    point = request.path["point"]
    officer.at(point, "identification")
    transaction, account = recognise(request.cloud, officer, point, request.body)
    remove_from(request.cloud, account, transaction, officer.name)
    return Reply(status=204)
