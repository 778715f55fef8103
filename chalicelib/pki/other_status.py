"""Whether another issuer has revoked a certificate: by OCSP (RFC 6960), else by CRL (RFC 5280 section 6.3).

What cannot be found out counts as revoked: nobody is let in because a responder is down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from chalicelib.errors import Problem

Method = Literal["ocsp", "crl", "ocsp-or-crl"]

SKEW: Final = timedelta(minutes=5)
"""How far another authority's clock may be ahead of ours."""
BELIEVED: Final = timedelta(hours=12)
"""No answer is believed longer, whatever its nextUpdate."""
MOST_URLS: Final = 2
OCSP_LIMIT: Final = 32 * 1024
CRL_LIMIT: Final = 8 * 1024 * 1024
MOST_KEPT: Final = 256
"""Answers that one container keeps; the oldest goes first."""


class StatusUnknown(Problem):
    """Neither the responder nor the revocation list of the certificate's issuer could be had."""

    slug = "certificate-status-unknown"
    status = 503
    title = "We cannot find out now whether this certificate is still valid; try again later"


class Fetch(Protocol):
    """GET, or POST with a body; any Problem means that nothing came."""

    def __call__(
        self, url: str, *, limit: int, body: bytes | None = None, content_type: str = ""
    ) -> bytes: ...


class Known(msgspec.Struct, frozen=True):
    """What an authority said of one certificate, and until when that holds."""

    revoked: bool
    until: datetime


def is_revoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    method: Method,
    *,
    now: datetime,
    fetch: Fetch,
    kept: dict[str, Known],
) -> bool:
    """Whether its issuer has revoked it.

    Args:
        kept: answers of before, to be kept between calls; only hashes of certificates are in it.

    Raises:
        StatusUnknown
    """
    # The issuer is in the key: an answer is its issuer's word, and another of that name said nothing.
    key = hashlib.sha256(
        issuer.public_bytes(Encoding.DER) + certificate.public_bytes(Encoding.DER)
    ).hexdigest()
    known = kept.get(key)
    if known is None or known.until <= now:
        known = _ask(certificate, issuer, method, now, fetch)
        kept.pop(key, None)
        while len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
        kept[key] = known
    return known.revoked


def _ask(
    certificate: x509.Certificate, issuer: x509.Certificate, method: Method, now: datetime, fetch: Fetch
) -> Known:
    sources: list[tuple[str, Callable[[], list[str]], Callable[[str], Known]]] = [
        (
            "ocsp",
            lambda: _responders(certificate),
            lambda url: _by_ocsp(certificate, issuer, url, now, fetch),
        ),
        ("crl", lambda: _lists(certificate), lambda url: _by_crl(certificate, issuer, url, now, fetch)),
    ]
    for name, urls, ask in sources:
        if name not in method.split("-"):
            continue
        for url in urls()[:MOST_URLS]:
            try:
                return ask(url)
            except (Problem, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
                continue  # the next source may know; when none does, the certificate is refused
    raise StatusUnknown


def _by_ocsp(
    certificate: x509.Certificate, issuer: x509.Certificate, url: str, now: datetime, fetch: Fetch
) -> Known:
    # CertID by SHA-1, which every responder knows (RFC 5019 section 2.1.1): it names, and protects nothing.
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    asked = builder.build()
    der = fetch(
        url,
        limit=OCSP_LIMIT,
        body=asked.public_bytes(Encoding.DER),
        content_type="application/ocsp-request",
    )
    answer = ocsp.load_der_ocsp_response(der)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise StatusUnknown
    same = (
        answer.serial_number == asked.serial_number
        and isinstance(answer.hash_algorithm, hashes.SHA1)
        and answer.issuer_name_hash == asked.issuer_name_hash
        and answer.issuer_key_hash == asked.issuer_key_hash
    )
    if not same or answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise StatusUnknown
    _check_signer(answer, issuer, now)
    until = _current(answer.this_update_utc, answer.next_update_utc, now)
    return Known(answer.certificate_status is ocsp.OCSPCertStatus.REVOKED, until)


def _check_signer(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """The CA itself, or a responder that the same CA has certified for it (RFC 6960 section 4.2.2.2)."""
    signers = [issuer] + [
        given for given in answer.certificates[:MOST_URLS] if _is_responder(given, issuer, now)
    ]
    if not any(_signed(answer, signer.public_key()) for signer in signers):
        raise InvalidSignature


def _signed(answer: ocsp.OCSPResponse, key: CertificatePublicKeyTypes) -> bool:
    algorithm = answer.signature_hash_algorithm
    if not isinstance(algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512):
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _is_responder(given: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        given.verify_directly_issued_by(issuer)
        usage = given.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        # Without this mark its own status would have to be asked for (section 4.2.2.2.1).
        given.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    in_time = given.not_valid_before_utc <= now <= given.not_valid_after_utc
    return in_time and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _by_crl(
    certificate: x509.Certificate, issuer: x509.Certificate, url: str, now: datetime, fetch: Fetch
) -> Known:
    crl = x509.load_der_x509_crl(fetch(url, limit=CRL_LIMIT))
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise InvalidSignature
    if crl.issuer != issuer.subject or not crl.is_signature_valid(key):
        raise InvalidSignature
    _check_scope(crl, certificate, url)
    until = _current(crl.last_update_utc, crl.next_update_utc, now)
    return Known(crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None, until)


def _check_scope(crl: x509.CertificateRevocationList, certificate: x509.Certificate, url: str) -> None:
    """Complete, direct, for such certificates and for this URL; a delta list is no answer (section 6.3.3)."""
    for extension in crl.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            point = extension.value
            partial = (
                point.indirect_crl
                or point.only_contains_attribute_certs
                or point.only_some_reasons
                or (point.only_contains_ca_certs and not _is_ca(certificate))
                or (point.only_contains_user_certs and _is_ca(certificate))
                or (point.full_name and url not in {str(name.value) for name in point.full_name})
            )
            if partial:
                raise StatusUnknown
        elif extension.critical:
            raise StatusUnknown


def _current(this_update: datetime, next_update: datetime | None, now: datetime) -> datetime:
    """Until when an answer is believed; one without an end, or not of now, is none."""
    if next_update is None or not this_update - SKEW <= now < next_update:
        raise StatusUnknown
    return min(next_update, now + BELIEVED)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _responders(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return [
        str(entry.access_location.value)
        for entry in access
        if entry.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(entry.access_location, x509.UniformResourceIdentifier)
    ]


def _lists(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier) and not point.reasons and not point.crl_issuer
    ]
