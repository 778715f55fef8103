"""A certificate for somebody who is logged in (A08), or in place of one that expires (A28 to A30).

This is the authority's side. It is told a session and a key, and believes nothing else of its caller: that
the session is live, how it was opened and by what certificate, what that proves (X19), the renewal period
and the holder's data it reads for itself, and the transaction that reserves the serial number succeeds only
while all of it is still so.
"""

from __future__ import annotations

import base64
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from cryptography import x509

from chalicelib.aws.tables import ConditionFailed, Transaction, find_together
from chalicelib.certificates.data_change import FORMER_ADDRESS, readdressed_until
from chalicelib.certificates.emergency.code import renew_code
from chalicelib.certificates.evidence import EvidenceRefused, person_name
from chalicelib.certificates.fees import settle_fee
from chalicelib.certificates.issued import answer, tell_holder
from chalicelib.certificates.online_evidence import OnlineEvidence
from chalicelib.certificates.renewal import (
    NEXT,
    DataChanged,
    require_given_up,
    require_renewable,
    require_same_person,
)
from chalicelib.certificates.superseding import supersede
from chalicelib.certificates.tables import ApplicationRow
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import Citizen, citizen_in, require_live
from chalicelib.login.own_account import require, under_one_name
from chalicelib.login.proof_chain import CERTIFICATE, E_ID, Proven, log_in_proves
from chalicelib.login.sessions import SessionRequired
from chalicelib.login.tables import SessionRow
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.csr import CertificationRequest, read_request
from chalicelib.pki.issuance import Application, KeyInUse, KeyReused, finish, issue, profiles
from chalicelib.pki.names import NaturalPersonName, natural_person_subject
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import duties
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.channels.certificate import ProofChainTooWeak
from chalicelib.registry.evidence import canonical_form, evidence_digest
from chalicelib.registry.identified import identified, newest_identification, newest_standing
from chalicelib.registry.names_in_force import addresses_in, registered_name
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class _Applicant(NamedTuple):
    """Who applies, as the authority found it."""

    citizen: Citizen
    known: RegistrationItem
    proven: Proven


