"""OCSP (RFC 6960) in the lightweight profile (RFC 9919): requests read, answers built.

One certificate per request. Requests need not be signed, and a signature on one is not looked at. A
nonce is accepted and not echoed, since answers are made before they are asked for; RFC 9654 leaves that
to the responder, and RFC 9919 asks clients to judge freshness by thisUpdate and nextUpdate.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import unquote

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from chalicelib.errors import Problem
from chalicelib.pki.key_types import signature_hash

REQUEST_TYPE = "application/ocsp-request"
ANSWER_TYPE = "application/ocsp-response"
LARGEST_REQUEST = 4096
"""Octets. One CertID takes about 120; the rest leaves room for a nonce and a signed request."""
LONGEST_NONCE = 128  # RFC 9654, section 2.1
LIFETIME = timedelta(hours=12)
SKEW = timedelta(minutes=5)
"""How far another clock of ours may be ahead."""

HASHES: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303
"""CertIDs that are answered: SHA-1, which most clients still send, and SHA-256 (RFC 9919)."""

ResponderKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Status = ocsp.OCSPCertStatus


class Refusal(enum.Enum):
    """Answers without a signature (RFC 6960, section 4.2.1)."""

    MALFORMED = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    TRY_LATER = ocsp.OCSPResponseStatus.TRY_LATER
    UNAUTHORIZED = ocsp.OCSPResponseStatus.UNAUTHORIZED
    """We do not speak for this certificate: another issuer's, or a serial that was never given out."""

    def der(self) -> bytes:
        """The answer."""
        return _refusal(self)


@cache
def _refusal(refusal: Refusal) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(refusal.value).public_bytes(Encoding.DER)


class Refused(Problem):
    """A request that gets an answer without a signature."""

    slug = "ocsp-refused"
    status = 400
    title = "The OCSP request cannot be answered"

    def __init__(self, refusal: Refusal = Refusal.MALFORMED) -> None:
        super().__init__()
        self.refusal = refusal


class CertId(msgspec.Struct, frozen=True):
    """Which certificate is asked for."""

    hash: str
    """`sha1` or `sha256`."""
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


def from_path(path: str) -> bytes:
    """The request in the path of a GET (RFC 6960, appendix A.1): base64, percent-encoded or raw.

    Raw `+` and `/` are taken, and what clients and gateways make of them: a space for `+`, percent
    signs encoded once more, padding left out.

    Raises:
        Refused: it is not base64, or too long.
    """
    if len(path) > LARGEST_REQUEST * 4:
        raise Refused
    for _ in range(2):
        path = unquote(path) if "%" in path else path
    text = path.strip("\r\n").replace(" ", "+").rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9+/]+", text):
        raise Refused
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise Refused from error


def read_request(der: bytes) -> CertId:
    """Read a request.

    Raises:
        Refused: malformed, of several certificates, or with an extension that is critical and unknown.
    """
    if not 0 < len(der) <= LARGEST_REQUEST:
        raise Refused
    try:
        request = ocsp.load_der_ocsp_request(der)
        _check_extensions(request.extensions)
        serial = request.serial_number
    except UnsupportedAlgorithm as error:
        raise Refused(Refusal.UNAUTHORIZED) from error
    # NotImplementedError: the library reads requests of one certificate, as RFC 9919 has them.
    except (ValueError, TypeError, NotImplementedError, x509.DuplicateExtension) as error:
        raise Refused from error
    try:
        name = request.hash_algorithm.name
    except UnsupportedAlgorithm as error:
        raise Refused(Refusal.UNAUTHORIZED) from error
    if name not in HASHES:
        raise Refused(Refusal.UNAUTHORIZED)
    return CertId(name, request.issuer_name_hash, request.issuer_key_hash, serial)


def _check_extensions(extensions: x509.Extensions) -> None:
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.OCSPNonce):
            if not 0 < len(value.nonce) <= LONGEST_NONCE:  # RFC 9654, section 2.1
                raise Refused
        elif extension.critical and isinstance(value, x509.UnrecognizedExtension):
            raise Refused  # RFC 6960, section 4.4


class IssuerHashes(msgspec.Struct, frozen=True):
    """How CertIDs with one hash name an issuer."""

    name: bytes
    key: bytes


def issuer_hashes(issuer: x509.Certificate, hash_name: str) -> IssuerHashes:
    """The hashes of the issuer's name and key, the latter without tag, length and unused bits (4.1.1)."""
    key = issuer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        bits = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        bits = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    name = issuer.subject.public_bytes()
    return IssuerHashes(hashlib.new(hash_name, name).digest(), hashlib.new(hash_name, bits).digest())


def issued_by(asked: CertId, issuers: Iterable[tuple[str, x509.Certificate]]) -> str | None:
    """The id of the issuer that a CertID names, of those given."""
    named = IssuerHashes(asked.issuer_name_hash, asked.issuer_key_hash)
    return next((key for key, issuer in issuers if issuer_hashes(issuer, asked.hash) == named), None)


def build_answer(
    *,
    issuer: x509.Certificate,
    responder: x509.Certificate,
    key: ResponderKey,
    hash_name: str,
    serial: int,
    status: ocsp.OCSPCertStatus,
    now: datetime,
    lifetime: timedelta = LIFETIME,
    revoked_at: datetime | None = None,
    reason: x509.ReasonFlags | None = None,
) -> bytes | None:
    """A signed answer, or None when the responder's or the issuer's certificate is not valid now.

    It ends with the responder's certificate at the latest, which comes with it (RFC 6960, 4.2.2.2).
    """
    begins = max(responder.not_valid_before_utc, issuer.not_valid_before_utc)
    ends = min(now + lifetime, responder.not_valid_after_utc, issuer.not_valid_after_utc)
    if not begins <= now < ends:
        return None
    named = issuer_hashes(issuer, hash_name)
    revoked = status is Status.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        named.name,
        named.key,
        serial,
        HASHES[hash_name],
        status,
        now,
        ends,
        revoked_at if revoked else None,
        reason if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder).certificates([responder])
    return builder.sign(key, signature_hash(key.public_key())).public_bytes(Encoding.DER)


class Answer(msgspec.Struct, frozen=True):
    """A signed answer and what decides whether it may be given."""

    der: bytes
    status: ocsp.OCSPCertStatus
    this_update: datetime
    next_update: datetime
    revoked_at: datetime | None
    reason: x509.ReasonFlags | None = None

    @property
    def refresh_at(self) -> datetime:
        """From half of its life on, a new one is made."""
        return self.this_update + (self.next_update - self.this_update) / 2

    def valid(self, now: datetime) -> bool:
        """Whether it may be given now. One that promises more than our lifetime is not ours to give."""
        brief = self.next_update - self.this_update <= LIFETIME
        return brief and self.this_update <= now + SKEW and now < self.next_update


def read_answer(der: bytes) -> Answer | None:
    """What a stored answer says; None when it cannot be read."""
    try:
        read = ocsp.load_der_ocsp_response(der)
        ends = read.next_update_utc
        if ends is None:
            return None
        return Answer(
            der,
            read.certificate_status,
            read.this_update_utc,
            ends,
            read.revocation_time_utc,
            read.revocation_reason,
        )
    except (ValueError, UnsupportedAlgorithm):
        return None
