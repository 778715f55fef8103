"""A request gives a key and a proof; everything else in it is ignored or refused."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chalicelib.pki.csr import CsrMalformed, CsrSignatureInvalid, read_request
from chalicelib.pki.key_types import KeyTooSmall, KeyType, KeyTypeNotAccepted, spki_sha256

EMPTY = x509.CertificateSigningRequestBuilder(x509.Name([]))


def request(
    key: object, encoding: Encoding = Encoding.DER, hash_algorithm: object = hashes.SHA256()
) -> bytes:
    return EMPTY.sign(key, hash_algorithm).public_bytes(encoding)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
@pytest.mark.parametrize(
    ("key", "key_type"),
    [
        (ec.generate_private_key(ec.SECP256R1()), KeyType.EC_P256),
        (ec.generate_private_key(ec.SECP384R1()), KeyType.EC_P384),
        (rsa.generate_private_key(65537, 2048), KeyType.RSA_2048),
    ],
    ids=["P-256", "P-384", "RSA-2048"],
)
def test_accepted_keys(key: ec.EllipticCurvePrivateKey, key_type: KeyType, encoding: Encoding) -> None:
    found = read_request(request(key, encoding))
    assert found.key_type is key_type
    assert found.spki_sha256 == spki_sha256(key.public_key())


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (rsa.generate_private_key(65537, 1024), KeyTooSmall),
        (rsa.generate_private_key(65537, 2056), KeyTypeNotAccepted),
        (rsa.generate_private_key(3, 2048), KeyTypeNotAccepted),
        (ec.generate_private_key(ec.SECP224R1()), KeyTooSmall),
        (ec.generate_private_key(ec.SECP256K1()), KeyTypeNotAccepted),
        (ec.generate_private_key(ec.SECP521R1()), KeyTypeNotAccepted),
        (dsa.generate_private_key(2048), KeyTypeNotAccepted),
    ],
    ids=["RSA-1024", "RSA-2056", "e=3", "P-224", "secp256k1", "P-521", "DSA"],
)
def test_other_keys_are_refused(key: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_request(request(key))


def test_ed25519_is_refused() -> None:
    """Browsers and the administrations' software do not verify it in certificates yet."""
    with pytest.raises(KeyTypeNotAccepted):
        read_request(request(ed25519.Ed25519PrivateKey.generate(), hash_algorithm=None))


def test_what_a_request_asks_for_is_not_kept() -> None:
    """A subject, a CA flag or an EKU in a request must not find a way into a certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    greedy = (
        x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ROOT")]))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    assert read_request(greedy.public_bytes(Encoding.DER)) == read_request(request(key))


KEY = ec.generate_private_key(ec.SECP256R1())
PEM = request(KEY, Encoding.PEM)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        PEM.replace(b"REQUEST", b"REQUESTS"),
        PEM + PEM,
        request(KEY) + b"\x00",
        b"\x30" * 16_385,
        "petición".encode(),
    ],
)
def test_what_is_not_one_request_is_malformed(data: bytes) -> None:
    with pytest.raises(CsrMalformed):
        read_request(data)


def test_a_private_key_sent_by_mistake_is_refused_and_not_repeated() -> None:
    """People paste the whole file their tool wrote. The key must not come back in an error or a log."""
    mistake = b"-----BEGIN PRIVATE KEY-----\nMIGHSECRET\n-----END PRIVATE KEY-----\n"
    with pytest.raises(CsrMalformed) as caught:
        read_request(mistake + PEM)
    assert "SECRET" not in str(caught.value)


def test_a_request_signed_with_sha1_proves_too_little() -> None:
    """OpenSSL verifies SHA-1 without complaint, so the hash has to be refused by name."""
    with pytest.raises(CsrSignatureInvalid):
        read_request(_sha1_request())


def _sha1_request() -> bytes:
    """cryptography refuses to make one, so the OpenSSL command does."""
    generate = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    sign = ["openssl", "req", "-new", "-sha1", "-key", "/dev/stdin", "-subj", "/CN=x", "-outform", "DER"]
    key = subprocess.run(generate, capture_output=True, check=True).stdout
    return subprocess.run(sign, input=key, capture_output=True, check=True).stdout


def test_a_compressed_point_has_the_same_name_as_an_uncompressed_one() -> None:
    """One key must not look like two to the search for compromised keys."""
    numbers = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    again = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), numbers)
    assert spki_sha256(again) == spki_sha256(KEY.public_key())
