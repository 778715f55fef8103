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
from chalicelib.certificates.emergency.code import renew_code
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.certificates.fees import settle_fee
from chalicelib.certificates.issued import answer, tell_holder
from chalicelib.certificates.online_evidence import OnlineEvidence
from chalicelib.certificates.renewal import require_renewable, require_same_person
from chalicelib.certificates.tables import ApplicationRow
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import Citizen, citizen_in, require_live
from chalicelib.login.own_account import require
from chalicelib.login.proof_chain import CERTIFICATE, E_ID, Proven, log_in_proves
from chalicelib.login.sessions import SessionRequired
from chalicelib.login.tables import SessionRow
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.csr import CertificationRequest, read_request
from chalicelib.pki.issuance import Application, Issued, KeyInUse, KeyReused, finish, issue, profiles
from chalicelib.pki.names import NaturalPersonName, natural_person_subject
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.channels.certificate import ProofChainTooWeak
from chalicelib.registry.evidence import canonical_form, evidence_digest
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
        return answer(cloud, _again(cloud, citizen, before, renews))
    applicant = _applicant(cloud, citizen)
    renewed = require_renewable(old, citizen.holder, cloud.now()) if renews else None
    return answer(cloud, _first(cloud, applicant, request, renewed))


def _applicant(cloud: Cloud, citizen: Citizen) -> _Applicant:
    """Who may apply: by the table of rights, freshly logged in, by what proves the identity anew."""
    require(cloud, citizen, "certificate-online")
    proven, known = log_in_proves(citizen), citizen.account.registration
    if proven is None or known is None:
        raise SessionRequired
    if not proven.direct:
        raise ProofChainTooWeak
    return _Applicant(citizen, known, proven)


def _again(cloud: Cloud, citizen: Citizen, before: ApplicationRow, renews: str) -> Issued:
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
        # What it rests on may have fallen while it was interrupted.
        _applicant(cloud, citizen)
        _require_standing(value.certificate)
    renew_code(cloud, row)
    return finish(cloud, row, storing=tell_holder(cloud, value.email, value.language))


def _first(
    cloud: Cloud, applicant: _Applicant, request: CertificationRequest, renewed: CertificateRow | None
) -> Issued:
    known, now = applicant.known, cloud.now()
    evidence = _evidence(cloud, applicant, renewed)
    digest = evidence_digest(evidence)
    name = NaturalPersonName(known.given_name, known.surname1, known.surname2, known.nif)
    subject, email = natural_person_subject(name), known.email if known.email_confirmed_at else None
    if renewed is not None:
        certificate = x509.load_der_x509_certificate(renewed.der)
        require_same_person(certificate.subject, subject)
        # As it was certified, to the octet; the address only if it is still the holder's.
        subject = certificate.subject
        if known.email in _addresses(certificate):
            email = known.email

    def recording(transaction: Transaction, row: CertificateRow) -> None:
        require_live(transaction, applicant.citizen, now)
        _require_chain(transaction, applicant.citizen, renewed)
        if renewed is not None:
            standing = CertificateRow.standing() & CertificateRow.renewed_by.does_not_exist()
            transaction.update("renewed", renewed, [CertificateRow.renewed_by.set(row.id)], standing)
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
        return issue(cloud, application, recording=recording, storing=telling)
    except KeyReused:
        # The same application, sent twice at once, may have come first: the next attempt will see.
        if ApplicationRow.find(request.spki_sha256) is None:
            raise
        raise Conflict(retry_after=1) from None
    except ConditionFailed as failed:
        if "evidence" in failed.labels:
            raise EvidenceRefused from failed
        raise Conflict(retry_after=1) from failed


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


def _evidence(cloud: Cloud, applicant: _Applicant, renewed: CertificateRow | None) -> OnlineEvidence:
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
    )


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.RFC822Name)
