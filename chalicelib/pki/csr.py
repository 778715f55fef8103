"""Certification requests (PKCS#10, RFC 2986): the public key and the proof that its holder asked.

Nothing else of a request is ever used. Its subject, its requested extensions and its attributes are
ignored, so that no requester can choose a name, a key usage or a policy: those come from the evidence
and the profile.
"""

from __future__ import annotations

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.errors import Problem
from chalicelib.pki.key_types import KeyType, accepted_key, spki_sha256
from chalicelib.pki.weak_keys import weakness

LONGEST_REQUEST = 16 * 1024
SIGNATURE_HASHES = frozenset({"sha256", "sha384", "sha512"})


class CsrMalformed(Problem):
    """Not one PKCS#10 request in DER or PEM, or longer than 16 KiB."""

    slug = "csr-malformed"
    status = 400
    title = "The certification request cannot be read"


class CsrSignatureInvalid(Problem):
    """No proof that the requester holds the private key."""

    slug = "csr-signature-invalid"
    status = 400
    title = "The signature of the certification request does not verify"


class KeyWeak(Problem):
    """The key has a known weakness: somebody else may be able to compute the private key."""

    slug = "key-weak"
    status = 400
    title = "The key has a known weakness; make another with other software"


class CertificationRequest(msgspec.Struct, frozen=True):
    """What is kept of a request."""

    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    key_type: KeyType
    spki_sha256: str


def read_request(data: bytes) -> CertificationRequest:
    """Read and check a request.

    Raises:
        CsrMalformed, CsrSignatureInvalid, KeyTooSmall, KeyTypeNotAccepted, KeyWeak
    """
    request = _parse(data)
    try:
        encoded_key = request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:  # a point off its curve, explicit parameters
        raise CsrMalformed("The public key cannot be read") from error
    # Type and size come first: verifying with an enormous modulus is slow.
    public_key, key_type = accepted_key(encoded_key)
    _prove_possession(request)
    if (found := weakness(public_key)) is not None:
        raise KeyWeak(f"The key has a known weakness: {found}")
    return CertificationRequest(public_key, key_type, spki_sha256(public_key))


def _parse(data: bytes) -> x509.CertificateSigningRequest:
    if len(data) > LONGEST_REQUEST:
        raise CsrMalformed("The certification request is longer than 16 KiB")
    text = data.strip()
    try:
        if not text.startswith(b"-----BEGIN "):
            return x509.load_der_x509_csr(data)
        if text.count(b"-----BEGIN ") != 1 or b"PRIVATE KEY-----" in text:
            raise CsrMalformed("Send one certification request and nothing else")
        return x509.load_pem_x509_csr(text)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CsrMalformed from error


def _prove_possession(request: x509.CertificateSigningRequest) -> None:
    try:
        algorithm = request.signature_hash_algorithm
        proven = algorithm is not None and algorithm.name in SIGNATURE_HASHES and request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CsrSignatureInvalid from error
    if not proven:
        raise CsrSignatureInvalid
