"""PKCS#12 (RFC 7292) for people whose software cannot make a key: a convenience, made in memory, never kept.

The key exists in the function's memory for the length of one request. It is not stored, logged or
escrowed, the record of its certificate says that it was made here, and no policy for keys in the
holder's sole control is claimed for it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from chalicelib.errors import Problem

SHORTEST_PASSWORD = 16
"""Characters of a password that a person chooses. The file's MAC is derived with 2,048 iterations whatever
the key derivation's count, so the password itself has to be long."""
KDF_ROUNDS = 100_000
PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  # without what looks alike
PASSWORD_GROUPS = 5
GROUP = 5

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KEY_MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "ec-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa-3072": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}


class PasswordTooShort(Problem):
    """A password that would not protect the file."""

    slug = "password-too-short"
    status = 422
    title = f"The password needs at least {SHORTEST_PASSWORD} characters; or leave it out and get one"


class PasswordCharacters(Problem):
    """Java opens no file whose password is not ASCII, and control characters open nowhere."""

    slug = "password-characters"
    status = 422
    title = "Use letters without accents, digits, spaces and signs; or leave the password out and get one"


class PasswordWeak(Problem):
    """A long password that is easily guessed."""

    slug = "password-weak"
    status = 422
    title = "The password repeats itself; choose another, or leave it out and get one"


class Pair(msgspec.Struct, frozen=True):
    """A fresh key and the request for its certificate."""

    key: PrivateKey
    csr: x509.CertificateSigningRequest


def make_pair(kind: str) -> Pair:
    """A new key pair of one of `KEY_MAKERS`."""
    key = KEY_MAKERS[kind]()
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return Pair(key, csr)


def check_password(password: str) -> str:
    """A person's own password.

    Raises:
        PasswordCharacters, PasswordTooShort, PasswordWeak
    """
    if not all(" " <= sign <= "~" for sign in password):
        raise PasswordCharacters(field="password")
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(field="password")
    if len(set(password)) < SHORTEST_PASSWORD // 2:
        raise PasswordWeak(field="password")
    return password


def new_password(entropy: Callable[[int], bytes]) -> str:
    """A password of 25 signs in five groups (123 bits), unbiased."""
    size = len(PASSWORD_ALPHABET)
    limit = 256 - 256 % size
    signs = ""
    while len(signs) < PASSWORD_GROUPS * GROUP:
        signs += "".join(PASSWORD_ALPHABET[octet % size] for octet in entropy(64) if octet < limit)
    return "-".join(signs[at * GROUP : (at + 1) * GROUP] for at in range(PASSWORD_GROUPS))


def write(pair: Pair, certificate: x509.Certificate, chain: list[x509.Certificate], password: str) -> bytes:
    """The file: PBES2 with AES-256-CBC and PBKDF2 (HMAC-SHA-256), MAC with SHA-256.

    OpenSSL, Java, NSS, macOS 15 and Windows since 10 (1709) read it.
    """
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(KDF_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    label = name if isinstance(name, bytes) else name.encode()
    return pkcs12.serialize_key_and_certificates(label, pair.key, certificate, chain, encryption)
