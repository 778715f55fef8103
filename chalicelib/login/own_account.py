"""What a person does with the own account: who may, by the table of rights, and how fresh the log-in must be.

A session that was left open must not give an account away: what changes it asks for a log-in of the last
minutes (6.7).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509

from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.login.citizens import AssuranceTooLow, Citizen
from chalicelib.login.password import state_now
from chalicelib.login.proof_chain import proves_until
from chalicelib.login.trust_list import identify_certificate
from chalicelib.pki.names import natural_person_subject, same_person
from chalicelib.registry import states
from chalicelib.registry.accounts import ACTIVATION, PASSWORD, Account
from chalicelib.registry.contact_data import What, begin_change, confirm_change, confirmed_before
from chalicelib.registry.cool_off import (
    NumberWaits,
    newest_app_cools,
    number_state,
    require_settled_telephone,
)
from chalicelib.registry.identification import GuardianRequired
from chalicelib.registry.names_in_force import registered_name
from chalicelib.registry.people import is_adult
from chalicelib.registry.receipts import Receipt
from chalicelib.registry.registrations import Registered
from chalicelib.registry.renewal import RenewalRequest, renew
from chalicelib.registry.renunciation import renounce
from chalicelib.registry.rights import SERVICES, Right, Standing, right, rights

if TYPE_CHECKING:
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
        of_age=of_age(account, now),
        one_name=under_one_name(citizen),
    )


def under_one_name(citizen: Citizen) -> bool:
    """Whether the certificate of ours that opened the session names the person as the registration does.
    Where it does not, one of the two is no longer true."""
    known, certificate = citizen.account.registration, citizen.certificate
    if known is None or certificate is None or certificate.holder != citizen.holder:
        return True
    subject = x509.load_der_x509_certificate(certificate.der).subject
    return same_person(subject, natural_person_subject(registered_name(known)))


def of_age(account: Account, now: datetime) -> bool:
    """Whether nobody need come along. Who is emancipated shows the deed at an office, each time (X04)."""
    known = account.registration
    return known is not None and is_adult(date.fromisoformat(known.birth_date), date_in_madrid(now))


def what_can(cloud: Cloud, citizen: Citizen) -> list[Right]:
    """Every service, and whether this person may use it now (F02)."""
    now = cloud.now()
    return rights(standing_of(citizen, now), now)


def require(cloud: Cloud, citizen: Citizen, service: str) -> None:
    """Refuse what the table of rights does not give, and any change long after the log-in.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NumberWaits, GuardianRequired
    """
    now = cloud.now()
    found = right(SERVICES[service], standing_of(citizen, now), now)
    if found.missing == ("new-number",):
        require_settled_telephone(citizen.account, now)
    if "of-age" in found.missing:
        raise GuardianRequired("A minor comes to an office for this.")
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
