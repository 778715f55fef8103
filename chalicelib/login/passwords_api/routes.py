"""Permanent passwords over HTTP: activation, log-in, step-up, change, recovery, removal; activation codes."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.codes.store import TooManyTries
from chalicelib.errors import Conflict
from chalicelib.login.activation_codes import regenerate
from chalicelib.login.challenges import LogInRefused
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.password import PasswordExpired, log_in_with_password
from chalicelib.login.password_life import (
    begin_activation,
    begin_recovery,
    change_password,
    remove_password,
    set_password,
)
from chalicelib.login.password_policy import LONGEST, PasswordNotAcceptable
from chalicelib.login.sending import TooManyMessages
from chalicelib.login.session_models import (
    NO_STORE,
    CitizenSession,
    CodeSent,
    Nif,
    Otp,
    RequestId,
    code_sent,
    session_opened,
)
from chalicelib.login.step_up import begin_step_up, step_up
from chalicelib.registry.contact import EmailInvalid
from chalicelib.registry.contrast import Contrast, ContrastInvalid
from chalicelib.registry.cool_off import NumberWaits
from chalicelib.registry.documents import NifInvalid
from chalicelib.registry.receipts import Receipt
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("passwords")

ActivationCode = Annotated[
    str, Meta(min_length=1, max_length=40, description="From the proof of registration.")
]
Password = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class ActivationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is on the proof of registration, and the registered e-mail."""

    nif: Nif
    activation_code: ActivationCode
    email: Annotated[str, Meta(min_length=3, max_length=254)]


class RecoveryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is on the proof of registration, and what is on the identity document."""

    nif: Nif
    activation_code: ActivationCode
    contrast: Contrast


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """The code from the text message, and the password."""

    request: RequestId
    otp: Otp
    password: Password


class PasswordLogIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Number and password, and what the last log-in from this device was answered with."""

    nif: Nif
    password: Password
    device: Annotated[str, Meta(max_length=100)] = ""


class PasswordChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The password in force, and the one that is to be."""

    current: Password
    password: Password


class StepUp(Struct, frozen=True, forbid_unknown_fields=True):
    """The code from the text message."""

    request: RequestId
    otp: Otp


class Removal(Struct, frozen=True, forbid_unknown_fields=True):
    """That it is meant."""

    confirm: Literal["remove-password"]


class PasswordReceipt(Struct):
    """A receipt to keep."""

    receipt_pdf: str
    """Base64. A new activation code stands in it, and is told nowhere else."""
    verification_code: str


@routes.post(
    "/v1/passwords/activations",
    summary="Begin to activate a password",
    body=ActivationRequest,
    answers={202: CodeSent},
    problems=[NifInvalid, EmailInvalid, TooManyMessages, Conflict],
)
def ask_for_activation(request: Request) -> Reply:
    """Sends a code to the registered mobile if all is right; the answer is the same if it is not."""
    body: ActivationRequest = request.body
    return Reply(
        code_sent(
            begin_activation(request.cloud, body.nif, body.activation_code, body.email, source=request.source)
        ),
        202,
        headers=NO_STORE,
    )


@routes.post(
    "/v1/passwords/recoveries",
    summary="Begin to recover a forgotten or blocked password",
    body=RecoveryRequest,
    answers={202: CodeSent},
    problems=[NifInvalid, ContrastInvalid, TooManyMessages, Conflict],
)
def ask_for_recovery(request: Request) -> Reply:
    """Sends a code to the registered mobile if all is right; the answer is the same if it is not."""
    body: RecoveryRequest = request.body
    return Reply(
        code_sent(
            begin_recovery(
                request.cloud, body.nif, body.activation_code, body.contrast, source=request.source
            )
        ),
        202,
        headers=NO_STORE,
    )


@routes.post(
    "/v1/passwords",
    summary="Choose the password",
    body=NewPassword,
    answers={204: None},
    problems=[LogInRefused, PasswordNotAcceptable, MoveNotAllowed, TooManyTries, Conflict],
)
def choose_password(request: Request) -> Reply:
    """Ends an activation or a recovery. A password that is refused does not use up the code."""
    body: NewPassword = request.body
    set_password(request.cloud, body.request, body.otp, body.password, source=request.source)
    return Reply(status=204)


@routes.post(
    "/v1/sessions/password",
    summary="Log in with a password",
    body=PasswordLogIn,
    answers={201: CitizenSession},
    problems=[NifInvalid, LogInRefused, PasswordExpired, TooManyTries, Conflict],
)
def open_session_with_password(request: Request) -> Reply:
    """Wrong, blocked, or nobody's number: the answer is the same."""
    body: PasswordLogIn = request.body
    opened = log_in_with_password(
        request.cloud, body.nif, body.password, source=request.source, device=body.device
    )
    return Reply(session_opened(opened), 201, headers=NO_STORE)


@routes.post(
    "/v1/me/step-ups",
    summary="Ask for a code to make the session surer",
    answers={202: CodeSent},
    problems=[AssuranceTooLow, NumberWaits, TooManyMessages, Conflict],
    caller=CITIZEN,
)
def ask_for_step_up(request: Request, citizen: Citizen) -> Reply:
    """After a log-in with password, for those registered at the advanced level."""
    return Reply(
        code_sent(begin_step_up(request.cloud, citizen, source=request.source)), 202, headers=NO_STORE
    )


@routes.post(
    "/v1/sessions/step-up",
    summary="Make the session surer",
    body=StepUp,
    answers={201: CitizenSession},
    problems=[AssuranceTooLow, NumberWaits, LogInRefused, TooManyTries, Conflict],
    caller=CITIZEN,
)
def open_surer_session(request: Request, citizen: Citizen) -> Reply:
    """A new session in place of this one, which ends."""
    body: StepUp = request.body
    return Reply(
        session_opened(step_up(request.cloud, citizen, body.request, body.otp, source=request.source)),
        201,
        headers=NO_STORE,
    )


@routes.post(
    "/v1/me/password-changes",
    summary="Change the password",
    body=PasswordChange,
    answers={204: None},
    problems=[LogInRefused, PasswordNotAcceptable, MoveNotAllowed, Conflict],
    caller=CITIZEN,
)
def change_my_password(request: Request, citizen: Citizen) -> Reply:
    """Needs the current one. My other sessions end."""
    body: PasswordChange = request.body
    change_password(request.cloud, citizen, body.current, body.password)
    return Reply(status=204)


@routes.post(
    "/v1/me/password-removals",
    summary="Deregister the password",
    body=Removal,
    answers={200: PasswordReceipt},
    problems=[MoveNotAllowed, Conflict],
    caller=CITIZEN,
)
def remove_my_password(request: Request, citizen: Citizen) -> Reply:
    """The registration and the other ways of logging in stay. Answers the receipt."""
    return _receipt(remove_password(request.cloud, citizen), 200)


@routes.post(
    "/v1/me/activation-codes",
    summary="Make a new activation code",
    answers={201: PasswordReceipt},
    problems=[AssuranceTooLow, NumberWaits, MoveNotAllowed, Conflict],
    caller=CITIZEN,
)
def make_activation_code(request: Request, citizen: Citizen) -> Reply:
    """The one before is worthless. Not for a session that a password alone opened."""
    return _receipt(regenerate(request.cloud, citizen), 201)


def _receipt(receipt: Receipt, status: int) -> Reply:
    pdf = base64.b64encode(receipt.pdf).decode()
    return Reply(PasswordReceipt(pdf, receipt.verification_code), status, headers=NO_STORE)
