"""Step-up (2.3, X06): a code by text message makes a session that a password opened surer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.tables import Transaction
from chalicelib.codes.bound import spend
from chalicelib.codes.kinds import SMS_OTP
from chalicelib.login.challenges import STEP_UP, Challenge, LogInRefused, recipient, redeem, send_code
from chalicelib.login.citizens import AssuranceTooLow, Citizen, add_citizen_session, require_registered
from chalicelib.login.pin import LoggedIn
from chalicelib.login.sessions import add_end
from chalicelib.registry.assurance import LEVELS, LOG_INS
from chalicelib.registry.cool_off import require_settled

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

FROM, TO = "password", "password+otp"


def begin_step_up(cloud: Cloud, citizen: Citizen, *, source: str) -> Challenge:
    """A code by text message to whoever is logged in with a password and registered at the advanced level.

    Raises:
        AssuranceTooLow, NumberWaits, TooManyMessages, Conflict
    """
    require_password_session(citizen)
    require_settled(citizen.account, cloud.now())
    who, beside = citizen.holder, str(citizen.session.id)
    return send_code(
        cloud,
        STEP_UP,
        recipient(citizen.account, STEP_UP, cloud.now()),
        who=who,
        source=source,
        beside=beside,
    )


def step_up(cloud: Cloud, citizen: Citizen, request: str, otp: str, *, source: str) -> LoggedIn:
    """A surer session in place of this one; its token is new, so that one seen before opens nothing.

    Raises:
        AssuranceTooLow, NumberWaits, LogInRefused, TooManyTries, Conflict
    """
    require_password_session(citizen)
    require_settled(citizen.account, cloud.now())
    # Beside the code stands the session: a code is of use only to the session that asked for it.
    row = redeem(cloud, (STEP_UP,), request, otp, source=source, beside=str(citizen.session.id))
    if row.holder != citizen.holder:
        raise LogInRefused
    transaction = Transaction()
    spend(transaction, "code", row, SMS_OTP, cloud.now(), by="step-up")
    require_registered(transaction, citizen.account)
    add_end(cloud, transaction, citizen.session)
    token, expires_at = add_citizen_session(cloud, transaction, citizen.account, TO, after=citizen.session)
    transaction.commit_or_conflict()
    return LoggedIn(citizen.account, TO, token, expires_at)


def require_password_session(citizen: Citizen) -> None:
    """Refuse whoever has nothing to step up from, or is not registered at the level for it (2.3, X06).

    Raises:
        AssuranceTooLow
    """
    advanced = LEVELS.index(citizen.account.level) >= LEVELS.index(LOG_INS[TO].needs)
    if citizen.session.way != FROM or not advanced:
        raise AssuranceTooLow
