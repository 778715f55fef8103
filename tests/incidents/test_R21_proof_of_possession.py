"""R21: certificates for keys that the requester does not hold (serverless-ca never checked)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from chalicelib.pki.csr import CsrMalformed, CsrSignatureInvalid, read_request

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KEYS: dict[str, Key] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA": rsa.generate_private_key(65537, 2048),
}
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])


def request(key: Key) -> bytes:
    csr = x509.CertificateSigningRequestBuilder(SUBJECT).sign(key, hashes.SHA256())
    return csr.public_bytes(Encoding.DER)


@pytest.mark.parametrize("name", KEYS)
def test_R21_a_request_changed_after_signing_is_refused(name: str) -> None:
    """A signature over other content proves nothing about this content."""
    with pytest.raises(CsrSignatureInvalid):
        read_request(request(KEYS[name]).replace(b"somebody", b"somebodY"))


@pytest.mark.parametrize("name", ["P-256", "RSA"])
def test_R21_somebody_elses_key_is_refused(name: str) -> None:
    """A public key copied from another certificate, in a request signed with one's own key."""
    mine = KEYS[name]
    victims: Key = (
        ec.generate_private_key(ec.SECP256R1()) if name == "P-256" else rsa.generate_private_key(65537, 2048)
    )
    spki = [
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for key in (mine, victims)
    ]
    forged = request(mine).replace(spki[0], spki[1])
    assert forged != request(mine)
    with pytest.raises(CsrSignatureInvalid):
        read_request(forged)


@pytest.mark.parametrize("name", KEYS)
def test_R21_no_single_damaged_octet_gets_through(name: str) -> None:
    """Every octet of the signature and of the signed part counts."""
    good = request(KEYS[name])
    read_request(good)
    for position in range(len(good)):
        damaged = bytearray(good)
        # Bit 3, because bit 0 of the BIT STRING's "unused bits" may be set in valid DER: it changes neither
        # the signature nor what was signed.
        damaged[position] ^= 8
        with pytest.raises(Exception) as caught:  # noqa: PT011  # the kind depends on which octet it was
            read_request(bytes(damaged))
        assert type(caught.value).__module__.startswith("chalicelib."), (position, caught.value)


def test_R21_a_signature_of_no_octets_is_refused() -> None:
    good = request(KEYS["P-256"])
    with pytest.raises((CsrSignatureInvalid, CsrMalformed)):
        read_request(good[:-72])
