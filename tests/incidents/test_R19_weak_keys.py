"""R19: weak keys (ROCA in the Estonian cards of 2017, Fermat, small factors, points off the curve)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.pki.csr import CsrMalformed, KeyWeak, read_request
from chalicelib.pki.key_types import KeyTypeNotAccepted
from chalicelib.pki.weak_keys import weakness
from tests.incidents import weak_moduli

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("make", "name"),
    [(weak_moduli.roca, "roca"), (weak_moduli.fermat, "fermat"), (weak_moduli.small_factor, "smallfactors")],
)
def test_R19_a_weak_modulus_is_refused(make: Callable[[], tuple[int, int]], name: str) -> None:
    """The request is in order but for the key: whoever knows the weakness could sign as this citizen."""
    primes = make()
    assert weakness(rsa.RSAPublicNumbers(65537, primes[0] * primes[1]).public_key()) == name
    with pytest.raises(KeyWeak):
        read_request(weak_moduli.as_request(primes))


def test_R19_sound_keys_pass() -> None:
    """No false alarm among fresh keys of each accepted kind."""
    for size in (2048, 3072):
        assert weakness(rsa.generate_private_key(65537, size).public_key()) is None
    assert weakness(ec.generate_private_key(ec.SECP256R1()).public_key()) is None


def test_R19_the_exponent_is_65537() -> None:
    """A small exponent, or an enormous one that slows every verifier, is refused before it is used."""
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    for exponent in (3, 65539, (1 << 32) + 1):
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        with pytest.raises(KeyTypeNotAccepted):
            read_request(_with_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)))


def test_R19_a_point_off_its_curve_is_refused() -> None:
    """An invalid point leaks the other side's secret in a key agreement; no holder has such a key."""
    spki = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(CsrMalformed):
        read_request(_with_key(spki[:-1] + bytes([spki[-1] ^ 1])))


@asn1.sequence
class _Request:
    """CertificationRequest, to change what was signed."""

    info: asn1.TLV
    algorithm: asn1.TLV
    signature: asn1.BitString


@asn1.sequence
class _Info:
    version: int
    subject: asn1.TLV
    key: asn1.TLV
    attributes: asn1.TLV


def _with_key(spki: bytes) -> bytes:
    """A request whose key was exchanged after it was signed."""
    csr = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(KEY, hashes.SHA256())
    request = asn1.decode_der(_Request, csr.public_bytes(Encoding.DER))
    info = asn1.decode_der(_Info, csr.tbs_certrequest_bytes)
    info.key = asn1.decode_der(asn1.TLV, spki)
    request.info = asn1.decode_der(asn1.TLV, asn1.encode_der(info))
    return asn1.encode_der(request)
