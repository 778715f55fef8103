"""Redsys, the gateway of Spanish banks: the redirection form and its signed notifications.

Redsys, "Firmar una operación" and "Manual de integración, redirección" (RS.TE.CEL.MAN.0039). A card number
is typed at the gateway and never comes here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msgspec import Struct

from chalicelib.errors import Problem

EUR: Final = "978"
"""ISO 4217, as the gateway writes currencies."""
AUTHORISATION: Final = "0"
"""The transaction type of a plain payment."""
CARD_ONLY: Final = "C"
"""A14: a credit or debit card is the only way to pay."""
ORDER: Final = re.compile(r"[0-9]{4}[0-9A-Za-z]{0,8}")
LANGUAGES: Final[Mapping[str, str]] = MappingProxyType({"es": "001", "en": "002", "ca": "010"})
"""Consumer languages; 010 is Valencian."""
_ORDER_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_AUTHORISATION_CODE: Final = re.compile(r"[0-9A-Za-z]{1,6}")


class NotificationMalformed(Problem):
    """The notification is not in the gateway's form."""

    slug = "payment-notification-malformed"
    status = 422
    title = "This is no notification of the payment gateway"


class SignatureWrong(Problem):
    """The notification was not signed with the merchant's key."""

    slug = "payment-signature-wrong"
    status = 403
    title = "The notification does not bear the payment gateway's signature"


class BadMerchantKey(Problem):
    """The operator's key is not one of Redsys."""

    slug = "payment-key-bad"
    status = 500
    title = "The payment gateway is not configured rightly"


class Notification(Struct, frozen=True):
    """What the gateway says of one order. Nothing of the card is read."""

    order: str
    cents: int
    currency: str
    merchant: str
    terminal: int
    transaction_type: str
    response: str
    authorisation: str
    """The bank's code; empty when it refused."""

    @property
    def authorised(self) -> bool:
        """0000 to 0099; everything else is a refusal."""
        return int(self.response) <= 99


class Envelope(Struct, frozen=True):
    """The three signed fields that go and come."""

    version: str
    parameters: str
    signature: str

    def fields(self) -> dict[str, str]:
        """As the form sends them."""
        return {
            "Ds_SignatureVersion": self.version,
            "Ds_MerchantParameters": self.parameters,
            "Ds_Signature": self.signature,
        }


def _sign_sha256_v1(key: str, order: str, parameters: str) -> str:
    """HMAC_SHA256_V1: a key for the order by 3DES-CBC with a zero IV and zero padding, then HMAC-SHA-256."""
    # Here, since most requests of a function need no 3DES.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

    try:
        secret = TripleDES(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadMerchantKey from error
    clear = order.encode()
    encryptor = Cipher(secret, modes.CBC(bytes(8))).encryptor()
    derived = encryptor.update(clear + bytes(-len(clear) % 8)) + encryptor.finalize()
    return base64.b64encode(hmac.digest(derived, parameters.encode(), "sha256")).decode()


def _sign_sha512_v2(key: str, order: str, parameters: str) -> str:
    """HMAC_SHA512_V2: AES-128-CBC with a zero IV and PKCS#7 under the key's first 16 characters as they are
    written, and HMAC-SHA-512 under the *base64 text* of that."""
    if len(key) < 16 or not key.isascii():
        raise BadMerchantKey
    padder = padding.PKCS7(128).padder()
    clear = padder.update(order.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key[:16].encode()), modes.CBC(bytes(16))).encryptor()
    derived = base64.b64encode(encryptor.update(clear) + encryptor.finalize())
    signed = hmac.digest(derived, parameters.encode(), "sha512")
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


_SIGNERS: Final[Mapping[str, Callable[[str, str, str], str]]] = MappingProxyType(
    {"HMAC_SHA256_V1": _sign_sha256_v1, "HMAC_SHA512_V2": _sign_sha512_v2}
)
VERSIONS: Final = tuple(_SIGNERS)


def signature(version: str, key: str, order: str, parameters: str) -> str:
    """The signature of encoded parameters.

    Raises:
        BadMerchantKey
    """
    return _SIGNERS[version](key, order, parameters)


def seal(version: str, key: str, order: str, parameters: Mapping[str, str]) -> Envelope:
    """Parameters, encoded and signed.

    Raises:
        BadMerchantKey
    """
    text = json.dumps(parameters, ensure_ascii=True, separators=(",", ":")).encode()
    encoded = base64.b64encode(text).decode()
    if version == "HMAC_SHA512_V2":  # without padding and safe in addresses, else SIS0430
        encoded = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    return Envelope(version, encoded, signature(version, key, order, encoded))


def read_envelope(body: bytes) -> Envelope:
    """The fields of a form as the gateway posts it.

    Raises:
        NotificationMalformed
    """
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20)
        return Envelope(
            *(_one(fields, name) for name in ("Ds_SignatureVersion", "Ds_MerchantParameters", "Ds_Signature"))
        )
    except (ValueError, KeyError) as error:
        raise NotificationMalformed from error


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    """The only value of a field."""
    (value,) = fields[name]
    # A client that does not encode + makes a space of it, which base64 has not.
    return value.replace(" ", "+")


def open_envelope(envelope: Envelope, key: str) -> Notification:
    """What the gateway says, if it is the gateway that says it.

    Raises:
        NotificationMalformed, SignatureWrong, BadMerchantKey
    """
    said = _decoded(envelope.parameters)
    order = said.get("Ds_Order", "")
    if envelope.version not in _SIGNERS or not ORDER.fullmatch(order):
        raise NotificationMalformed
    expected = octets_of(signature(envelope.version, key, order, envelope.parameters))
    if not hmac.compare_digest(expected, octets_of(envelope.signature)):
        raise SignatureWrong
    authorisation = said.get("Ds_AuthorisationCode", "").strip("+ ")
    try:
        return Notification(
            order=order,
            cents=_number(said["Ds_Amount"], 12),
            currency=said["Ds_Currency"],
            merchant=said["Ds_MerchantCode"],
            terminal=_number(said["Ds_Terminal"], 3),
            transaction_type=said["Ds_TransactionType"],
            response=f"{_number(said['Ds_Response'], 4):04d}",
            authorisation=authorisation if _AUTHORISATION_CODE.fullmatch(authorisation) else "",
        )
    except KeyError as error:
        raise NotificationMalformed from error


def new_order(octets: bytes) -> str:
    """An order number: four digits, then eight signs. `octets`: 8 of them, unpredictable or a digest."""
    number = int.from_bytes(octets[:8], "big")
    head, rest = number % 10_000, number // 10_000
    return f"{head:04d}" + "".join(_ORDER_SIGNS[rest >> 5 * place & 31] for place in range(8))


def _decoded(parameters: str) -> dict[str, str]:
    try:
        said = json.loads(octets_of(parameters))
    except (ValueError, RecursionError) as error:
        raise NotificationMalformed from error
    if not isinstance(said, dict):
        raise NotificationMalformed
    return {str(name): str(value) for name, value in said.items() if isinstance(value, str | int)}


def octets_of(text: str) -> bytes:
    """What base64 says, in either alphabet, padded or not.

    Raises:
        NotificationMalformed
    """
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotificationMalformed from error


def _number(text: str, digits: int) -> int:
    if not re.fullmatch(rf"[0-9]{{1,{digits}}}", text):
        raise NotificationMalformed
    return int(text)
