"""What is answered to whoever suspends a certificate, or has it back."""

from __future__ import annotations

from datetime import datetime

import msgspec


class SuspensionReceipt(msgspec.Struct):
    """A suspension."""

    issuer: str
    serial: str
    suspended_at: datetime
    decided_at: datetime
    """When it becomes a revocation by itself, unless it is lifted until then."""
    first: bool
    """False if it had been suspended before."""


class ReinstatementReceipt(msgspec.Struct):
    """The end of a suspension: the certificate is as good as before."""

    issuer: str
    serial: str
    reinstated_at: datetime
    first: bool
    """False if it had been reinstated before."""
