"""The authenticator app over HTTP (F13): enrolment, step-up without a text message, removal."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.errors import Conflict
from chalicelib.login.authenticator import begin, confirm, remove, step_up
from chalicelib.login.challenges import LogInRefused
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.own_account import FreshLogInRequired
from chalicelib.login.session_models import NO_STORE, CitizenSession, session_opened
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("authenticator")

CHANGE_PROBLEMS = (AssuranceTooLow, FreshLogInRequired, MoveNotAllowed, Conflict)


class AppCode(Struct, frozen=True, forbid_unknown_fields=True):
    """The six digits that the app shows now."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]


class AuthenticatorSecret(Struct):
    """What an authenticator app (RFC 6238) is to be given; told once."""

    secret: str
    """Base 32, for typing."""
    uri: str
    """`otpauth://totp/...`, for a QR code."""


@routes.post(
    "/v1/me/authenticator",
    summary="Begin to use an authenticator app",
    answers={201: AuthenticatorSecret},
    problems=CHANGE_PROBLEMS,
    caller=CITIZEN,
)
def begin_authenticator(request: Request, citizen: Citizen) -> Reply:
    """After a log-in that is substantial at least. The app counts from its first code."""
    made = begin(request.cloud, citizen)
    return Reply(AuthenticatorSecret(made.secret, made.uri), 201, headers=NO_STORE)


@routes.post(
    "/v1/me/authenticator/confirmation",
    summary="Take the authenticator app into use",
    body=AppCode,
    answers={204: None},
    problems=[*CHANGE_PROBLEMS, LogInRefused],
    caller=CITIZEN,
)
def confirm_authenticator(request: Request, citizen: Citizen) -> Reply:
    """With its first code. Five wrong ones end it."""
    confirm(request.cloud, citizen, request.body.code)
    return Reply(status=204)


@routes.delete(
    "/v1/me/authenticator",
    summary="Remove the authenticator app",
    answers={204: None},
    problems=CHANGE_PROBLEMS,
    caller=CITIZEN,
)
def remove_authenticator(request: Request, citizen: Citizen) -> Reply:
    """By any log-in that is substantial; who has none of them left goes to an office."""
    remove(request.cloud, citizen)
    return Reply(status=204)


@routes.post(
    "/v1/sessions/authenticator",
    summary="Make the session surer with the authenticator app",
    body=AppCode,
    answers={201: CitizenSession},
    problems=[AssuranceTooLow, LogInRefused, Conflict],
    caller=CITIZEN,
)
def open_surer_session_with_authenticator(request: Request, citizen: Citizen) -> Reply:
    """A new session in place of the one that a password opened, which ends. A code counts once."""
    return Reply(session_opened(step_up(request.cloud, citizen, request.body.code)), 201, headers=NO_STORE)
