"""Compromised keys: one report finds every certificate of a key, and bars the key for good (R16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from chalicelib.aws.tables import Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import OPEN, KeyRow

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

LABEL = "compromised key"
NOBODY = "nobody"
"""The holder of a key that was reported before anybody had it certified."""


class KeyUnreadable(Problem):
    """The report holds no key that we can read."""

    slug = "key-unreadable"
    status = 400
    title = "Send a certificate, a request, a public key or a private key, in PEM or DER"


def _of_private(load: Callable[..., object]) -> Callable[[bytes], object]:
    return lambda data: load(data, password=None).public_key()  # type: ignore[attr-defined]


READERS: tuple[Callable[[bytes], object], ...] = (
    lambda data: x509.load_pem_x509_certificate(data).public_key(),
    lambda data: x509.load_der_x509_certificate(data).public_key(),
    lambda data: x509.load_pem_x509_csr(data).public_key(),
    lambda data: x509.load_der_x509_csr(data).public_key(),
    _of_private(load_pem_private_key),
    _of_private(load_der_private_key),
    load_pem_public_key,
    load_der_public_key,
)


def key_of_report(data: bytes) -> str:
    """The name (SHA-256 of SPKI) of the key in a report, in whatever form it came: PKCS#1, #8, #10, X.509.

    Raises:
        KeyUnreadable
    """
    for read in READERS:
        try:
            key: CertificatePublicKeyTypes = read(data)  # type: ignore[assignment]
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return spki_sha256(key)
    raise KeyUnreadable


def bar_key(transaction: Transaction, spki: str, now: datetime, *, first: bool = False) -> None:
    """Note in a transaction that a key is compromised: from then on nobody has it certified.

    The first date stays, and so does the holder, if there is one. The key waits to be swept: whatever
    happens to the caller, its certificates are found and revoked.

    Args:
        first: let the transaction fail, by LABEL, if it was barred before.
    """
    transaction.update(
        LABEL,
        KeyRow(spki),
        [
            KeyRow.compromised_at.set(KeyRow.compromised_at | now),
            KeyRow.holder.set(KeyRow.holder | NOBODY),
            KeyRow.sweep.set(OPEN),
        ],
        KeyRow.compromised_at.does_not_exist() if first else None,
    )


def certificates_with(spki: str) -> list[str]:
    """The ids of every certificate of a key, whatever its state."""
    key = KeyRow.find(spki)
    return sorted((key.certificates or ()) if key else ())


def note_swept(spki: str) -> None:
    """Every certificate of a barred key is revoked. There will be no other one."""
    change(KeyRow(spki), [KeyRow.sweep.remove()], KeyRow.sweep == OPEN)


def to_sweep(limit: int) -> list[str]:
    """Barred keys of which certificates may still stand, the oldest report first."""
    return [str(row.spki) for row in listed(KeyRow.to_sweep.query(OPEN, limit=limit))]
