"""Citizens' sessions: one for all our services (C24), at most 12 hours and half an hour of silence (6.10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.login.sessions import SessionRequired, add_session, current_session, end_session
from chalicelib.login.tables import SessionRow
from chalicelib.registry.accounts import Account, read_account
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
    cloud: Cloud, transaction: Transaction, account: Account, way: str, *, certificate_id: str = ""
) -> tuple[str, datetime]:
    """A session, in the transaction of the log-in that earned it."""
    return add_session(
        cloud, transaction, account.holder, LIFE, way=LOG_INS[way].name, certificate_id=certificate_id
    )


def citizen_of(request: Request) -> Citizen:
    """The person of a live session.

    Raises:
        SessionRequired
    """
    cloud = request.cloud
    session = current_session(cloud, request.headers.get("authorization", ""), "")
    now = cloud.now()
    seen = session.seen_at or session.opened_at
    if session.way not in LOG_INS or seen + IDLE <= now:
        raise SessionRequired
    account = read_account(session.subject)
    if not account.registered:
        raise SessionRequired
    if seen + NOTED_EVERY <= now:
        change(session, [SessionRow.seen_at.set(now)], SessionRow.ended_at.does_not_exist())
    return Citizen(account, session)


def log_out(request: Request) -> None:
    """End the session that the request came with."""
    end_session(request.cloud, request.headers.get("authorization", ""), "")


def sessions_of(cloud: Cloud, holder: str) -> list[SessionRow]:
    """A person's live sessions, the newest first."""
    now = cloud.now()
    rows = listed(SessionRow.by_subject.query(holder, scan_index_forward=False, limit=100))
    return [row for row in rows if row.way and not row.ended_at and row.expires_at > now]


CITIZEN: Final = Caller(
    name="citizen", authenticate=citizen_of, schemes=("citizenSession",), problems=(SessionRequired,)
)
