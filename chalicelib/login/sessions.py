"""Sessions: opaque tokens, short, bound to the certificate that opened them, and ended at once on log-out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Problem
from chalicelib.login.certificate import Authenticated
from chalicelib.login.tables import SessionRow

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.aws.cloud import Cloud

OFFICER_LIFE = timedelta(minutes=30)
"""A registration officer's session, absolute: a desk that is left alone does not stay open."""

TOKEN_OCTETS = 32


class SessionRequired(Problem):
    """No session, or one that has ended, or one of another certificate."""

    slug = "session-required"
    status = 401
    title = "Log in first"


def open_session(cloud: Cloud, who: Authenticated, life: timedelta) -> tuple[str, datetime]:
    """A new session of an officer: its token, which is told once, and when it ends."""
    transaction = Transaction()
    opened = add_session(
        cloud,
        transaction,
        who.holder,
        life,
        certificate=who.thumbprint,
        certificate_id=who.certificate_id,
    )
    transaction.commit()
    return opened


def add_session(
    cloud: Cloud,
    transaction: Transaction,
    subject: str,
    life: timedelta,
    *,
    way: str = "",
    log_outs: int = 0,
    certificate: str = "",
    certificate_id: str = "",
    proves_identity: bool = False,
) -> tuple[str, datetime]:
    """A new session, in the transaction of the log-in: its token and when it ends."""
    now = cloud.now()
    token = base64.urlsafe_b64encode(cloud.entropy(TOKEN_OCTETS)).rstrip(b"=").decode()
    expires_at = now + life
    row = SessionRow(
        _token_id(token),
        subject=subject,
        certificate=certificate,
        certificate_id=certificate_id,
        way=way,
        log_outs=log_outs,
        proves_identity=proves_identity or None,
        opened_at=now,
        seen_at=now,
        expires_at=expires_at,
        expires=expires_at + timedelta(days=1),
    )
    transaction.put_new("session", row)
    details = {name: value for name, value in (("certificate", certificate_id), ("way", way)) if value}
    record(transaction, Event("session.opened", subject, subject, now, details=details), cloud.entropy(12))
    return token, expires_at


def current_session(cloud: Cloud, authorization: str, thumbprint: str) -> SessionRow:
    """The session of a bearer token, presented over the certificate that opened it, if one did.

    Raises:
        SessionRequired
    """
    row = presented_session(authorization, thumbprint)
    if row.ended_at or row.expires_at <= cloud.now():
        raise SessionRequired
    return row


def live_session(cloud: Cloud, session_id: str) -> SessionRow | None:
    """The session of this id (not token), if it has not ended."""
    row = SessionRow.find(session_id) if session_id else None
    if row is None or row.ended_at or row.expires_at <= cloud.now():
        return None
    return row


def end_session(cloud: Cloud, authorization: str, thumbprint: str) -> None:
    """Log out. Doing so twice is no error: the first answer may have been lost.

    Raises:
        SessionRequired
    """
    end(cloud, presented_session(authorization, thumbprint))


def end(cloud: Cloud, row: SessionRow) -> None:
    """End a session, if nobody has."""
    transaction = Transaction()
    add_end(cloud, transaction, row)
    with suppress(ConditionFailed):
        transaction.commit()


def add_end(cloud: Cloud, transaction: Transaction, row: SessionRow) -> None:
    """The end of a session that is live, with its event."""
    now = cloud.now()
    live = SessionRow.ended_at.does_not_exist()
    transaction.update("session before", row, [SessionRow.ended_at.set(now)], live)
    ended = Event("session.ended", row.subject, row.subject, now, details={"certificate": row.certificate_id})
    record(transaction, ended, cloud.entropy(12))


def presented(authorization: str) -> str:
    """The id of the session whose token an Authorization header holds.

    Raises:
        SessionRequired: it holds none.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 100:
        raise SessionRequired
    return _token_id(token)


def presented_session(authorization: str, thumbprint: str) -> SessionRow:
    """The session of a bearer token, live or not.

    Raises:
        SessionRequired
    """
    row = SessionRow.find(presented(authorization))
    if row is None or not hmac.compare_digest(row.certificate, thumbprint):
        raise SessionRequired
    return row


def _token_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
