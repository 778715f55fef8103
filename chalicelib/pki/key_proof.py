"""Proof, by whoever can sign with a key, that the key is not its holder's alone (R16).

What is signed says just that and names no moment: a key that is compromised stays so, so the same proof sent
again does nothing. Two forms:

- a PKCS#10 request (RFC 2986) whose subject is one common name, the statement: any tool makes one, and other
  authorities take the same form. A request for a certificate, which people send about, is no such proof.
- a public key and a signature over a text that names its hash: ECDSA with the hash of its curve, or RSA
  (PKCS#1 v1.5) with SHA-256, as `openssl dgst -sign` makes them.

The private key itself is not wanted. Whoever publishes it puts the holder at more risk than a report takes
away, and we would have it in our memory and they in their log.
"""

from __future__ import annotations

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chalicelib.errors import Problem
from chalicelib.pki.key_types import PublicKey, accepted_key, signature_hash, spki_sha256


class ProofNotAccepted(Problem):
    """The report does not prove that its sender can sign with the key."""

    slug = "proof-not-accepted"
    status = 422
    title = "This does not prove that you can sign with the key"


class PrivateKeySent(Problem):
    """A private key came. It was not kept, and proves nothing that a signature would not."""

    slug = "private-key-sent"
    status = 422
    title = "Never send a private key; sign with it instead. This one was not kept and not used"


def statement(organisation: str) -> str:
    """The common name of a request that reports its own key; at most 64 characters (RFC 5280, appendix A)."""
    return f"Proof of Key Compromise for {organisation}"


def text_to_sign(organisation: str, spki: str) -> str:
    """What is to be signed where no request can be made; without a line break at its end."""
    return f"{statement(organisation)}: {spki}"


def proven_by_request(pem: str, organisation: str) -> str:
    """The key (SHA-256 of its SPKI) that a PKCS#10 request reports.

    Raises:
        PrivateKeySent, ProofNotAccepted, KeyTooSmall, KeyTypeNotAccepted
    """
    _refuse_private_keys(pem)
    try:
        csr = x509.load_pem_x509_csr(pem.encode())
        said = [attribute.value for attribute in csr.subject]
        named = [attribute.oid for attribute in csr.subject] == [x509.NameOID.COMMON_NAME]
        key, _ = accepted_key(csr.public_key())
        signed = csr.is_signature_valid
        if isinstance(csr.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            signed = False
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProofNotAccepted from error
    if not named or said != [statement(organisation)]:
        raise ProofNotAccepted(f"The subject must be the common name: {statement(organisation)}")
    if not signed:
        raise ProofNotAccepted
    return spki_sha256(key)


def proven_by_signature(public_key: str, signature: str, organisation: str) -> str:
    """The key (SHA-256 of its SPKI) that a signature over the text reports.

    Args:
        public_key: in PEM, or a certificate in PEM.
        signature: base64.

    Raises:
        PrivateKeySent, ProofNotAccepted, KeyTooSmall, KeyTypeNotAccepted
    """
    _refuse_private_keys(public_key)
    key = _public_key(public_key)
    spki = spki_sha256(key)
    text = text_to_sign(organisation, spki)
    try:
        _verify(key, base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, binascii.Error) as error:
        raise ProofNotAccepted(f"The text to sign is: {text}") from error
    return spki


def _public_key(pem: str) -> PublicKey:
    try:
        if "BEGIN CERTIFICATE" in pem:
            found = x509.load_pem_x509_certificate(pem.encode()).public_key()
        else:
            found = load_pem_public_key(pem.encode())  # type: ignore[assignment]  # accepted_key looks
        key, _ = accepted_key(found)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProofNotAccepted from error
    return key


def _verify(key: PublicKey, signature: bytes, text: bytes) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, text, ec.ECDSA(signature_hash(key)))
    else:
        key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())


def _refuse_private_keys(text: str) -> None:
    if "PRIVATE KEY" in text:
        raise PrivateKeySent
