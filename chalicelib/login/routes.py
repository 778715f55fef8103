"""Sessions over HTTP."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chalicelib.login.certificate import CertificateRefused, CertificateRequired
from chalicelib.login.officers import log_in, log_out
from chalicelib.login.sessions import SessionRequired
from chalicelib.registry.officers import OfficerSuspended
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("sessions")


class Session(msgspec.Struct):
    """A session that was opened."""

    token: str
    """Send it as `Authorization: Bearer ...`, over the same client certificate."""
    expires_at: datetime
    officer: str
    point: str


@routes.post(
    "/v1/officer-sessions",
    summary="Log in as a registration officer",
    answers={201: Session},
    problems=[CertificateRequired, CertificateRefused, OfficerSuspended],
)
def open_officer_session(request: Request) -> Reply:
    """Opens a session of 30 minutes for the officer whose client certificate the connection has."""
    officer, token, expires_at = log_in(request)
    session = Session(token, expires_at, officer.id, officer.row.point)
    return Reply(session, 201, headers={"Cache-Control": "no-store"})


@routes.delete(
    "/v1/officer-sessions/current",
    summary="Log out",
    answers={204: None},
    problems=[CertificateRequired, SessionRequired],
)
def close_officer_session(request: Request) -> Reply:
    """Ends the session that the request came with."""
    log_out(request)
    return Reply(status=204)
