"""Citizens' log-in with PIN or certificate, and their sessions, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.aws.tables import Transaction
from chalicelib.codes.store import TooManyTries
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.challenges import LogInRefused
from chalicelib.login.citizen_certificate import NotRegistered, log_in_with_certificate
from chalicelib.login.citizens import (
    CITIZEN,
    LEAVING,
    Citizen,
    end_sessions,
    log_out_everywhere,
    sessions_of,
)
from chalicelib.login.pin import PersonalPartInvalid, log_in_with_pin, request_pin
from chalicelib.login.sending import TooManyMessages
from chalicelib.login.session_models import (
    NO_STORE,
    CitizenSession,
    CodeSent,
    Nif,
    Otp,
    RequestId,
    acr,
    code_sent,
    session_opened,
)
from chalicelib.login.sessions import end
from chalicelib.login.tables import SessionRow
from chalicelib.login.trust_list import PROBLEMS as TRUST_PROBLEMS
from chalicelib.registry.assurance import LOG_INS, assurance
from chalicelib.registry.contrast import Contrast, ContrastInvalid
from chalicelib.registry.documents import NifInvalid
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("citizens-sessions")

Personal = Annotated[str, Meta(min_length=4, max_length=4, description="Four letters or digits of your own.")]


class PinRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever has this number and this document asks for a PIN."""

    nif: Nif
    contrast: Contrast
    personal: Personal | None = None
    via: Annotated[
        Literal["sms", "app"],
        Meta(description="By text message if there is no app; offer it when none has come in a minute."),
    ] = "sms"


class PinLogIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The PIN, with the personal part if one was chosen."""

    request: RequestId
    pin: Otp
    personal: Personal | None = None


class OpenSession(Struct):
    """One of the sessions in which a person is logged in."""

    id: str
    current: bool
    way: str
    assurance: str
    acr: str
    amr: list[str]
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime


class OpenSessions(Struct):
    """All of them, the newest first."""

    sessions: list[OpenSession]


class LoggedOut(Struct):
    """That a session was ended, and what else to do."""

    advice: str
    """`close-browser` after a log-in with certificate: the browser would present it again (P09). Or empty."""


@routes.post(
    "/v1/pins",
    summary="Ask for a PIN by text message or in the app",
    body=PinRequest,
    answers={202: CodeSent},
    problems=[NifInvalid, ContrastInvalid, PersonalPartInvalid, TooManyMessages, Conflict],
)
def ask_for_pin(request: Request) -> Reply:
    """The answer is the same whether or not there is such a person. A new PIN voids the one before."""
    body: PinRequest = request.body
    app = body.via == "app"
    sent = request_pin(request.cloud, body.nif, body.contrast, body.personal, source=request.source, app=app)
    return Reply(code_sent(sent), 202, headers=NO_STORE)


@routes.post(
    "/v1/sessions/pin",
    summary="Log in with a PIN",
    body=PinLogIn,
    answers={201: CitizenSession},
    problems=[LogInRefused, PersonalPartInvalid, TooManyTries, Conflict],
)
def open_session_with_pin(request: Request) -> Reply:
    """Opens a session for all services; the PIN is spent."""
    body: PinLogIn = request.body
    opened = log_in_with_pin(request.cloud, body.request, body.pin, body.personal, source=request.source)
    return Reply(session_opened(opened), 201, headers=NO_STORE)


@routes.post(
    "/v1/sessions/certificate",
    summary="Log in with a certificate",
    answers={201: CitizenSession},
    problems=[*TRUST_PROBLEMS, NotRegistered, Conflict],
)
def open_session_with_certificate(request: Request) -> Reply:
    """Opens a session for the holder of the client certificate of the connection."""
    return Reply(
        session_opened(log_in_with_certificate(request.cloud, request.client_certificate)),
        201,
        headers=NO_STORE,
    )


@routes.get(
    "/v1/me/sessions",
    summary="Where I am logged in",
    answers={200: OpenSessions},
    caller=CITIZEN,
)
def list_my_sessions(request: Request, citizen: Citizen) -> Reply:
    """The sessions that are open now."""
    rows = sessions_of(request.cloud, citizen.account)
    return Reply(OpenSessions([_shown(row, citizen) for row in rows]), headers=NO_STORE)


@routes.delete(
    "/v1/me/sessions/current",
    summary="Log out",
    answers={200: LoggedOut},
    caller=LEAVING,
)
def close_my_session(request: Request, session: SessionRow) -> Reply:
    """Ends the session that the request came with. Sent again, it answers the same."""
    end(request.cloud, session)
    with_certificate = session.way in {"certificate", "e-id"}
    return Reply(LoggedOut("close-browser" if with_certificate else ""), headers=NO_STORE)


@routes.delete(
    "/v1/me/sessions/{session}",
    summary="End one of my sessions",
    answers={204: None},
    problems=[NotFound],
    caller=CITIZEN,
)
def close_one_session(request: Request, citizen: Citizen) -> Reply:
    """Ends a session by its id, on whichever device it is."""
    mine = sessions_of(request.cloud, citizen.account)
    wanted = [row for row in mine if row.id == request.path["session"]]
    if not wanted:
        raise NotFound
    end_sessions(request.cloud, wanted)
    return Reply(status=204)


@routes.delete(
    "/v1/me/sessions",
    summary="Log out everywhere",
    answers={204: None},
    problems=[Conflict],
    caller=CITIZEN,
)
def close_all_sessions(request: Request, citizen: Citizen) -> Reply:
    """Ends all my sessions, this one too."""
    transaction = Transaction()
    log_out_everywhere(request.cloud, transaction, citizen.account)
    transaction.commit_or_conflict()
    end_sessions(request.cloud, [citizen.session, *sessions_of(request.cloud, citizen.account)])
    return Reply(status=204)


def _shown(row: SessionRow, citizen: Citizen) -> OpenSession:
    sure = assurance(citizen.account.level, row.way)
    return OpenSession(
        id=row.id,
        current=row.id == citizen.session.id,
        way=row.way,
        assurance=sure,
        acr=acr(sure),
        amr=list(LOG_INS[row.way].amr),
        opened_at=row.opened_at,
        seen_at=row.seen_at or row.opened_at,
        expires_at=row.expires_at,
    )
