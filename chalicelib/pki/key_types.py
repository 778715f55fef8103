"""The public keys that this CA certifies (ETSI TS 119 312, FIPS 186-5), by type and size."""

from __future__ import annotations

import enum
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.errors import Problem

ACCEPTED = "Accepted keys: EC P-256 and P-384, RSA of 2048, 3072 and 4096 bits with exponent 65537"


class KeyTypeNotAccepted(Problem):
    """The key is of a type, curve, size or exponent that no profile accepts."""

    slug = "key-type-not-accepted"
    status = 400
    title = ACCEPTED


class KeyTooSmall(Problem):
    """An RSA modulus under 2048 bits or a curve under 256."""

    slug = "key-too-small"
    status = 400
    title = ACCEPTED


class KeyType(enum.Enum):
    """Key types by the names KMS gives them."""

    EC_P256 = "ECC_NIST_P256"
    EC_P384 = "ECC_NIST_P384"
    RSA_2048 = "RSA_2048"
    RSA_3072 = "RSA_3072"
    RSA_4096 = "RSA_4096"

    @property
    def is_rsa(self) -> bool:
        return self.value.startswith("RSA")


CURVES = {"secp256r1": KeyType.EC_P256, "secp384r1": KeyType.EC_P384}
MODULI = {2048: KeyType.RSA_2048, 3072: KeyType.RSA_3072, 4096: KeyType.RSA_4096}
# Stricter than TS 119 312 (2^16 < e < 2^256): every mainstream generator makes 65537, so another
# exponent marks home-made software, and half of the known weak-key attacks need one.
EXPONENT = 65537

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def accepted_key(public_key: CertificatePublicKeyTypes) -> tuple[PublicKey, KeyType]:
    """The same key with its type, if it is one that some profile accepts.

    Raises:
        KeyTooSmall, KeyTypeNotAccepted
    """
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if public_key.key_size < 256:
            raise KeyTooSmall
        if (found := CURVES.get(public_key.curve.name)) is None:
            raise KeyTypeNotAccepted
        return public_key, found
    if isinstance(public_key, rsa.RSAPublicKey):
        if public_key.key_size < 2048:
            raise KeyTooSmall
        size = MODULI.get(public_key.key_size)
        if size is None or public_key.public_numbers().e != EXPONENT:
            raise KeyTypeNotAccepted
        return public_key, size
    raise KeyTypeNotAccepted


def spki(public_key: CertificatePublicKeyTypes) -> bytes:
    """SubjectPublicKeyInfo in one canonical form, however the requester had encoded it."""
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_sha256(public_key: CertificatePublicKeyTypes) -> str:
    """The name of a key wherever keys are compared: shared, reported or compromised."""
    return hashlib.sha256(spki(public_key)).hexdigest()


def signature_hash(public_key: PublicKey) -> hashes.SHA256 | hashes.SHA384:
    """The hash that a CA key signs with: the one of its curve, SHA-256 for RSA."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.key_size == 384:
        return hashes.SHA384()
    return hashes.SHA256()
