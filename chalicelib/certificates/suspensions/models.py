"""What is asked and answered of whoever suspends a certificate, or has it back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta


class MyCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the person's certificates, by its issuer and serial number."""

    issuer: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    serial: Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}$(?!\n)")]


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
