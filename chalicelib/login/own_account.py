"""What a person does with the own account: who may, by the table of rights, and how fresh the log-in must be.

A session that was left open must not give an account away: what changes it asks for a log-in of the last
minutes (6.7).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.errors import Problem
from chalicelib.login.citizens import AssuranceTooLow, Citizen
from chalicelib.login.password import state_now
from chalicelib.login.proof_chain import proves_until
from chalicelib.login.trust_list import identify_certificate
from chalicelib.registry import states
from chalicelib.registry.accounts import ACTIVATION, PASSWORD
from chalicelib.registry.contact_data import What, begin_change, confirm_change, confirmed_before
from chalicelib.registry.cool_off import (
    NumberWaits,
    newest_app_cools,
    number_state,
    require_settled_telephone,
)
from chalicelib.registry.receipts import Receipt
from chalicelib.registry.registrations import Registered
from chalicelib.registry.renewal import RenewalRequest, renew
from chalicelib.registry.renunciation import renounce
from chalicelib.registry.rights import SERVICES, Right, Standing, right, rights

if TYPE_CHECKING:
    from cryptography import x509

    from chalicelib.aws.cloud import Cloud

FRESH: Final = timedelta(minutes=15)
"""How long after the log-in an account can be changed."""


class FreshLogInRequired(Problem):
    """6.7: before an address is changed or a registration ended, the person proves again who it is."""

    slug = "fresh-log-in-required"
    status = 403
    title = "Log in again first: this asks for a log-in of the last 15 minutes"


def standing_of(citizen: Citizen, now: datetime) -> Standing:
    """What the rules of rights look at."""
    account = citizen.account
    code = account.credentials.get(ACTIVATION)
    lasts = code is not None and (code.expires_at is None or code.expires_at >= now)
    return Standing(
        proofs=tuple(account.evidence),
        registered=account.registered,
        activation_code=lasts and account.credential(ACTIVATION) == states.ACTIVE,
        password=state_now(account.credentials.get(PASSWORD), now) == states.ACTIVE,
        assurance=citizen.assurance,
        way=str(citizen.session.way),
        settled=number_state(account, now) == states.SETTLED,
        apps_settled=not newest_app_cools(account, now),
        proves_until=proves_until(citizen),
    )


def what_can(cloud: Cloud, citizen: Citizen) -> list[Right]:
    """Every service, and whether this person may use it now (F02)."""
    now = cloud.now()
    return rights(standing_of(citizen, now), now)


def require(cloud: Cloud, citizen: Citizen, service: str) -> None:
    """Refuse what the table of rights does not give, and any change long after the log-in.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NumberWaits
    """
    now = cloud.now()
    found = right(SERVICES[service], standing_of(citizen, now), now)
    if found.missing == ("new-number",):
        require_settled_telephone(citizen.account, now)
    if not found.may:
        raise AssuranceTooLow("Missing: " + ", ".join(found.missing))
    if citizen.session.opened_at + FRESH <= now:
        raise FreshLogInRequired


def begin_own_change(cloud: Cloud, citizen: Citizen, what: What, typed: str) -> datetime:
    """Send a code to the person's new address.

    Raises:
        AssuranceTooLow, FreshLogInRequired, and the problems of begin_change.
    """
    require(cloud, citizen, f"change-{what}")
    return begin_change(cloud, citizen.account, what, typed)


def confirm_own_change(cloud: Cloud, citizen: Citizen, what: What, code: str) -> Receipt:
    """Take the person's new address into use. Sent again within the hour, another receipt.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NumberWaits, and the problems of confirm_change.
    """
    try:
        require(cloud, citizen, f"change-{what}")
    except NumberWaits:
        # It is the new number that waits, perhaps the one that this very request took into use.
        if (again := confirmed_before(cloud, citizen.account, what, code)) is None:
            raise
        return again
    return confirm_change(cloud, citizen.account, what, code)


def renew_own(
    cloud: Cloud, citizen: Citizen, certificate: x509.Certificate | None, request: RenewalRequest
) -> Registered:
    """Renew the registration with the e-ID in the connection; using it now is fresher than any log-in.

    Raises:
        The problems of identify_certificate and of renew.
    """
    return renew(cloud, citizen.account, identify_certificate(cloud, certificate), request)


def renounce_own(cloud: Cloud, citizen: Citizen) -> Receipt:
    """End the person's registration.

    Raises:
        AssuranceTooLow, FreshLogInRequired, MoveNotAllowed, Conflict
    """
    require(cloud, citizen, "renunciation")
    return renounce(cloud, citizen.account)
