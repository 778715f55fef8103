"""The inbox of an app: messages wait there, encrypted to the app's own key, until it fetches them (C25, F14).

JSON Web Encryption (RFC 7516) with ECDH-ES (RFC 7518 section 4.6) and AES-256-GCM: what lies in the table,
and what goes over the wire, only the telephone opens. A service that pushes may wake the app one day; nothing
here depends on one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct

from chalicelib.aws.tables import Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.notices.tables import InboxRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY: Final = "key"
CLOCKS: Final = timedelta(minutes=2)
"""How far an app's clock may be off when it signs. A request seen again brings what only the app can read."""
KEPT: Final = timedelta(days=2)
APP_ID: Final = re.compile("[0-9a-f]{32}")


class AppKeyInvalid(Problem):
    """An app has a key on P-256, and shows that it has it by a signature."""

    slug = "app-key-invalid"
    status = 422
    title = "This is no P-256 key, or the signature was not made with it"


class AppRefused(Problem):
    """No such app, one that was removed, or a signature that is wrong or too old. Which is not told."""

    slug = "app-refused"
    status = 401
    title = "This app is not registered, or its clock is wrong"


class Waiting(Struct, frozen=True):
    """A message that waits in an inbox."""

    sealed: str
    until: datetime


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """A P-256 key from the base64 of its SubjectPublicKeyInfo.

    Raises:
        AppKeyInvalid
    """
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except Exception as error:  # the library raises of many kinds for what strangers send
        raise AppKeyInvalid(field="public_key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise AppKeyInvalid(field="public_key")
    return key


def signed_by(key: ec.EllipticCurvePublicKey, signature: str, text: str) -> bool:
    """Whether this is the key's ECDSA signature (DER, base64) of a text, with SHA-256."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def open_inbox(transaction: Transaction, app: str, key: str) -> None:
    """An inbox for an app; one key has one, whoever's it is."""
    transaction.put_new("inbox", InboxRow(app, KEY, public_key=key))


def close_inbox(transaction: Transaction, app: str, now: datetime) -> None:
    """Nothing is laid into it any more, and nobody fetches."""
    transaction.update("inbox", InboxRow(app, KEY), [InboxRow.removed_at.set(now)])


def deliver(cloud: Cloud, app: str, message: str, text: str, until: datetime) -> None:
    """Lay a message into an inbox. Delivered twice it is there once.

    Raises:
        AppRefused: the app was removed.
    """
    row = InboxRow.find(app, KEY)
    if row is None or row.removed_at is not None or row.public_key is None:
        raise AppRefused
    secret = ec.derive_private_key(
        int.from_bytes(cloud.entropy(40), "big") % (_ORDER - 1) + 1, ec.SECP256R1()
    )
    sealed = encrypt(public_key(row.public_key), text.encode(), secret, cloud.entropy(12))
    item = InboxRow(app, f"message#{hashlib.sha256(message.encode()).hexdigest()[:32]}")
    actions = [InboxRow.sealed.set(sealed), InboxRow.until.set(until), InboxRow.expires.set(until + KEPT)]
    change(item, actions)


def fetch(cloud: Cloud, app: str, at: int, signature: str) -> list[Waiting]:
    """What waits for an app that proves to be itself; the same again, until it is out of date.

    Raises:
        AppRefused
    """
    now = cloud.now()
    if not APP_ID.fullmatch(app):
        raise AppRefused  # what no key of a table could be
    items = listed(InboxRow.query(app, consistent_read=True))
    row = next((item for item in items if item.item == KEY), None)
    if row is None or row.removed_at is not None or row.public_key is None:
        raise AppRefused
    if abs(now.timestamp() - at) > CLOCKS.total_seconds():
        raise AppRefused
    if not signed_by(public_key(row.public_key), signature, fetching(app, at)):
        raise AppRefused
    return [
        Waiting(str(item.sealed), item.until)
        for item in sorted(items, key=lambda item: item.until or now)
        if item.sealed is not None and item.until is not None and item.until >= now
    ]


def fetching(app: str, at: int) -> str:
    """What an app signs to fetch its messages."""
    return f"clavero/inbox/1\n{app}\n{at}"


def encrypt(
    key: ec.EllipticCurvePublicKey, content: bytes, secret: ec.EllipticCurvePrivateKey, iv: bytes
) -> str:
    """A JWE in compact form, ECDH-ES and A256GCM, with a key agreed on for this content alone."""
    numbers = secret.public_key().public_numbers()
    epk = {"kty": "EC", "crv": "P-256", "x": _b64(_octets(numbers.x)), "y": _b64(_octets(numbers.y))}
    header = _b64(json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "epk": epk}, sort_keys=True).encode())
    agreed = derive(secret.exchange(ec.ECDH(), key), b"A256GCM", 32)
    sealed = AESGCM(agreed).encrypt(iv, content, header.encode())
    return f"{header}..{_b64(iv)}.{_b64(sealed[:-16])}.{_b64(sealed[-16:])}"


def derive(shared: bytes, algorithm: bytes, octets: int, sender: bytes = b"", receiver: bytes = b"") -> bytes:
    """Concat KDF (NIST SP 800-56A 5.8.1) as RFC 7518 section 4.6.2 uses it."""
    parts = [len(part).to_bytes(4, "big") + part for part in (algorithm, sender, receiver)]
    info = b"".join(parts) + (octets * 8).to_bytes(4, "big")
    return ConcatKDFHash(hashes.SHA256(), octets, info).derive(shared)


_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (FIPS 186-4 D.1.2.3): 320 random bits taken modulo it favour no key noticeably (B.4.1)."""


def _octets(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
