"""Registration with a certificate or an electronic identity card (C16, G07): advanced, at once.

The certificate says who it is; what it cannot say, how to reach the person, the person says. A certificate
proves an identity only if it was itself issued on a proof that was no certificate (X19, eIDAS art. 24(1a)).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict, Problem
from chalicelib.registry import people
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import read_account
from chalicelib.registry.contact import normalise_email, normalise_mobile
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.evidence import Language
from chalicelib.registry.identification import ConditionsNotAccepted, GuardianRequired
from chalicelib.registry.registration import CONDITIONS_VERSION, person_of
from chalicelib.registry.registrations import (
    Registered,
    Registrant,
    proven_before,
    register_person,
    repeat_registration,
)

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class ProofChainTooWeak(Problem):
    """It was issued on the strength of another certificate, or nobody says on what (X19)."""

    slug = "proof-chain-too-weak"
    status = 403
    title = "This certificate opens sessions, but it cannot prove an identity anew"


class DataDiffer(Problem):
    """A further proof does not change how a person is reached, nor who it is."""

    slug = "data-differ"
    status = 409
    title = "This differs from what is registered; change that first, or come to an office"


class CertificateHolder(msgspec.Struct, frozen=True):
    """Whom an accepted certificate names, and what it is good for."""

    nif: str
    given_name: str
    surnames: str
    """As the certificate has them: not every issuer says where the first one ends."""
    kind: str
    """`certificate` or `e-id`: the method of assurance.METHODS, and the way of assurance.LOG_INS."""
    issuer: str
    """The name of the trust list's entry."""
    serial: int
    thumbprint: str
    """SHA-256 of the certificate, hexadecimal: the evidence."""
    proves_identity: bool
    certificate_id: str = ""
    """Our own record of it, where it is ours."""
    birth_date: date | None = None
    """As an officer read it on a document; None where no officer of ours did."""


class CertificateRegistration(Struct, frozen=True, forbid_unknown_fields=True):
    """What the certificate does not say."""

    contrast: Contrast
    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    language: Language
    conditions_accepted: Annotated[str, Meta(min_length=1, max_length=40)]
    birth_date: date


def register_with_certificate(
    cloud: Cloud, who: CertificateHolder, request: CertificateRegistration
) -> Registered:
    """Register the holder, bring back one who renounced, or add the proof to a registration.

    Sent again within the hour it gives another receipt, with a fresh activation code, and adds nothing.

    Raises:
        ProofChainTooWeak, ConditionsNotAccepted, GuardianRequired, DataDiffer, PhoneTaken, Conflict,
        and the problems of the data.
    """
    require_proof(who)
    if request.conditions_accepted != CONDITIONS_VERSION:
        raise ConditionsNotAccepted(field="conditions_accepted")
    _check_age(cloud, request.birth_date)
    if who.birth_date not in (None, request.birth_date):
        raise DataDiffer(field="birth_date")  # a minor is no adult by saying so (X04)
    registrant = Registrant(
        nif=who.nif,
        given_name=people.normalise_name(who.given_name, field="certificate"),
        surname1=people.normalise_name(who.surnames, field="certificate"),
        surname2=None,
        birth_date=request.birth_date.isoformat(),
        contrast=contrast_digest(cloud, who.nif, request.contrast),
        mobile=normalise_mobile(request.mobile),
        email=normalise_email(request.email),
        language=request.language,
        conditions=request.conditions_accepted,
    )
    transaction = Transaction()
    holder = person_of(cloud, transaction, who.nif)
    account = read_account(holder)
    if account.registered and account.registration is not None:
        registrant = _as_registered(account.registration, registrant)
        if proven_before(cloud, account, who.kind, who.thumbprint):
            return repeat_registration(cloud, account, method=who.kind)
    try:
        return register_person(
            cloud,
            holder,
            registrant,
            method=who.kind,
            evidence=who.thumbprint,
            transaction=transaction,
            account=account,
        )
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def require_proof(who: CertificateHolder) -> None:
    """X19: refuse a certificate that was issued on the strength of a certificate.

    Raises:
        ProofChainTooWeak
    """
    if not who.proves_identity:
        raise ProofChainTooWeak


def _check_age(cloud: Cloud, birth_date: date) -> None:
    """A minor registers at an office, with father, mother or guardian (C09-C12)."""
    today = date_in_madrid(cloud.now())
    people.check_birth_date(birth_date, today)
    if people.age_on(today, birth_date) < people.ADULT:
        raise GuardianRequired("A minor registers at an office.", field="birth_date")


def _as_registered(known: RegistrationItem, stated: Registrant) -> Registrant:
    """A further proof keeps what is registered: how to reach a person has rules of its own (2.8).

    Raises:
        DataDiffer: naming the field.
    """
    for name in ("birth_date", "mobile", "email"):
        if getattr(known, name) != getattr(stated, name):
            raise DataDiffer(field=name)
    return Registrant(
        nif=stated.nif,
        # The names that an officer read on a document tell the surnames apart; a certificate's may not.
        given_name=known.given_name,
        surname1=known.surname1,
        surname2=known.surname2,
        birth_date=known.birth_date,
        contrast=stated.contrast,
        mobile=known.mobile,
        email=known.email,
        language=stated.language,
        conditions=stated.conditions,
    )
