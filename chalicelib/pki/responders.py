"""Certificates of the OCSP responders (RFC 6960, section 4.2.2.2): short-lived and renewed in good time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from chalicelib.audit.events import Event, record
from chalicelib.aws.kms_key import load_key
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.errors import NotFound
from chalicelib.pki import issuance
from chalicelib.pki.catalogue import OCSP_RESPONDER
from chalicelib.pki.issuers import Issuer, forget, issuers
from chalicelib.pki.key_types import accepted_key, spki_sha256
from chalicelib.pki.tables import CertificateRow, IssuerRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

ACTOR = "function:renew_responders"


def needs_renewal(responder: x509.Certificate | None, now: datetime) -> bool:
    """Whether less than a third of its life is left (R8)."""
    if responder is None:
        return True
    life = responder.not_valid_after_utc - responder.not_valid_before_utc
    return responder.not_valid_after_utc - now < life / 3


def due(cloud: Cloud) -> list[str]:
    """The issuers whose responder needs a new certificate; retired ones too, while they are valid."""
    now = cloud.now()
    return [
        issuer.id
        for issuer in issuers(cloud).all
        if issuer.responder_key_id
        and now < issuer.certificate.not_valid_after_utc
        and needs_renewal(issuer.responder_certificate, now)
    ]


def renew_responder(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The authority's operation: a new certificate for the responder key that the ceremony registered.

    The caller names the issuer and nothing else. Asking again after a crash finishes, or takes into use,
    the certificate that was begun; asking when none is needed does nothing.

    Raises:
        NotFound: no such issuer, or it has no responder.
    """
    forget(cloud)
    issuer = issuers(cloud).get(str(payload["issuer"]))
    if issuer is None or not issuer.responder_key_id:
        raise NotFound
    now = cloud.now()
    if not needs_renewal(issuer.responder_certificate, now):
        return {"renewed": False}
    certificate = _begun(cloud, issuer, now) or _issue(cloud, issuer, now)
    _take_into_use(cloud, issuer, certificate, now)
    return {"renewed": True}


def _begun(cloud: Cloud, issuer: Issuer, now: datetime) -> x509.Certificate | None:
    """A certificate that an earlier run issued, or began to issue, and did not take into use."""
    newest = listed(CertificateRow.by_holder.query(_holder(issuer), scan_index_forward=False, limit=1))
    row = CertificateRow.find(newest[0].id) if newest else None
    if row is None or row.revoked_at is not None or row.issuer != issuer.id:
        return None
    life = row.not_after - row.reserved_at
    if row.not_after - now < life / 3:
        return None
    return issuance.finish(cloud, row, storing=lambda _transaction, _row: None).certificate


def _issue(cloud: Cloud, issuer: Issuer, now: datetime) -> x509.Certificate:
    public_key, _ = accepted_key(load_key(cloud.kms, issuer.responder_key_id).public_key())

    def still_registered(transaction: Transaction, _row: CertificateRow) -> None:
        registered = IssuerRow.responder_key_id == issuer.responder_key_id
        transaction.check("responder key", IssuerRow, issuer.id, registered)

    application = issuance.Application(
        profile=issuance.profiles(cloud)[OCSP_RESPONDER],
        subject=_subject(issuer, now),
        public_key=public_key,
        holder=_holder(issuer),
        actor=ACTOR,
        evidence=f"issuer:{issuer.id}",
        evidence_digest=hashlib.sha256(f"{issuer.id}:{spki_sha256(public_key)}".encode()).hexdigest(),
        key_origin="kms",
        issuer=issuer,
    )
    return issuance.issue(
        cloud, application, recording=still_registered, storing=lambda _transaction, _row: None
    ).certificate


def _take_into_use(cloud: Cloud, issuer: Issuer, certificate: x509.Certificate, now: datetime) -> None:
    transaction = Transaction()
    old = issuer.responder_certificate
    transaction.update(
        "responder certificate",
        IssuerRow(issuer.id),
        [IssuerRow.responder_certificate.set(certificate.public_bytes(Encoding.DER))],
        IssuerRow.responder_certificate.does_not_exist()
        if old is None
        else IssuerRow.responder_certificate == old.public_bytes(Encoding.DER),
    )
    row_id = CertificateRow.key(issuer.id, certificate.serial_number)
    event = Event("responder.renewed", f"issuer:{issuer.id}", ACTOR, now, details={"certificate": row_id})
    record(transaction, event, cloud.entropy(12))
    with suppress(ConditionFailed):  # another run was first; its certificate is as good as ours
        transaction.commit()
    forget(cloud)


def _holder(issuer: Issuer) -> str:
    return f"responder:{issuer.id}"


def _subject(issuer: Issuer, now: datetime) -> x509.Name:
    """The issuer's own name, but for the common name."""
    kept = [
        rdn for rdn in issuer.certificate.subject.rdns if not rdn.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, f"OCSP {issuer.id} {now:%Y-%m-%d}")
    return x509.Name([*kept, x509.RelativeDistinguishedName([common_name])])
