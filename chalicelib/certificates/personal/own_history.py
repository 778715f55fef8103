"""What happened to a person's account and certificates, and what became of generation codes (F05, Q11)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from chalicelib.audit.events import Event, of_object
from chalicelib.aws.tables import listed
from chalicelib.certificates.applications import state_of
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.login.citizens import Citizen
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import IdentificationRow

MOST: Final = 200
"""Events shown, the newest."""
CERTIFICATES: Final = 10
"""Certificates whose events are shown, the newest."""
TOLD: Final = frozenset({"method", "way", "reason", "channel", "act"})
"""Details that say something to a person; the others are ids and digests."""


class OwnEvent(Struct, frozen=True):
    """One act."""

    at: datetime
    act: str
    about: str
    """`account`, or the serial number of a certificate."""
    by: str
    """`you`, `office` or `service`: which officer it was is the office's to say."""
    details: dict[str, str]


class OwnCode(Struct, frozen=True):
    """A generation code, of which nobody keeps more than what became of it."""

    identified_at: datetime
    expires_at: datetime
    state: str
    """`active`, `expired`, `withdrawn`, `signing` (used, and its certificate is not there yet), `used`,
    or `stopped` (before there was one)."""


def events(citizen: Citizen, rows: list[CertificateRow]) -> list[OwnEvent]:
    """The newest first."""
    found = [_event(event, citizen.holder, "account") for event in of_object(citizen.holder, MOST)]
    for row in rows[:CERTIFICATES]:
        serial = f"{row.serial:x}"
        found += [_event(each, citizen.holder, serial) for each in of_object(f"certificate:{row.id}", MOST)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:MOST]


def codes(citizen: Citizen, rows: list[CertificateRow], now: datetime) -> list[OwnCode]:
    """Of each identification its newest code, the newest first: it is read from the identification, and not
    from the code, which only the authority can."""
    found = listed(IdentificationRow.by_person.query(citizen.holder, scan_index_forward=False, limit=50))
    return [
        OwnCode(row.identified_at, expires_at(GENERATION, row.identified_at), state_of(row, rows, now))
        for row in found
        if int(row.grants)
    ]


def _event(event: Event, holder: str, about: str) -> OwnEvent:
    by = "you" if event.actor == holder else "office" if event.actor.startswith("officer:") else "service"
    details = {name: value for name, value in event.details.items() if name in TOLD}
    return OwnEvent(event.at, event.act, about, by, details)
