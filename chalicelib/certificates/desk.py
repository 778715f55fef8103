"""The desk at a registration point (A31): search, and revocation in person or by phone, after a check.

Any officer whose point offers the service may revoke any citizen's certificate, because a citizen in
trouble goes to the nearest one; but only by naming the holder, and having checked that it is the holder
who asks (R27: a certificate's number alone revokes nothing).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, listed
from chalicelib.certificates.evidence import number_shown, recorded_value
from chalicelib.certificates.online_evidence import OnlineEvidence
from chalicelib.certificates.others import (
    ByGuardian,
    ByGuardianOnPhone,
    ByProxy,
    IdentityNotConfirmed,
    guardian_of,
    same_text,
)
from chalicelib.certificates.reaching import reach
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.sides import SIDES, SideMayNot
from chalicelib.certificates.suspension import lift, suspend
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict, Forbidden, NotFound, Problem
from chalicelib.pki.hold import Held, Lifted
from chalicelib.pki.issuance import Also, profiles
from chalicelib.pki.reasons import read_reason
from chalicelib.pki.revocation import Revoked
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.contact import MobileInvalid, normalise_mobile
from chalicelib.registry.documents import (
    Document,
    DocumentExpired,
    DocumentExpiryImplausible,
    DocumentNumberInvalid,
    NifInvalid,
    TravelDocumentRequired,
    check_in_force,
    normalise_document,
    normalise_nif,
)
from chalicelib.registry.guardianship import GuardianshipEnded
from chalicelib.registry.identification import ProxyPowerInsufficient
from chalicelib.registry.officers import HourlyCapReached, Officer, count_act
from chalicelib.registry.own_case import OwnCase, not_own
from chalicelib.registry.powers import PowerEnded, PowerSuspended, add_act, require_power
from chalicelib.registry.tables import PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


OF_THE_CHECK: Final[tuple[type[Problem], ...]] = (
    Forbidden,
    OwnCase,
    NotFound,
    NifInvalid,
    DocumentNumberInvalid,
    TravelDocumentRequired,
    MobileInvalid,
    IdentityNotConfirmed,
    GuardianshipEnded,
    PowerEnded,
    PowerSuspended,
    ProxyPowerInsufficient,
    DocumentExpired,
    DocumentExpiryImplausible,
    HourlyCapReached,
    Conflict,
)
"""What may be wrong with who asks, whatever it is that is asked."""


class InPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="channel", tag="in-person"):
    """The holder stands before the officer, with a document."""

    channel: ClassVar[str] = "in-person"
    service: ClassVar[str] = "revocation"
    document: Document


class ByPhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="channel", tag="phone"):
    """The holder calls, and answers what only the holder is likely to know together: the number and the
    address as registered or, of who is not, as given for the certificate."""

    channel: ClassVar[str] = "phone"
    service: ClassVar[str] = "phone"
    birth_date: date
    mobile: Annotated[str, Meta(min_length=6, max_length=31)] | None = None
    email: Annotated[str, Meta(min_length=3, max_length=254)] | None = None


Identity = InPerson | ByPhone | ByGuardian | ByGuardianOnPhone | ByProxy
"""Who asks, and how that was found out."""


class SuspensionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which certificate of whom is to be suspended, or reinstated, and how who asks was identified."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    issuer: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    serial: Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}$(?!\n)")]
    identity: Identity


class RevocationRequest(SuspensionRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same of a revocation, and why."""

    reason: Annotated[str, Meta(max_length=24, description="RFC 5280 name, such as keyCompromise.")]


def certificates_of(cloud: Cloud, officer: Officer, nif: str) -> list[CertificateRow]:
    """A person's certificates, the newest first; none for a stranger. The search itself is an event.

    Raises:
        NifInvalid, HourlyCapReached, Conflict
    """
    person = PersonRow.find(normalise_nif(nif))
    now = cloud.now()
    transaction = Transaction()
    who = str(person.id) if person else "person:unknown"
    count_act(transaction, officer, "searches", cloud.settings.officer_hourly_cap, now)
    record(transaction, Event("certificates.searched", who, officer.name, now), cloud.entropy(12))
    transaction.commit_or_conflict()
    if person is None:
        return []
    return listed(CertificateRow.by_holder.query(person.id, scan_index_forward=False, limit=50))


def revoke_for_holder(cloud: Cloud, officer: Officer, point_id: str, request: RevocationRequest) -> Revoked:
    """Revoke, once: who asks again is told the first date and reason.

    Raises:
        OwnCase
        NotFound: that person has no such certificate.
        ReasonNotAllowed, HourlyCapReached, Conflict, and what `_asked_by` raises.
    """
    row = _certificate(officer, request)
    side = SIDES[request.identity.channel]
    allowed = profiles(cloud)[row.profile.split("/")[0]].revocation_reasons
    reason = read_reason(request.reason, side.among(allowed))
    details, counted = _asked_by(cloud, officer, point_id, request, row)
    return revoke_certificate(cloud, row, reason, actor=officer.name, details=details, recording=counted)


def suspend_for_holder(cloud: Cloud, officer: Officer, point_id: str, request: SuspensionRequest) -> Held:
    """Suspend, once: who asks again is told since when and until when.

    Raises:
        OwnCase
        NotFound: that person has no such certificate.
        HoldNotAllowed, HeldLately, HourlyCapReached, Conflict, and what `_asked_by` raises.
    """
    row = _certificate(officer, request)
    details, counted = _asked_by(cloud, officer, point_id, request, row)
    return suspend(cloud, row, actor=officer.name, details=details, recording=counted)


