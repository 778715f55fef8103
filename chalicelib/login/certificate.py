"""Log-in with a client certificate of ours, over mutual TLS."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.errors import Problem
from chalicelib.pki.certificate import verify
from chalicelib.pki.issuers import issuers
from chalicelib.pki.key_types import accepted_key
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class CertificateRequired(Problem):
    """No client certificate came with the TLS connection."""

    slug = "client-certificate-required"
    status = 401
    title = "Connect with your client certificate"


class CertificateRefused(Problem):
    """The client certificate is not one of ours, or no longer valid, or of another kind."""

    slug = "client-certificate-refused"
    status = 401
    title = "This client certificate does not open this door"


class Authenticated(msgspec.Struct, frozen=True):
    """Whose certificate it was."""

    holder: str
    certificate_id: str
    thumbprint: str
    """SHA-256 of the certificate, hexadecimal."""


def authenticate(cloud: Cloud, certificate: x509.Certificate | None, profile: str) -> Authenticated:
    """Who holds the certificate that the TLS client proved to have the key of.

    API Gateway checks the path to its trust store and nothing more: revocation, kind and issuer are
    looked up here, in our own records.

    Raises:
        CertificateRequired, CertificateRefused
    """
    if certificate is None:
        raise CertificateRequired
    row = record_of(cloud, certificate)
    now = cloud.now()
    in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if row is None or not in_time or not row.stands or row.profile.split("/")[0] != profile:
        raise CertificateRefused
    return Authenticated(row.holder, row.id, thumbprint(certificate))


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate (RFC 8705 section 3.1), hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def record_of(cloud: Cloud, certificate: x509.Certificate) -> CertificateRow | None:
    """Our record of exactly this certificate."""
    for issuer in issuers(cloud).all:
        if issuer.certificate.subject != certificate.issuer:
            continue
        key, _ = accepted_key(issuer.certificate.public_key())
        try:
            verify(certificate, key)
        except InvalidSignature:
            continue  # another issuer of the same name
        row = CertificateRow.find(CertificateRow.key(issuer.id, certificate.serial_number))
        if row is not None and row.der == certificate.public_bytes(Encoding.DER):
            return row
    return None
