"""Nobody acts in the own cause (R25): an officer who is the holder, the guardian or the proxy leaves it to a
colleague.

Whoever judges who somebody is vouches for it to third parties. Said of oneself it is worth nothing, and an
officer who stands in for a citizen would be asked by nobody. People are known by the numbers on their
documents; an officer's are in the appointment.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chalicelib.errors import Problem
from chalicelib.registry.appointment import Appointment
from chalicelib.registry.documents import tidy
from chalicelib.registry.evidence import Evidence, ProxyPresence
from chalicelib.registry.identified import Identified
from chalicelib.registry.officers import Officer
from chalicelib.registry.tables import OfficerRow


class OwnCase(Problem):
    """Nobody decides in the own cause."""

    slug = "own-case"
    status = 403
    title = "This is your own case"


def nif_of(row: OfficerRow) -> str:
    """The officer's own NIF."""
    return appointment_of(row).nif


def appointment_of(row: OfficerRow) -> Appointment:
    """What an operator wrote of the officer."""
    return msgspec.json.decode(row.evidence, type=Appointment)


def is_own(row: OfficerRow, numbers: Iterable[str]) -> bool:
    """Whether one of these numbers, however it is written, is on this officer's own document."""
    appointment = appointment_of(row)
    return not {appointment.nif, appointment.document.number}.isdisjoint(map(tidy, numbers))


def not_own(officer: Officer, *numbers: str) -> None:
    """Refuse what an officer does for the own self.

    Args:
        numbers: the NIF of the holder, and the document of everybody who has a part in it.

    Raises:
        OwnCase
    """
    if is_own(officer.row, numbers):
        raise OwnCase


def numbers_in(evidence: Identified) -> tuple[str, ...]:
    """Everybody who has a part in an identification: the holder, a guardian, a proxy."""
    if not isinstance(evidence, Evidence):
        return (evidence.nif,)  # by video people come alone
    company = [evidence.guardian.document.number] if evidence.guardian else []
    if isinstance(evidence.presence, ProxyPresence):
        company.append(evidence.presence.document.number)
    return (evidence.nif, evidence.document.number, *company)
