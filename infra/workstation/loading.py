"""Loading one card: what the workstation does between the holder's code and the certificate in the card.

Nothing is remembered outside the card, and nothing has to be: after any interruption the same card with the
same code goes on where it stopped. A key without a certificate is used again, and the authority gives the
same certificate for it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Post = Callable[[str, dict[str, Any]], tuple[int, bytes]]
"""POST of JSON in the officer's session: the status and the body of the answer."""
Attest = Callable[[PublicKey], list[str]]
"""The card's attestation of its key, PEM, the certificate of the key first; none where it can make none."""

_SEQUENCE, _INTEGER, _BIT_STRING, _ATTRIBUTES = 0x30, 0x02, 0x03, 0xA0
# RFC 5758 section 3.2 (no parameters) and RFC 4055 section 5 (NULL).
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")


class LoadingRefused(Exception):
    """The authority refused, or gave something that is not this card's certificate."""


class CardInReader(Protocol):
    """A card as the workstation needs it."""

    @property
    def model(self) -> str: ...
    @property
    def serial(self) -> str: ...
    def public_key(self) -> PublicKey | None: ...
    def certificate(self) -> x509.Certificate | None: ...
    def make_key(self) -> PublicKey: ...
    def sign(self, data: bytes) -> bytes: ...
    def write(self, certificate: bytes) -> None: ...


@dataclass(frozen=True)
class Loaded:
    """A card that is done."""

    certificate: x509.Certificate
    answer: dict[str, Any]
    """What the authority said: profile, number, and whether the device was proved."""


def load(card: CardInReader, *, code: str, point: str, post: Post, attest: Attest) -> Loaded:
    """Make a key in the card, have it certified, write the certificate, and prove that both fit.

    Raises:
        LoadingRefused, and what the card raises.
    """
    if card.certificate() is not None:
        raise LoadingRefused("this card is loaded already")
    key = card.public_key() or card.make_key()
    body = {
        "code": code,
        "csr": request_for(key, card.sign),
        "card": {"model": card.model, "serial": card.serial},
        "attestation": attest(key),
    }
    status, answer = post(f"/v1/registration-points/{point}/card-loadings", body)
    told: dict[str, Any] = json.loads(answer)
    if status != 200:
        raise LoadingRefused(f"{told.get('slug')}: {told.get('detail') or told.get('title')}")
    certificate = x509.load_pem_x509_certificate(told["certificate"].encode())
    if certificate.public_key() != key:
        raise LoadingRefused("the certificate is not of this card's key")
    card.write(certificate.public_bytes(Encoding.DER))
    _prove(card, certificate)
    return Loaded(certificate, told)


def request_for(key: PublicKey, sign: Callable[[bytes], bytes]) -> str:
    """A PKCS#10 request (RFC 2986) with an empty name, signed by whoever has the key."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    to_sign = _der(_SEQUENCE, _der(_INTEGER, b"\0") + _der(_SEQUENCE, b"") + spki + _der(_ATTRIBUTES, b""))
    algorithm = _RSA_SHA256 if isinstance(key, rsa.RSAPublicKey) else _ECDSA_SHA256
    signed = _der(_SEQUENCE, to_sign + algorithm + _der(_BIT_STRING, b"\0" + sign(to_sign)))
    request = x509.load_der_x509_csr(signed)
    if not request.is_signature_valid:
        raise LoadingRefused("the card's signature does not verify with the card's key")
    return request.public_bytes(Encoding.PEM).decode()


def _prove(card: CardInReader, certificate: x509.Certificate) -> None:
    """What the card gives back is what was written, and its key is the certificate's."""
    if card.certificate() != certificate:
        raise LoadingRefused("the card does not give back the certificate that was written")
    data, key = secrets.token_bytes(32), certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(card.sign(data), data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(card.sign(data), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise LoadingRefused("the card signs with another key than the certificate's") from error


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