def issue_online(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The operation `issue_online`: {session, csr, renews} -> the certificate.

    The same person with the same key gets the same certificate, however often it is asked for.

    Raises:
        SessionRequired, AssuranceTooLow, FreshLogInRequired, ProofChainTooWeak: of the log-in.
        GuardianRequired: of a minor, who comes to an office (X04).
        NotFound and the problems of `renewal`: of the certificate to renew.
        PaymentRequired, NotForSale: of the fee, which a renewal never has.
        KeyInUse, KeyReused, KeyCompromised, EvidenceRefused, Conflict, and the problems of `read_request`.
    """
    request = read_request(base64.b64decode(payload["csr"]))
    renews = str(payload.get("renews") or "")
    keys: list[Any] = [(SessionRow, str(payload["session"])), (ApplicationRow, request.spki_sha256)]
    session, before, old = (*find_together([*keys, *([(CertificateRow, renews)] if renews else [])]), None)[
        :3
    ]
    citizen = citizen_in(cloud, session, old)
    if before is not None:
        return _again(cloud, citizen, before, renews)
    applicant = _applicant(cloud, citizen)
    successor = CertificateRow.find(old.renewed_by) if old is not None and old.renewed_by else None
    renewed = require_renewable(old, citizen.holder, cloud.now(), successor) if renews else None
    return _first(cloud, applicant, request, renewed, successor)


def _applicant(cloud: Cloud, citizen: Citizen) -> _Applicant:
    """Who may apply: by the table of rights, freshly logged in, by what proves the identity anew, and under
    the registered name."""
    if not under_one_name(citizen):
        raise DataChanged(NEXT)
    require(cloud, citizen, "certificate-online")
    proven, known = log_in_proves(citizen), citizen.account.registration
    if proven is None or known is None:
        raise SessionRequired
    if not proven.direct:
        raise ProofChainTooWeak
    return _Applicant(citizen, known, proven)


def _again(cloud: Cloud, citizen: Citizen, before: ApplicationRow, renews: str) -> dict[str, Any]:
    """What the same application gets when it comes again."""
    if before.holder != citizen.holder:
        raise KeyInUse
    if before.renews != renews:
        raise KeyReused
    row = CertificateRow.find(before.result)
    if row is None:
        raise NotFound
    value = msgspec.json.decode(before.evidence, type=OnlineEvidence)
    if row.state != "issued":
        # What it rests on may have fallen while it was interrupted, and the name may be another by now.
        known = _applicant(cloud, citizen).known
        _require_standing(value.certificate)
        applied = NaturalPersonName(value.given_name, value.surname1, value.surname2, value.nif)
        require_same_person(natural_person_subject(applied), _subject(known))
    renew_code(cloud, row)
    issued = finish(cloud, row, storing=tell_holder(cloud, value.email, value.language))
    return answer(cloud, issued) | _following(citizen, value)


def _subject(known: RegistrationItem) -> x509.Name:
    return natural_person_subject(registered_name(known))


def _following(citizen: Citizen, evidence: OnlineEvidence) -> dict[str, Any]:
    """What the caller has to see to: older certificates that say what was before."""
    known = citizen.account.registration
    readdressed = {"readdressed": True} if known is not None and known.former_emails else {}
    return {"changed_by": evidence.change, **readdressed} if evidence.change else readdressed


def _require_newest(holder: str, subject: x509.Name) -> str:
    """Refuse another name than that of the newest identification.

    Returns:
        Its id, if it says that data have changed.

    Raises:
        DataChanged
    """
    newest = newest_standing(holder)
    if newest is None:
        return ""
    value = identified(newest)
    require_same_person(natural_person_subject(person_name(value)), subject)
    return str(newest.id) if value.changes is not None else ""


def _is_gone(applicant: _Applicant) -> bool:
    """Whether an officer has recorded that the registered address is the holder's no longer, and nobody has
    shown since to be reached there."""
    if applicant.known.email_confirmed_at:
        return False
    said = newest_identification(applicant.citizen.holder)
    changes = said.changes if said is not None else None
    return changes is not None and changes.email_before == applicant.known.email


def _first(
    cloud: Cloud,
    applicant: _Applicant,
    request: CertificationRequest,
    renewed: CertificateRow | None,
    successor: CertificateRow | None,
) -> dict[str, Any]:
    known, now = applicant.known, cloud.now()
    subject, email = _subject(known), known.email if known.email_confirmed_at else None
    change = ""
    if renewed is None:
        # A renewal asks nobody: the change of data that a newer identification says ends what it renews,
        # and what comes of it.
        change = _require_newest(applicant.citizen.holder, subject)
    else:
        certificate = x509.load_der_x509_certificate(renewed.der)
        require_same_person(certificate.subject, subject)
        # As it was certified, to the octet; the address only if it is still the holder's.
        subject = certificate.subject
        if known.email in addresses_in(certificate) and not _is_gone(applicant):
            email = known.email
        if successor is not None:
            require_given_up(successor, now)
    evidence = _evidence(cloud, applicant, renewed, change)
    digest = evidence_digest(evidence)

    def recording(transaction: Transaction, row: CertificateRow) -> None:
        require_live(transaction, applicant.citizen, now)
        _require_chain(transaction, applicant.citizen, renewed)
        if renewed is not None:
            _take_place(cloud, transaction, renewed, successor, row)
        if known.former_emails:
            duties.enter(transaction, FORMER_ADDRESS, row.id, readdressed_until(row))
        made = ApplicationRow(
            request.spki_sha256,
            holder=applicant.citizen.holder,
            evidence=canonical_form(evidence).decode(),
            evidence_digest=digest,
            renews=evidence.renews,
            result=row.id,
            applied_at=now,
        )
        transaction.put_new("application", made)
        holder = applicant.citizen.holder
        settle_fee(
            cloud, transaction, subject=f"online:{request.spki_sha256}", holder=holder, renewed=renewed
        )

    direct = applicant.proven.method == E_ID and applicant.citizen.certificate is None
    application = Application(
        profile=profiles(cloud)[CITIZEN_SOFTWARE],
        subject=subject,
        public_key=request.public_key,
        holder=applicant.citizen.holder,
        actor=applicant.citizen.holder,
        evidence=f"online:{request.spki_sha256}",
        evidence_digest=digest,
        key_origin="holder",
        email=email,
        proof=E_ID if direct else CERTIFICATE,
        proven_at=applicant.proven.at,
        new_key=True,
        end_told=True,
    )
    try:
        telling = tell_holder(cloud, evidence.email, evidence.language)
        issued = issue(cloud, application, recording=recording, storing=telling)
    except KeyReused:
        # The same application, sent twice at once, may have come first: the next attempt will see.
        if ApplicationRow.find(request.spki_sha256) is None:
            raise
        raise Conflict(retry_after=1) from None
    except ConditionFailed as failed:
        if "evidence" in failed.labels:
            raise EvidenceRefused from failed
        raise Conflict(retry_after=1) from failed
    return answer(cloud, issued) | _following(applicant.citizen, evidence)


def _take_place(
    cloud: Cloud,
    transaction: Transaction,
    renewed: CertificateRow,
    successor: CertificateRow | None,
    row: CertificateRow,
) -> None:
    """Mark what is renewed, once: another mark moves only from a reservation that was given up, which ends in
    the same write, so that whoever has its key gets no second certificate."""
    mark = CertificateRow.renewed_by
    unmoved = mark == renewed.renewed_by if renewed.renewed_by else mark.does_not_exist()
    transaction.update("renewed", renewed, [mark.set(row.id)], CertificateRow.standing() & unmoved)
    if successor is not None and successor.revoked_at is None:
        supersede(cloud, transaction, successor, row, cloud.now(), unsigned=True)


def _require_chain(transaction: Transaction, citizen: Citizen, renewed: CertificateRow | None) -> None:
    """What the proof rests on stands at the moment of writing: the certificate, and its identification."""
    certificate = citizen.certificate
    if certificate is None:
        return
    if renewed is None or renewed.id != certificate.id:
        standing = CertificateRow.standing()
        transaction.check("certificate", CertificateRow, certificate.id, standing)
    kind, _, row_id = str(certificate.evidence).partition(":")
    if kind == "identification":
        transaction.check("evidence", IdentificationRow, row_id, IdentificationRow.standing())


def _require_standing(certificate_id: str) -> None:
    """The same of what an application rests on that is taken up again; an e-ID left nothing that can fall."""
    certificate = CertificateRow.find(certificate_id) if certificate_id else None
    if certificate is None:
        return
    kind, _, row_id = str(certificate.evidence).partition(":")
    seen = IdentificationRow.find(row_id) if kind == "identification" else None
    if not certificate.stands or (seen is not None and not seen.stands):
        raise EvidenceRefused


def _evidence(
    cloud: Cloud, applicant: _Applicant, renewed: CertificateRow | None, change: str
) -> OnlineEvidence:
    citizen, known, proven = applicant
    session = citizen.session
    return OnlineEvidence(
        nif=str(known.nif),
        given_name=str(known.given_name),
        surname1=str(known.surname1),
        surname2=known.surname2,
        birth_date=date.fromisoformat(known.birth_date),
        email=str(known.email),
        mobile=str(known.mobile),
        language=str(known.language),
        way=E_ID if session.way == E_ID else CERTIFICATE,
        session=str(session.id),
        logged_in_at=session.opened_at,
        proven_by=proven.method,
        proven_at=proven.at,
        applied_at=cloud.now(),
        certificate=str(citizen.certificate.id) if citizen.certificate else "",
        renews=str(renewed.id) if renewed else "",
        change=change,
    )
