"""Identification in person at a registration point: from what the officer saw to evidence, by rules.

The evidence is what a generation code is granted on (A16) and what a certificate is made from. The rules
run over evidence, not over the request, so that the authority can ask again whether stored evidence
justifies a certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import structs

from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.registry import contact, people
from chalicelib.registry.documents import KINDS, Document, check_in_force, normalise_document, normalise_nif
from chalicelib.registry.evidence import (
    Act,
    DataChange,
    Evidence,
    Guardian,
    HolderPresence,
    IdentificationRequest,
    Power,
    ProxyPresence,
    Service,
)


class DocumentNifMismatch(Problem):
    """A DNI, NIE or driving licence bears the holder's own number."""

    slug = "document-nif-mismatch"
    status = 422
    title = "The document bears another number than the NIF"


class TooYoung(Problem):
    """A04, X04: fourteen on the day of the identification."""

    slug = "too-young"
    status = 422
    title = "Nobody under 14 can have a certificate"


class GuardianRequired(Problem):
    """X04: from 14 to 17 somebody with parental authority comes along."""

    slug = "guardian-required"
    status = 422
    title = "A minor needs father, mother or guardian present"


class GuardianNotApplicable(Problem):
    """Data of a guardian is not kept where none is needed."""

    slug = "guardian-not-applicable"
    status = 422
    title = "An adult or emancipated person acts alone"


class ConsentRequired(Problem):
    """X04: presence without consent is not enough."""

    slug = "consent-required"
    status = 422
    title = "Father, mother or guardian must consent"


class EmancipationNotApplicable(Problem):
    """Emancipation is possible from 16 and pointless from 18."""

    slug = "emancipation-not-applicable"
    status = 422
    title = "Only somebody of 16 or 17 years can be emancipated"


class DniRequired(Problem):
    """C13: a Spanish child under 14 need not have a DNI, and is not registered without one."""

    slug = "dni-required"
    status = 422
    title = "A Spanish child under 14 is registered with the own DNI"


class ProxyPowerInsufficient(Problem):
    """A27: the power must be in force and name the certificate expressly."""

    slug = "proxy-power-insufficient"
    status = 422
    title = "The power of attorney does not allow this"


class ProxyNotAllowed(Problem):
    """A minor and the guardian come in person."""

    slug = "proxy-not-allowed"
    status = 422
    title = "Nobody can be represented in this case"


class ChangeEmpty(Problem):
    """A change of data says which."""

    slug = "change-empty"
    status = 422
    title = "Say what has changed: the name, with the document that shows it, or the address"


class SamePerson(Problem):
    """Guardian or proxy is not the holder."""

    slug = "same-person"
    status = 422
    title = "Two different people must be named"


class MobileRequired(Problem):
    """A18: a code by text message needs a number."""

    slug = "mobile-required"
    status = 422
    title = "A text message needs a mobile number"


class ConditionsNotAccepted(Problem):
    """The version that was signed is the one in force."""

    slug = "conditions-not-accepted"
    status = 422
    title = "The conditions in force must be accepted"


class Case(msgspec.Struct, frozen=True):
    """Evidence beside what it is judged against."""

    evidence: Evidence
    day: date
    conditions_version: str

    @property
    def age(self) -> int:
        return people.age_on(self.day, self.evidence.birth_date)

    @property
    def needs_guardian(self) -> bool:
        return self.age < people.ADULT and self.evidence.emancipated is None


def conditions_are_accepted(case: Case) -> None:
    if case.evidence.conditions_accepted != case.conditions_version:
        raise ConditionsNotAccepted("Show and sign the version in force.", field="conditions_accepted")


def document_is_in_force(case: Case) -> None:
    check_in_force(case.evidence.document, case.day)


def document_matches_nif(document: Document, nif: str) -> None:
    if KINDS[document.kind].number_is_nif and document.number != nif:
        raise DocumentNifMismatch(field="nif")


def document_bears_the_nif(case: Case) -> None:
    document_matches_nif(case.evidence.document, case.evidence.nif)


def birth_date_is_possible(case: Case) -> None:
    people.check_birth_date(case.evidence.birth_date, case.day)


def holder_is_old_enough(case: Case) -> None:
    if case.age < people.YOUNGEST:  # A04, X04
        raise TooYoung(field="birth_date")


