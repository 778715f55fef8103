"""The states of a certificate, and which may follow which: nothing leads back from `revoked` (R13).

What is stored are dates; this is the one place that says what they mean together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from chalicelib.pki.tables import CertificateRow

State = Literal["signing", "issued", "held", "revoked", "expired"]

AFTER: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        # Reserved: what is to be signed is recorded. One that is never signed is revoked, or stays.
        "signing": frozenset({"issued", "revoked", "expired"}),
        "issued": frozenset({"held", "revoked", "expired"}),
        # The one state that goes back, for seven days.
        "held": frozenset({"issued", "revoked"}),
        # It may come out later that the key was known to others before the end.
        "expired": frozenset({"revoked"}),
        "revoked": frozenset(),
    }
)
"""What may become of each. A hold never outlasts its certificate, so that it never ends by expiring."""


def state_of(row: CertificateRow, now: datetime) -> State:
    """Where a certificate stands."""
    if row.revoked_at is not None:
        return "revoked"
    if row.held_at is not None:
        return "held"
    if row.not_after < now:
        return "expired"
    return "issued" if row.state == "issued" else "signing"
