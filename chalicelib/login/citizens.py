"""Citizens' sessions: one for all our services (C24), at most 12 hours and half an hour of silence (6.10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.login.sessions import (
    SessionRequired,
    add_session,
    current_session,
    end_session,
    presented,
)
from chalicelib.login.tables import SessionRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION, Account, read_account
from chalicelib.registry.assurance import ASSURANCES, LOG_INS, Assurance, assurance
from chalicelib.web.request import Request
from chalicelib.web.routes import Caller

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

LIFE: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=30)
NOTED_EVERY: Final = timedelta(minutes=5)
"""Use is written down this often: each request would cost a write."""


class AssuranceTooLow(Problem):
    """The session, or the registration behind it, is not sure enough for this."""

    slug = "assurance-too-low"
    status = 403
    title = "This needs a stronger log-in, or a stronger registration"


@dataclass(frozen=True)
class Citizen:
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
    proves_identity: bool = False,
) -> tuple[str, datetime]:
    """A session, in the transaction of the log-in that earned it."""
    return add_session(
        cloud,
        transaction,
        account.holder,
        LIFE,
        way=LOG_INS[way].name,
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
    revoked = certificate is not None and certificate.revoked_at is not None
    if not account.registered or _logged_out_since(account, session) or revoked:
        raise SessionRequired
    return Citizen(account, session, certificate)


def _logged_out_since(account: Account, session: SessionRow) -> bool:
    ended = account.registration.logged_out_at if account.registration else None
    return ended is not None and session.opened_at < ended


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
    """Nobody logs in who renounces at the same moment."""
    registered = RegistrationItem.state == states.REGISTERED
    transaction.check("registration", RegistrationItem, account.holder, registered, REGISTRATION)


def log_out(request: Request) -> None:
    """End the session that the request came with."""
    end_session(request.cloud, request.headers.get("authorization", ""), "")


def sessions_of(cloud: Cloud, holder: str) -> list[SessionRow]:
    """A person's live sessions, the newest first."""
    now = cloud.now()
    rows = listed(SessionRow.by_subject.query(holder, scan_index_forward=False, limit=100))
    return [
        row
        for row in rows
        if row.way and not row.ended_at and min(row.expires_at, (row.seen_at or row.opened_at) + IDLE) > now
    ]


def log_out_everywhere(cloud: Cloud, transaction: Transaction, account: Account) -> None:
    """End every session that was opened before this second, with the event.

    The mark is in the account, which every request with a session reads: a session that an index does not
    show yet ends too.
    """
    now = cloud.now()
    transaction.update(
        "sessions",
        RegistrationItem(account.holder, REGISTRATION),
        [RegistrationItem.logged_out_at.set(now)],
        RegistrationItem.state == states.REGISTERED,
    )
    ended = Event("sessions.ended", account.holder, account.holder, now)
    record(transaction, ended, cloud.entropy(12))


def end_sessions(cloud: Cloud, rows: list[SessionRow]) -> None:
    """End these sessions one by one: those of this very second, and for the list of them."""
    now = cloud.now()
    for row in rows:
        change(row, [SessionRow.ended_at.set(now)], SessionRow.ended_at.does_not_exist())


def session_presented(request: Request) -> str:
    """The id of the session whose token came, live or not: for what another function judges by itself.

    Raises:
        SessionRequired: no token came, or nothing that could be one.
    """
    return presented(request.headers.get("authorization", ""))


CITIZEN: Final = Caller(
    name="citizen", authenticate=citizen_of, schemes=("citizenSession",), problems=(SessionRequired,)
)

CITIZEN_FORWARDED: Final = Caller(
    name="citizen", authenticate=session_presented, schemes=("citizenSession",), problems=(SessionRequired,)
)
"""The same, where the authority asks for the session itself and believes nobody who says to have seen it."""