def emancipation_is_possible(case: Case) -> None:
    # Civil Code art. 241 and 244: from 16; and from 18 there is nothing left to emancipate.
    if case.evidence.emancipated and not people.YOUNGEST_EMANCIPATED <= case.age < people.ADULT:
        raise EmancipationNotApplicable(field="emancipated")


def guardian_is_there_when_needed(case: Case) -> None:
    if case.needs_guardian and case.evidence.guardian is None:  # X04
        raise GuardianRequired(field="guardian")
    if case.evidence.guardian and not case.needs_guardian:
        # Data about somebody who has no part in this must not be kept (GDPR art. 5.1.c).
        raise GuardianNotApplicable(field="guardian")


def guardian_consents(case: Case) -> None:
    guardian = case.evidence.guardian
    if guardian is None:
        return
    if not guardian.consent:
        raise ConsentRequired(field="guardian.consent")
    check_in_force(guardian.document, case.day, field="guardian.document")
    if _names_the_holder(guardian.document, case.evidence):
        raise SamePerson("A minor cannot be the own guardian.", field="guardian.document.number")


def proxy_is_allowed(case: Case) -> None:
    # A minor's guardian must be present (X04), and consents in person: neither can be delegated.
    if isinstance(case.evidence.presence, ProxyPresence) and case.needs_guardian:
        raise ProxyNotAllowed("A minor comes in person, with father, mother or guardian.", field="presence")


def proxy_is_somebody_else(case: Case) -> None:
    proxy = case.evidence.presence
    if not isinstance(proxy, ProxyPresence):
        return
    check_in_force(proxy.document, case.day, field="presence.document")
    if _names_the_holder(proxy.document, case.evidence):
        raise SamePerson("The holder who is present needs no proxy.", field="presence.document.number")


def proxy_has_the_power(case: Case) -> None:
    proxy = case.evidence.presence
    if not isinstance(proxy, ProxyPresence):
        return
    power = proxy.power
    require_scope(power, "obtain", case.day, field="presence.power")
    if power.granted_on < case.evidence.birth_date:
        raise ProxyPowerInsufficient(
            "It is older than the person who gave it.", field="presence.power.granted_on"
        )


def require_scope(power: Power, act: Act, day: date, *, field: str = "power") -> None:
    """Refuse what a power does not allow on a day (A27): each act is looked at by itself.

    Raises:
        ProxyPowerInsufficient
    """
    if not power.names_certificate:  # expressly
        raise ProxyPowerInsufficient(
            "It must expressly authorise obtaining the digital certificate.",
            field=f"{field}.names_certificate",
        )
    if act not in power.scope:
        raise ProxyPowerInsufficient("It does not name this act.", field=f"{field}.scope")
    if power.granted_on > day:
        raise ProxyPowerInsufficient("It is dated in the future.", field=f"{field}.granted_on")
    if power.expires_on is not None and power.expires_on < day:
        raise ProxyPowerInsufficient("It has expired.", field=f"{field}.expires_on")


def change_says_what(case: Case) -> None:
    change = case.evidence.changes
    if change is not None and change.name_document is None and change.email_before is None:
        raise ChangeEmpty(field="changes")


def code_can_be_delivered(case: Case) -> None:
    if case.evidence.delivery == "sms" and case.evidence.mobile is None:  # A18
        raise MobileRequired("Give a mobile number, or choose paper.", field="mobile")


def holder_is_present(case: Case) -> None:
    # C12, C28: registration admits no representation at all, not even by notarial power (X07).
    if isinstance(case.evidence.presence, ProxyPresence):
        raise ProxyNotAllowed("The person concerned is always present.", field="presence")


def mobile_is_there(case: Case) -> None:
    if case.evidence.mobile is None:  # 2.18
        raise MobileRequired("Registration needs a mobile number.", field="mobile")


def child_shows_the_own_dni(case: Case) -> None:
    # C13; a passport or licence would do from 14 on, and foreign children have the documents of their NIE.
    spanish = case.evidence.nif[0] not in "XYZ"
    if case.age < people.YOUNGEST and spanish and case.evidence.document.kind != "dni":
        raise DniRequired(field="document.kind")


