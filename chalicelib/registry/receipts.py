"""Receipts: a PDF for the person, with a secure verification code by which anybody can check it later.

The PDF itself is not kept: its hash is, with what may be told to whoever has the code. A proof of
registration carries the activation code (C19).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import ACTIVATION, CROCKFORD, grouped, normalise
from chalicelib.errors import NotFound
from chalicelib.notices.receipt import ReceiptSheet, render
from chalicelib.registry.account_tables import ReceiptRow
from chalicelib.registry.contact import mask_nif

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REPEATED_WITHIN = timedelta(hours=1)
"""How long whoever sends a request again, because its answer was lost, gets its receipt."""
OCTETS = 10
"""80 random bits make 16 signs of Crockford's base 32."""


class Receipt(msgspec.Struct, frozen=True):
    """A receipt as handed over, once."""

    pdf: bytes
    verification_code: str


class Verified(msgspec.Struct, frozen=True):
    """What a receipt's code tells about it."""

    kind: str
    masked_nif: str
    at: datetime
    sha256: str


def make_receipt(
    cloud: Cloud,
    transaction: Transaction,
    *,
    kind: str,
    holder: str,
    nif: str,
    language: str,
    method: str = "",
    activation_code: str = "",
    details: tuple[tuple[str, str], ...] = (),
) -> Receipt:
    """A receipt, recorded in the transaction of what it certifies."""
    now = cloud.now()
    number = int.from_bytes(cloud.entropy(OCTETS), "big")
    code = "".join(CROCKFORD[number >> 5 * at & 31] for at in range(16))
    settings = cloud.settings
    pdf = render(
        ReceiptSheet(
            organisation=settings.organisation,
            kind=kind,
            method=method,
            masked_nif=mask_nif(nif),
            activation_code=grouped(ACTIVATION, activation_code) if activation_code else "",
            verification_code=grouped(ACTIVATION, code, "-"),
            verify_at=f"{settings.api_url}/v1/receipts",
            phone=settings.help_phone,
            language=language,
            at=now,
            details=details,
        )
    )
    transaction.put_new(
        "receipt",
        ReceiptRow(
            _row_id(code),
            kind=kind,
            holder=holder,
            masked_nif=mask_nif(nif),
            at=now,
            sha256=hashlib.sha256(pdf).hexdigest(),
        ),
    )
    return Receipt(pdf, code)


def repeat_receipt(
    cloud: Cloud, *, kind: str, holder: str, nif: str, language: str, actor: str = ""
) -> Receipt:
    """Another receipt of what was done, for whoever asks again because the answer was lost.

    Raises:
        Unavailable
    """
    transaction = Transaction()
    receipt = make_receipt(cloud, transaction, kind=kind, holder=holder, nif=nif, language=language)
    note_repeated(cloud, transaction, kind=kind, holder=holder, actor=actor)
    transaction.commit()
    return receipt


def note_repeated(cloud: Cloud, transaction: Transaction, *, kind: str, holder: str, actor: str = "") -> None:
    """The event of a receipt that was given again."""
    event = Event("receipt.repeated", holder, actor or holder, cloud.now(), details={"kind": kind})
    record(transaction, event, cloud.entropy(12))


def verify_receipt(code: str) -> Verified:
    """What was certified under a verification code.

    Raises:
        NotFound
    """
    # Of the same signs as an activation code, so that O, I and L are read as the digits they look like.
    typed = normalise(ACTIVATION, code)
    row = ReceiptRow.find(_row_id(typed)) if typed else None
    if row is None:
        raise NotFound
    return Verified(row.kind, row.masked_nif, row.at, row.sha256)


def _row_id(code: str) -> str:
    # 80 random bits: a plain hash keeps whoever reads the table from asking in somebody's name.
    return hashlib.sha256(code.encode()).hexdigest()
