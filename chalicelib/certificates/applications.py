"""The states of an application by an identification, in person or by video, and which may follow which.

What is stored are dates, and which certificates rest on it; this is the one place that says what they mean
together. One on line has no code to wait for: it begins with its certificate (certificates/online.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import IdentificationRow

State = Literal["identified", "active", "expired", "withdrawn", "signing", "used", "stopped"]

AFTER: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        # No code yet: a fee is to be paid (A11), or something failed before the grant.
        "identified": frozenset({"active", "expired", "withdrawn"}),
        # A code lives. Another one that takes its place changes nothing else (F05).
        "active": frozenset({"expired", "withdrawn", "signing", "used"}),
        # Nothing brings a lapsed code back (A20, A21).
        "expired": frozenset({"withdrawn"}),
        "withdrawn": frozenset(),
        # The code is spent, and what is to be signed is recorded.
        "signing": frozenset({"used", "stopped"}),
        # From here on the certificate has a life of its own (pki/states.py).
        "used": frozenset(),
        # Revoked or withdrawn before it was signed.
        "stopped": frozenset(),
    }
)
"""What may become of each."""


def state_of(row: IdentificationRow, certificates: Iterable[CertificateRow], now: datetime) -> State:
    """Where an application stands.

    Args:
        certificates: the person's; those that rest on something else are not looked at.
    """
    mine = [each for each in certificates if each.evidence == f"identification:{row.id}"]
    if any(each.state == "issued" for each in mine):
        return "used"
    if mine:
        ended = row.withdrawn_at is not None or all(each.revoked_at is not None for each in mine)
        return "stopped" if ended else "signing"
    if row.withdrawn_at is not None:
        return "withdrawn"
    if expires_at(GENERATION, row.identified_at) < now:
        return "expired"
    return "active" if int(row.grants) else "identified"
