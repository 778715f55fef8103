"""Citizens' sessions: one for all our services (C24), at most 12 hours and half an hour of silence (6.10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.login.sessions import (
    SessionRequired,
    add_session,
    current_session,
    end,
    presented,
    presented_session,
)
from chalicelib.login.tables import SessionRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import PASSWORD, REGISTRATION, Account, read_account
from chalicelib.registry.assurance import ASSURANCES, LOG_INS, Assurance, assurance
from chalicelib.web.request import Request
from chalicelib.web.routes import Caller

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

LIFE: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=30)
PASSWORD_WAYS: Final = "password"  # noqa: S105  # the beginning of names
"""How the names of the log-ins that take a password begin."""
NOTED_EVERY: Final = timedelta(minutes=5)
"""Use is written down this often: each request would cost a write."""


class AssuranceTooLow(Problem):
    """The session, or the registration behind it, is not sure enough for this."""

    slug = "assurance-too-low"
    status = 403
    title = "This needs a stronger log-in, or a stronger registration"


class Citizen(msgspec.Struct, frozen=True):
    """A registered person who is logged in."""

    account: Account
    session: SessionRow
    certificate: CertificateRow | None = None
    """The certificate of ours that opened the session, if one did."""

    @property
    def holder(self) -> str:
        return self.account.holder

    @property
    def assurance(self) -> Assurance:
        """min(proof, authentication), as of now: a withdrawn proof lowers the sessions that are open."""
        return assurance(self.account.level, self.session.way)

    def require(self, least: Assurance) -> None:
        """Refuse what is not sure enough.

        Raises:
            AssuranceTooLow
        """
        if ASSURANCES.index(self.assurance) < ASSURANCES.index(least):
            raise AssuranceTooLow


def add_citizen_session(
    cloud: Cloud,
    transaction: Transaction,
    account: Account,
    way: str,
    *,
    certificate_id: str = "",
    after: SessionRow | None = None,
    proves_identity: bool = False,
) -> tuple[str, datetime]:
    """A session, in the transaction of the log-in that earned it.

    Args:
        after: the one whose place it takes, and which it does not outlast: its log-in is no newer (6.10).
    """
    return add_session(
        cloud,
        transaction,
        account.holder,
        min(LIFE, after.expires_at - cloud.now()) if after is not None else LIFE,
        way=LOG_INS[way].name,
        log_outs=int(account.registration.log_outs) if account.registration else 0,
        certificate_id=certificate_id,
        proves_identity=proves_identity,
    )


def citizen_of(request: Request) -> Citizen:
    """The person of a live session.

    Raises:
        SessionRequired
    """
    cloud = request.cloud
    citizen = citizen_in(cloud, current_session(cloud, request.headers.get("authorization", ""), ""))
    session, now = citizen.session, cloud.now()
    if (session.seen_at or session.opened_at) + NOTED_EVERY <= now:
        change(session, [SessionRow.seen_at.set(now)], SessionRow.ended_at.does_not_exist())
    return citizen


def citizen_in(cloud: Cloud, session: SessionRow | None, read: CertificateRow | None = None) -> Citizen:
    """The person of a session as it was just read.

    Args:
        read: a certificate that the caller has read already, if it may be the one that opened the session.

    Raises:
        SessionRequired: it has ended, is idle too long, is no citizen's, or what it rests on does not stand.
    """
    now = cloud.now()
    if session is None or session.ended_at or session.expires_at <= now:
        raise SessionRequired
    if session.way not in LOG_INS or (session.seen_at or session.opened_at) + IDLE <= now:
        raise SessionRequired
    account = read_account(session.subject)
    certificate = _certificate_of(session, read)
    if not account.registered or _ended_by_account(account, session) or _ended_by(certificate, session):
        raise SessionRequired
    return Citizen(account, session, certificate)


def _ended_by(certificate: CertificateRow | None, session: SessionRow) -> bool:
    """Whether the certificate that opened a session was revoked or suspended since. Reinstating it opens
    nothing again: whoever had it meanwhile may have opened the session."""
    if certificate is None:
        return False
    lifted = certificate.lifted_at
    return not certificate.stands or (lifted is not None and session.opened_at <= lifted)


def _ended_by_account(account: Account, session: SessionRow) -> bool:
    """Whether the account says that a session is over: by a log-out everywhere, or because the password was
    set or removed since. It is said in the transaction of the change, so that no crash leaves one open."""
    known = account.registration
    if known is None or session.log_outs < known.log_outs:
        return True
    if known.logged_out_at is not None and session.opened_at < known.logged_out_at:
        return True
    removed = account.credential(PASSWORD) == states.ABSENT
    return removed and bool(session.way.startswith(PASSWORD_WAYS))


def _certificate_of(session: SessionRow, read: CertificateRow | None) -> CertificateRow | None:
    if read is not None and read.id == session.certificate_id:
        return read
    return CertificateRow.find(session.certificate_id) if session.certificate_id else None


def require_live(transaction: Transaction, citizen: Citizen, now: datetime) -> None:
    """Let a transaction succeed only while the session is live and the account just as it was read."""
    known = citizen.account.registration
    live = SessionRow.ended_at.does_not_exist() & (SessionRow.expires_at > now)
    transaction.check("session", SessionRow, citizen.session.id, live)
    unchanged = (RegistrationItem.state == states.REGISTERED) & (
        RegistrationItem.version == int(known.version if known else 0)
    )
    transaction.check("registration", RegistrationItem, citizen.holder, unchanged, REGISTRATION)


def require_registered(transaction: Transaction, account: Account) -> None:
    """Nobody logs in who renounces at the same moment, or whose number is stopped at it."""
    transaction.check("registration", RegistrationItem, account.holder, _as_read(account), REGISTRATION)


def _as_read(account: Account) -> Any:
    """Registered, and nothing about it changed since the account was read."""
    registered = RegistrationItem.state == states.REGISTERED
    if account.registration is None:
        return registered
    return registered & (RegistrationItem.version == int(account.registration.version))


def leaving(request: Request) -> SessionRow:
    """The citizen's session that a request came with, live or not: who logs out twice has lost an answer.

    Raises:
        SessionRequired
    """
    session = presented_session(request.headers.get("authorization", ""), "")
    if session.way not in LOG_INS:
        raise SessionRequired
    return session


def sessions_of(cloud: Cloud, account: Account) -> list[SessionRow]:
    """A person's live sessions, the newest first."""
    now = cloud.now()
    rows = listed(SessionRow.by_subject.query(account.holder, scan_index_forward=False, limit=100))
    return [
        row
        for row in rows
        if row.way
        and not row.ended_at
        and min(row.expires_at, (row.seen_at or row.opened_at) + IDLE) > now
        and not _ended_by_account(account, row)
    ]


