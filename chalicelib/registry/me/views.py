"""What is answered to a change, by the person's own door and by the office's."""

from __future__ import annotations

import base64
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.registry.receipts import Receipt

OWN: Final = MappingProxyType({"Cache-Control": "no-store"})


class ChangeBegun(msgspec.Struct):
    """A code was sent to the new address; until it is typed, the old one remains in use."""

    expires_at: datetime


class ActReceipt(msgspec.Struct):
    """The proof of what was done."""

    receipt_pdf: str
    """Base64."""
    verification_code: str


def act_receipt(receipt: Receipt) -> ActReceipt:
    """A receipt as JSON carries it."""
    return ActReceipt(base64.b64encode(receipt.pdf).decode(), receipt.verification_code)