def reinstate_for_holder(cloud: Cloud, officer: Officer, point_id: str, request: SuspensionRequest) -> Lifted:
    """Lift a suspension. Unlike what makes somebody safe, it takes a document that is in force.

    Raises:
        SideMayNot: it is not the holder in person who asks.
        OwnCase
        NotFound: that person has no such certificate.
        DocumentExpired, DocumentExpiryImplausible
        NotHeld, HourlyCapReached, Conflict, and what `_asked_by` raises.
    """
    if not SIDES[request.identity.channel].lifts:
        raise SideMayNot
    if isinstance(request.identity, InPerson):
        document = normalise_document(request.identity.document, field="identity.document")
        check_in_force(document, date_in_madrid(cloud.now()), field="identity.document")
    row = _certificate(officer, request)
    details, counted = _asked_by(cloud, officer, point_id, request, row)
    return lift(cloud, row, actor=officer.name, details=details, recording=counted)


def _certificate(officer: Officer, request: SuspensionRequest) -> CertificateRow:
    """The certificate, for an officer who is neither its holder nor who asks for it.

    Raises:
        OwnCase
        NotFound: that person has no such certificate.
    """
    nif = normalise_nif(request.nif)
    not_own(officer, nif, *_number_of(request.identity))
    person = PersonRow.find(nif)
    row = CertificateRow.find(f"{request.issuer}#{request.serial.lstrip('0')}")
    if person is None or row is None or row.holder != person.id:
        raise NotFound
    return row


def _number_of(identity: Identity) -> tuple[str, ...]:
    """What is on the document of who asks, as it was typed; the holder on the phone names none."""
    if isinstance(identity, InPerson | ByGuardian):
        return (identity.document.number,)
    if isinstance(identity, ByGuardianOnPhone):
        return (identity.document_number,)
    return (identity.deed.document.number,) if isinstance(identity, ByProxy) else ()


def _asked_by(
    cloud: Cloud, officer: Officer, point_id: str, request: SuspensionRequest, row: CertificateRow
) -> tuple[dict[str, str], Also]:
    """Who asks, as the event tells it, and what the transaction counts and notes of it.

    Raises:
        IdentityNotConfirmed
        GuardianshipEnded, PowerEnded, PowerSuspended, ProxyPowerInsufficient: of who asks for the holder.
    """
    identity, power = request.identity, None
    details = {"channel": identity.channel, "point": point_id}
    try:
        if isinstance(identity, ByProxy):
            power = require_power(cloud, str(row.holder), identity.deed, "revoke", field="identity.deed")
            details["power"] = str(power.row.id)
        elif isinstance(identity, ByGuardian | ByGuardianOnPhone):
            details["company"] = guardian_of(cloud, str(row.holder), identity)
        elif not _is_holder(request, row):
            raise IdentityNotConfirmed
    except (IdentityNotConfirmed, GuardianshipEnded, PowerEnded, PowerSuspended, ProxyPowerInsufficient):
        _note_failed_check(cloud, officer, row)
        raise

    def counted(transaction: Transaction, _: CertificateRow) -> None:
        cap = cloud.settings.officer_hourly_cap
        count_act(transaction, officer, "revocations", cap, cloud.now())
        if power is not None:
            add_act(cloud, transaction, power, "revoke", officer.name, about=f"certificate:{row.id}")

    return details, counted


def _is_holder(request: SuspensionRequest, row: CertificateRow) -> bool:
    return CHECKS[type(request.identity)](request, row)


def _document_is_the_holders(request: SuspensionRequest, row: CertificateRow) -> bool:
    """The number on the document is the holder's. An expired one still shows who wants to be safe."""
    if not isinstance(request.identity, InPerson):
        return False
    document = normalise_document(request.identity.document)
    numbers, value = [normalise_nif(request.nif)], recorded_value(str(row.evidence))
    if value is not None and not isinstance(value, OnlineEvidence):  # on line nobody saw a document
        numbers.append(number_shown(value))
    return any(same_text(document.number, number) for number in numbers)


def _answers_are_the_holders(request: SuspensionRequest, row: CertificateRow) -> bool:
    """By what is registered now, if anything is: the number and the mailbox of before may be anybody's."""
    identity = request.identity
    known = reach(str(row.holder), str(row.evidence)).known
    if known is None or not isinstance(identity, ByPhone):
        return False
    return answers_fit(identity, known.birth_date, known.mobile or "", known.email)


def answers_fit(identity: ByPhone, birth_date: date | None, mobile: str, email: str) -> bool:
    """Whether a caller tells what is known: the date of birth, and at least one address."""
    told = [identity.birth_date == birth_date]
    if identity.mobile is not None:
        told.append(same_text(normalise_mobile(identity.mobile), mobile))
    if identity.email is not None:
        told.append(same_text(identity.email.strip().lower(), email.lower()))
    return len(told) > 1 and all(told)


CHECKS: dict[type, Callable[[SuspensionRequest, CertificateRow], bool]] = {
    InPerson: _document_is_the_holders,
    ByPhone: _answers_are_the_holders,
}


def _note_failed_check(cloud: Cloud, officer: Officer, row: CertificateRow) -> None:
    """A failed check is an act like any other: it is recorded, and counts for the cap."""
    now = cloud.now()
    transaction = Transaction()
    count_act(transaction, officer, "revocations", cloud.settings.officer_hourly_cap, now)
    event = Event("revocation.identity-not-confirmed", f"certificate:{row.id}", officer.name, now)
    record(transaction, event, cloud.entropy(12))
    transaction.commit_or_conflict()
