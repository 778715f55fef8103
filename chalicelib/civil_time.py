"""Civil dates of peninsular Spain (time zone Europe/Madrid), where every deadline and age is counted."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@functools.cache
def madrid() -> ZoneInfo:
    """The time zone, read when it is first needed."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Madrid")


def in_madrid(moment: datetime) -> datetime:
    """The same moment as a clock in Madrid shows it."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no date")  # R30
    return moment.astimezone(madrid())


def date_in_madrid(moment: datetime) -> date:
    return in_madrid(moment).date()


def first_second_of(day: date) -> datetime:
    """00:00:00 of `day` in Madrid, as UTC."""
    return datetime.combine(day, time(), tzinfo=madrid()).astimezone(UTC)


def last_second_of(day: date) -> datetime:
    """23:59:59 of `day` in Madrid, as UTC: 21:59:59 in summer, 22:59:59 in winter."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=madrid()).astimezone(UTC)
