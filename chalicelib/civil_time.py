"""Civil dates of peninsular Spain (time zone Europe/Madrid), where every deadline and age is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

MADRID = ZoneInfo("Europe/Madrid")


def in_madrid(moment: datetime) -> datetime:
    """The same moment as a clock in Madrid shows it."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no date")  # R30
    return moment.astimezone(MADRID)


def date_in_madrid(moment: datetime) -> date:
    return in_madrid(moment).date()


def last_second_of(day: date) -> datetime:
    """23:59:59 of `day` in Madrid, as UTC: 21:59:59 in summer, 22:59:59 in winter."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=MADRID).astimezone(UTC)