ABOUT_THE_HOLDER: Final = (
    conditions_are_accepted,
    document_is_in_force,
    document_bears_the_nif,
    birth_date_is_possible,
)
ABOUT_MINORS: Final = (emancipation_is_possible, guardian_is_there_when_needed, guardian_consents)

CHECKS: Final[Mapping[str, tuple[Callable[[Case], None], ...]]] = MappingProxyType(
    {
        "certificate": (
            *ABOUT_THE_HOLDER,
            holder_is_old_enough,
            *ABOUT_MINORS,
            proxy_is_allowed,
            proxy_is_somebody_else,
            proxy_has_the_power,
            change_says_what,
            code_can_be_delivered,
        ),
        # C09-C13: at any age, a minor with a guardian whose authority is shown.
        "registration": (
            *ABOUT_THE_HOLDER,
            holder_is_present,
            child_shows_the_own_dni,
            *ABOUT_MINORS,
            change_says_what,
            mobile_is_there,
        ),
    }
)
"""What is asked of an identification, by the service that it is for."""


def identify(
    request: IdentificationRequest,
    *,
    officer_id: str,
    point_id: str,
    now: datetime,
    conditions_version: str,
    service: Service = "certificate",
) -> Evidence:
    """The evidence of an identification that obeys every rule of its service, or the first problem found."""
    evidence = Evidence(
        document=normalise_document(request.document),
        nif=normalise_nif(request.nif),
        given_name=people.normalise_name(request.given_name, field="given_name"),
        surname1=people.normalise_name(request.surname1, field="surname1"),
        surname2=people.optional_name(request.surname2, field="surname2"),
        birth_date=request.birth_date,
        email=contact.normalise_email(request.email),
        mobile=None if request.mobile is None else contact.normalise_mobile(request.mobile),
        delivery=request.delivery,
        language=request.language,
        presence=_normalise_presence(request.presence),
        guardian=None if request.guardian is None else normalise_guardian(request.guardian),
        emancipated=request.emancipated,
        conditions_accepted=request.conditions_accepted,
        purpose=request.purpose,
        changes=_normalise_change(request.changes),
        officer_id=officer_id,
        point_id=point_id,
        identified_at=now.astimezone(UTC).replace(microsecond=0),
        service=service,
    )
    _run_checks(Case(evidence, date_in_madrid(now), conditions_version))
    return evidence


def recheck(evidence: Evidence) -> None:
    """Refuse evidence that did not justify its service on the day it was taken."""
    _run_checks(Case(evidence, date_in_madrid(evidence.identified_at), evidence.conditions_accepted))


def _run_checks(case: Case) -> None:
    for check in CHECKS[case.evidence.service]:
        check(case)


def _normalise_change(change: DataChange | None) -> DataChange | None:
    if change is None or change.email_before is None:
        return change
    before = contact.normalise_email(change.email_before, field="changes.email_before")
    return structs.replace(change, email_before=before)


def _normalise_presence(presence: HolderPresence | ProxyPresence) -> HolderPresence | ProxyPresence:
    if isinstance(presence, HolderPresence):
        return presence
    return structs.replace(
        presence,
        given_name=people.normalise_name(presence.given_name, field="presence.given_name"),
        surname1=people.normalise_name(presence.surname1, field="presence.surname1"),
        surname2=people.optional_name(presence.surname2, field="presence.surname2"),
        document=normalise_document(presence.document, field="presence.document"),
        power=normalise_power(presence.power, field="presence.power"),
    )


def normalise_power(power: Power, *, field: str = "power") -> Power:
    """What is said of a deed, in one spelling."""
    scope = tuple(sorted(set(power.scope), key=("obtain", "collect-code", "revoke").index))
    notary = people.normalise_name(power.notary, field=f"{field}.notary")
    return structs.replace(power, notary=notary, scope=scope)


def normalise_guardian(guardian: Guardian) -> Guardian:
    """What is said of a guardian, in one spelling."""
    return structs.replace(
        guardian,
        given_name=people.normalise_name(guardian.given_name, field="guardian.given_name"),
        surname1=people.normalise_name(guardian.surname1, field="guardian.surname1"),
        surname2=people.optional_name(guardian.surname2, field="guardian.surname2"),
        document=normalise_document(guardian.document, field="guardian.document"),
    )


def _names_the_holder(document: Document, evidence: Evidence) -> bool:
    return document.number in (evidence.nif, evidence.document.number)
