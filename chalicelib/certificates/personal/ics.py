"""Calendars (RFC 5545): all-day events, written by hand since that takes less than a library.

A deadline is the last day on which something still holds, in Madrid, so an event needs no time zone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct

CONTENT_TYPE: Final = "text/calendar"
_LINE: Final = 75
"""Octets of a line, its break not counted (section 3.1)."""
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Entry(Struct, frozen=True):
    """One day of a calendar."""

    day: date
    title: str
    key: str
    """What makes it the same entry when the calendar is read again; only its hash is shown."""


def calendar(name: str, host: str, entries: Iterable[Entry], now: datetime) -> bytes:
    """The calendar as a feed reader takes it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(name)}//deadlines//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",  # RFC 7986 section 5.7
    ]
    for entry in entries:
        following = entry.day + timedelta(days=1)  # DTEND is not part of the event (section 3.6.1)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{hashlib.sha256(entry.key.encode()).hexdigest()[:32]}@{host}",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{following:%Y%m%d}",
            f"SUMMARY:{_text(entry.title)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _text(value: str) -> str:
    """Section 3.3.11."""
    return value.translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """A line of at most 75 octets, and continuation lines that begin with a space; no character is cut."""
    written, room = b"", _LINE
    for char in line:
        octets = char.encode()
        if len(octets) > room:
            written += b"\r\n "
            room = _LINE - 1
        written += octets
        room -= len(octets)
    return written + b"\r\n"
