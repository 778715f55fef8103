"""The guardian's part in a minor's certificates (X04, F17), and its end on the eighteenth birthday.

Nothing is stored of it but what the evidence says. Whether a guardian may act is computed for the day: so it
ends by itself, with the first second of the birthday in Madrid, for everybody and on every way at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Final

from chalicelib.civil_time import madrid
from chalicelib.errors import Problem
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.identified import Identified
from chalicelib.registry.people import ADULT, age_on

TOLD_BEFORE: Final = 7
"""Days before the birthday on which the holder is told; and again on the day."""
BIRTHDAY: Final = "birthday"
"""The kind of duty."""

GUARDED: Final = "guarded"
ALONE: Final = "alone"
MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (GUARDED, "eighteenth-birthday"): ALONE,
        # Shown at a later identification; a guardian has no part from then on.
        (GUARDED, "emancipated"): ALONE,
    }
)
"""There is no way back: nobody grows younger, and emancipation is not undone (Civil Code, art. 241)."""


class GuardianshipEnded(Problem):
    """The holder is of age, or emancipated: nobody asks for anything in the own right of a guardian."""

    slug = "guardianship-ended"
    status = 422
    title = "The holder is of age or emancipated, and acts alone"


def of_age_on(birth_date: date) -> date:
    """The eighteenth birthday, as ages are counted (1 March for who was born on 29 February)."""
    year = birth_date.year + ADULT
    leap_day = (birth_date.month, birth_date.day) == (2, 29)
    common = year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)
    return date(year, 3, 1) if leap_day and common else birth_date.replace(year=year)


def of_age_at(birth_date: date) -> datetime:
    """The first second of that day in Madrid."""
    return datetime.combine(of_age_on(birth_date), time(0), tzinfo=madrid())


def state_on(day: date, evidence: Evidence) -> str:
    """Whether the holder has somebody beside, by the newest evidence."""
    state = GUARDED if evidence.guardian is not None else ALONE
    if evidence.emancipated is not None:
        state = MOVES.get((state, "emancipated"), state)
    if age_on(day, evidence.birth_date) >= ADULT:
        state = MOVES.get((state, "eighteenth-birthday"), state)
    return state


def require_guardian(newest: Identified | None, number: str, day: date) -> str:
    """What a person who shows this document number is to a minor, by the newest evidence of the minor.

    Raises:
        GuardianshipEnded
        LookupError: somebody else.
    """
    # Nobody who was identified by video has a guardian: they are of age (registry/video/proof.py).
    if not isinstance(newest, Evidence) or state_on(day, newest) == ALONE:
        raise GuardianshipEnded
    guardian = newest.guardian
    if guardian is None or guardian.document.number != number:
        raise LookupError
    return str(guardian.relationship)
