"""Issuance (RFC 5280, RFC 3647 section 4.3): the one path by which a certificate comes into being.

1. choose the active issuer and draw a serial number
2. build the TBS
3. sign it with a throw-away key, and lint that
4. record: reserve the serial, claim the public key, and whatever justifies the act, in one transaction
5. sign with the CA key
6. assemble, verify, and compare with the recorded TBS
7. store the certificate

A crash before 4 leaves nothing. After 4 the record says what was to be signed, and `finish` signs just
that, so that asking again ends in the same certificate: never in two, never in none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.audit.events import Event, record
from chalicelib.aws import due_days
from chalicelib.aws.kms_key import KmsEcKey, kms_key
from chalicelib.aws.metrics import emit
from chalicelib.aws.tables import ConditionFailed, Transaction, change
from chalicelib.errors import Problem, Unavailable
from chalicelib.pki import lint
from chalicelib.pki.catalogue import catalogue
from chalicelib.pki.certificate import IssuerInfo, StatusUrls, assemble, certificate_builder, unsigned
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.key_types import PublicKey, accepted_key, signature_hash, spki_sha256
from chalicelib.pki.profiles import DishonestProfile, Profile, Supervision
from chalicelib.pki.serials import new_serial
from chalicelib.pki.tables import CertificateRow, KeyRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.aws.cloud import Cloud

SERIAL_DRAWS = 3
ATTESTED = "attested-card"
"""The origin of a key of which its device attested that it was made there and cannot leave."""


class KeyInUse(Problem):
    """The key is certified for somebody else: two holders with one key could sign as each other (R19)."""

    slug = "key-in-use"
    status = 409
    title = "This key already belongs to another certificate holder; make a new one"


class KeyReused(Problem):
    """A renewal takes a new key: the old one has been about for years."""

    slug = "key-reused"
    status = 409
    title = "This key has a certificate already; make a new one"


class KeyCompromised(Problem):
    """The key was reported as compromised (R16)."""

    slug = "key-compromised"
    status = 409
    title = "This key was reported as compromised; make a new one"


class IssuanceStopped(Problem):
    """While it was interrupted the certificate was revoked, its key barred, or its CA retired."""

    slug = "issuance-stopped"
    status = 409
    title = "This issuance was stopped and will not be finished; identify yourself again"


class Application(msgspec.Struct, frozen=True):
    """What is to be certified, by which profile, and why."""

    profile: Profile
    subject: x509.Name
    public_key: PublicKey
    holder: str
    """Opaque id of the holder: `person:...`, `officer:...`, `responder:...`."""
    actor: str
    evidence: str
    evidence_digest: str
    key_origin: str
    email: str | None = None
    card: str | None = None
    """`model#serial` of the card that the key is in."""
    proof: str = ""
    """How the holder was identified for it; empty where nobody was."""
    proven_at: datetime | None = None
    new_key: bool = False
    """Whether the key must never have been certified, not even for this holder."""
    end_told: bool = False
    """Whether its holder is told before it expires."""
    issuer: Issuer | None = None
    """Given only where it is no choice: a responder is certified by the CA it answers for (R7)."""


class Issued(msgspec.Struct, frozen=True):
    """A certificate with its record and its issuer."""

    row: CertificateRow
    certificate: x509.Certificate
    issuer: Issuer


Also = Callable[[Transaction, CertificateRow], None]


def profiles(cloud: Cloud) -> Mapping[str, Profile]:
    """The profiles of this deployment."""
    settings = cloud.settings

    def construct() -> Mapping[str, Profile]:
        reference = settings.supervisory_reference
        return catalogue(
            settings.policy_arc,
            practice_url=settings.practice_url,
            supervision=Supervision(reference) if reference else None,
        )

    made: Mapping[str, Profile] = cloud.remember("profiles", construct)
    return made


def issue(cloud: Cloud, application: Application, *, recording: Also, storing: Also) -> Issued:
    """Issue a certificate.

    Args:
        recording: adds to the transaction of step 4 what makes the act lawful, such as spending a code.
        storing: adds to the transaction of step 7 what follows from it, such as a notice.

    Raises:
        KeyInUse, KeyReused, KeyCompromised: of the public key.
        DishonestProfile: the profile promises a device, and none attested the key.
        ConditionFailed: a condition of `recording` did not hold; nothing was written or signed.
    """
    now = cloud.now()
    issuer = application.issuer or issuers(cloud).active(application.profile.name, now)
    for _ in range(SERIAL_DRAWS):
        row = _prepare(cloud, application, issuer, now)
        transaction = Transaction()
        recording(transaction, row)
        _record(transaction, row, application, now, cloud.entropy(12))
        try:
            transaction.commit()
        except ConditionFailed as failed:
            if "serial" in failed.labels:
                continue
            if failed.labels == {"key"}:  # with others, they matter more: this same request may have run
                raise _refused_key(row) from failed
            raise
        return _sign_and_store(cloud, row, issuer, storing)
    raise Unavailable


def finish(cloud: Cloud, row: CertificateRow, *, storing: Also) -> Issued:
    """The certificate of a record: as stored or, after a crash, signed now from the recorded TBS.

    Raises:
        IssuanceStopped
    """
    issuer = issuers(cloud).get(row.issuer)
    if issuer is None:
        raise Unavailable
    if row.state == "issued":
        return Issued(row, x509.load_der_x509_certificate(row.der), issuer)
    key = KeyRow.find(row.spki)
    barred = key is not None and key.compromised_at is not None
    if row.revoked_at or barred or not issuer.may_issue(row.profile.split("/")[0], cloud.now()):
        raise IssuanceStopped
    # Reconciliation must be able to explain a second use of the CA key for one record.
    change(row, [CertificateRow.signatures.add(1)])
    return _sign_and_store(cloud, row, issuer, storing)


def _prepare(cloud: Cloud, application: Application, issuer: Issuer, now: datetime) -> CertificateRow:
    """Steps 1 to 3."""
    profile = application.profile
    if profile.device and application.key_origin != ATTESTED:
        raise DishonestProfile(f"{profile.name}: the device of this key has attested nothing")
    serial = new_serial(cloud.entropy)
    builder = certificate_builder(
        profile,
        subject=application.subject,
        public_key=application.public_key,
        issuer=IssuerInfo(issuer.id, issuer.certificate, issuer.crl_shards),
        serial=serial,
        not_before=now,
        email=application.email,
        urls=StatusUrls(cloud.settings.status_url),
    )
    ca_key, _ = accepted_key(issuer.certificate.public_key())
    tbs, preview = unsigned(builder, ca_key)
    lint.require_clean(preview, profile, waived=cloud.settings.lint_waivers)
    row_id = CertificateRow.key(issuer.id, serial)
    ends = preview.not_valid_after_utc
    return CertificateRow(
        row_id,
        state="signing",
        holder=application.holder,
        profile=profile.version,
        spki=spki_sha256(application.public_key),
        evidence=application.evidence,
        evidence_digest=application.evidence_digest,
        key_origin=application.key_origin,
        card=application.card,
        linter=lint.linter(),
        tbs=tbs,
        reserved_at=now,
        not_after=ends,
        proof=application.proof or None,
        proven_at=application.proven_at,
        ends_on=due_days.key(ends, row_id) if application.end_told else None,
    )


def _record(
    transaction: Transaction, row: CertificateRow, application: Application, now: datetime, entropy: bytes
) -> None:
    """Step 4."""
    transaction.put_new("serial", row)
    transaction.update(
        "key",
        KeyRow(row.spki),
        [KeyRow.holder.set(row.holder), KeyRow.certificates.add({row.id})],
        KeyRow.spki.does_not_exist()
        if application.new_key
        else KeyRow.spki.does_not_exist()
        | ((KeyRow.holder == row.holder) & KeyRow.compromised_at.does_not_exist()),
    )
    event = Event(
        act="certificate.authorised",
        object=f"certificate:{row.id}",
        actor=application.actor,
        at=now,
        evidence=application.evidence_digest,
        details={"profile": row.profile, "key_origin": row.key_origin, "evidence": row.evidence},
    )
    record(transaction, event, entropy)


def _refused_key(row: CertificateRow) -> Problem:
    key = KeyRow.find(row.spki)
    if key is None:
        return KeyInUse()
    if key.compromised_at:
        return KeyCompromised()
    return KeyReused() if key.holder == row.holder else KeyInUse()


def _sign_and_store(cloud: Cloud, row: CertificateRow, issuer: Issuer, storing: Also) -> Issued:
    """Steps 5 to 7."""
    emit(cloud, SignaturesRecorded=1)
    public_key, _ = accepted_key(issuer.certificate.public_key())
    ca_key = kms_key(cloud.kms, issuer.key_id, public_key)
    tbs = bytes(row.tbs)
    if isinstance(ca_key, KmsEcKey):
        signature = ca_key.sign(tbs, ec.ECDSA(signature_hash(public_key)))
    else:
        signature = ca_key.sign(tbs, padding.PKCS1v15(), signature_hash(public_key))
    certificate = assemble(tbs, signature, public_key)
    return _store(cloud, row, certificate, issuer, storing)


def _store(
    cloud: Cloud, row: CertificateRow, certificate: x509.Certificate, issuer: Issuer, storing: Also
) -> Issued:
    """Step 7. Of two that finish the same record at once one is stored, and both answer that one.

    Raises:
        IssuanceStopped: it was revoked or superseded meanwhile, and nobody is given it any more.
    """
    now = cloud.now()
    der = certificate.public_bytes(Encoding.DER)
    transaction = Transaction()
    transaction.update(
        "state",
        row,
        [CertificateRow.der.set(der), CertificateRow.state.set("issued"), CertificateRow.issued_at.set(now)],
        (CertificateRow.state == "signing") & CertificateRow.revoked_at.does_not_exist(),
    )
    event = Event(
        act="certificate.issued",
        object=f"certificate:{row.id}",
        actor="authority",
        at=now,
        evidence=row.evidence_digest,
        details={"profile": row.profile, "linter": row.linter},
    )
    record(transaction, event, cloud.entropy(12))
    storing(transaction, row)
    try:
        transaction.commit()
    except ConditionFailed:
        stored = CertificateRow.find(row.id)
        if stored is not None and stored.state != "issued" and stored.revoked_at is not None:
            raise IssuanceStopped from None
        if stored is None or stored.state != "issued":
            raise
        return Issued(stored, x509.load_der_x509_certificate(stored.der), issuer)
    row.der, row.state, row.issued_at = der, "issued", now
    return Issued(row, certificate, issuer)
