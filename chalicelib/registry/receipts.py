"""Receipts: a PDF for the person, with a secure verification code by which anybody can check it later.

The PDF itself is not kept: its hash is, with what may be told to whoever has the code. A proof of
registration carries the activation code (C19).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import ACTIVATION, CROCKFORD, grouped
from chalicelib.errors import NotFound
from chalicelib.notices.receipt import ReceiptSheet, render
from chalicelib.registry.account_tables import ReceiptRow
from chalicelib.registry.contact import mask_nif

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

OCTETS = 10
"""80 random bits make 16 signs of Crockford's base 32."""


@dataclass(frozen=True)
class Receipt:
    """A receipt as handed over, once."""

    pdf: bytes
    verification_code: str


@dataclass(frozen=True)
class Verified:
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
            verification_code="-".join(code[at : at + 4] for at in range(0, 16, 4)),
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


def verify_receipt(code: str) -> Verified:
    """What was certified under a verification code.

    Raises:
        NotFound
    """
    row = ReceiptRow.find(_row_id("".join(code.split()).replace("-", "").upper()))
    if row is None:
        raise NotFound
    return Verified(row.kind, row.masked_nif, row.at, row.sha256)


def _row_id(code: str) -> str:
    # 80 random bits: a plain hash keeps whoever reads the table from asking in somebody's name.
    return hashlib.sha256(code.encode()).hexdigest()