def log_out_everywhere(
    cloud: Cloud, transaction: Transaction, account: Account, keep: SessionRow | None = None
) -> None:
    """End every session that was opened before this, with the event.

    The mark is in the account, which every request with a session reads: a session that an index does not
    show yet ends too, and one of this very second.

    Args:
        keep: the one that goes on.
    """
    now = cloud.now()
    actions: list[Any] = [RegistrationItem.log_outs.add(1)]
    if keep is None:
        actions.append(RegistrationItem.logged_out_at.set(now))
    else:
        live = SessionRow.ended_at.does_not_exist()
        transaction.update("session", keep, [SessionRow.log_outs.add(1)], live)
    transaction.update(
        "sessions",
        RegistrationItem(account.holder, REGISTRATION),
        actions,
        _as_read(account),
    )
    ended = Event("sessions.ended", account.holder, account.holder, now)
    record(transaction, ended, cloud.entropy(12))


def end_sessions(cloud: Cloud, rows: list[SessionRow]) -> None:
    """End these sessions one by one. Where the account says it already, so that each has its event."""
    for row in rows:
        end(cloud, row)


def session_presented(request: Request) -> str:
    """The id of the session whose token came, live or not: for what another function judges by itself.

    Raises:
        SessionRequired: no token came, or nothing that could be one.
    """
    return presented(request.headers.get("authorization", ""))


CITIZEN: Final = Caller(
    name="citizen", authenticate=citizen_of, schemes=("citizenSession",), problems=(SessionRequired,)
)
LEAVING: Final = Caller(
    name="citizen", authenticate=leaving, schemes=("citizenSession",), problems=(SessionRequired,)
)
CITIZEN_FORWARDED: Final = Caller(
    name="citizen", authenticate=session_presented, schemes=("citizenSession",), problems=(SessionRequired,)
)
"""The same, where the authority asks for the session itself and believes nobody who says to have seen it."""
