"""Registration officers log in: a client certificate opens a session, and both come with every request."""

from __future__ import annotations

from datetime import datetime

from chalicelib.login.certificate import (
    CertificateRefused,
    CertificateRequired,
    authenticate,
    thumbprint,
)
from chalicelib.login.sessions import (
    OFFICER_LIFE,
    SessionRequired,
    current_session,
    end_session,
    open_session,
)
from chalicelib.pki.catalogue import REGISTRATION_OFFICER
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.officers import Officer, OfficerSuspended
from chalicelib.registry.tables import OfficerRow
from chalicelib.web.request import Request
from chalicelib.web.routes import Caller


def log_in(request: Request) -> tuple[Officer, str, datetime]:
    """Open a session for the officer whose certificate came with the connection.

    Raises:
        CertificateRequired, CertificateRefused, OfficerSuspended
    """
    who = authenticate(request.cloud, request.client_certificate, REGISTRATION_OFFICER)
    officer = _officer(who.holder)
    token, expires_at = open_session(request.cloud, who, OFFICER_LIFE)
    return officer, token, expires_at


def log_out(request: Request) -> None:
    """End the session that the request came with."""
    end_session(request.cloud, *_presented(request))


def officer_of(request: Request) -> Officer:
    """The officer of a live session over the certificate that opened it.

    Raises:
        CertificateRequired, CertificateRefused, SessionRequired, OfficerSuspended
    """
    session = current_session(request.cloud, *_presented(request))
    certificate = CertificateRow.find(session.certificate_id)
    if certificate is None or not certificate.stands:
        raise CertificateRefused
    return _officer(session.subject, session.id)


def _presented(request: Request) -> tuple[str, str]:
    if request.client_certificate is None:
        raise CertificateRequired
    return request.headers.get("authorization", ""), thumbprint(request.client_certificate)


def _officer(holder: str, session: str = "") -> Officer:
    row = OfficerRow.find(holder.removeprefix("officer:"))
    if row is None or row.suspended_at or row.withdrawn_at:
        raise OfficerSuspended
    return Officer(row, session)


OFFICER = Caller(
    name="officer",
    authenticate=officer_of,
    schemes=("officerSession", "officerCertificate"),
    problems=(CertificateRequired, CertificateRefused, SessionRequired, OfficerSuspended),
)
