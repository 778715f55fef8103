"""Levels and rights, computed from the proofs of identity and never stored (EN 319 411-1, eIDAS art. 8).

Proofs are facts with dates; what follows from them is decided here, by data and pure functions, each
time it is asked. So a rule that changes changes everybody's rights, and no flag can be forged or forgotten.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

Level = Literal["none", "basic", "advanced"]
Assurance = Literal["none", "low", "substantial", "high"]

LEVELS: Final[tuple[Level, ...]] = ("none", "basic", "advanced")
ASSURANCES: Final[tuple[Assurance, ...]] = ("none", "low", "substantial", "high")


class Method(msgspec.Struct, frozen=True):
    """One way of proving who one is."""

    name: str
    level: Level
    strong: bool
    """Whether it counts for the five-year rule: in person, e-ID, reviewed video; no certificate (X08)."""
    may_return: bool
    """Whether somebody who renounced can come back by it (2.17)."""


METHODS: Final = MappingProxyType(
    {
        method.name: method
        for method in (
            Method("letter", "basic", strong=False, may_return=False),
            Method("video-automatic", "basic", strong=False, may_return=False),
            Method("video-reviewed", "advanced", strong=True, may_return=False),
            Method("certificate", "advanced", strong=False, may_return=True),
            Method("e-id", "advanced", strong=True, may_return=True),
            Method("in-person", "advanced", strong=True, may_return=True),
        )
    }
)

STRONG_YEARS = 5
"""How long a strong proof carries what is reserved to it (P01, X08)."""


class Proof(msgspec.Struct, frozen=True):
    """An identity proof in the ledger."""

    method: str
    at: datetime
    evidence: str
    """SHA-256 of what was seen, or the id of the record that holds it."""
    officer: str = ""
    withdrawn_at: datetime | None = None


class LogIn(msgspec.Struct, frozen=True):
    """One way of logging in: how sure it makes us, and what a person must have proven to use it."""

    name: str
    assurance: Assurance
    needs: Level
    amr: tuple[str, ...]
    """RFC 8176 values."""


LOG_INS: Final = MappingProxyType(
    {
        way.name: way
        for way in (
            LogIn("pin", "low", "basic", ("otp", "sms")),
            LogIn("password", "low", "basic", ("pwd",)),
            LogIn("password+otp", "substantial", "advanced", ("pwd", "otp", "sms", "mfa")),
            LogIn("password+totp", "substantial", "advanced", ("pwd", "otp", "mfa")),
            LogIn("certificate", "substantial", "basic", ("swk",)),
            LogIn("e-id", "high", "basic", ("hwk", "pin", "mfa")),
        )
    }
)

CEILINGS: Final[MappingProxyType[Level, Assurance]] = MappingProxyType(
    {"none": "none", "basic": "low", "advanced": "high"}
)
"""The most that a proof level can carry, however well somebody logs in."""


def valid(proofs: Iterable[Proof]) -> list[Proof]:
    """The proofs that count."""
    return [proof for proof in proofs if proof.withdrawn_at is None]


def level(proofs: Iterable[Proof]) -> Level:
    """The registration level: that of the best proof (2.1). A weaker proof never takes a level away (Q20)."""
    reached = [LEVELS.index(METHODS[proof.method].level) for proof in valid(proofs)]
    return LEVELS[max(reached, default=0)]


def strong_until(proofs: Iterable[Proof]) -> datetime | None:
    """Until when the newest strong proof carries; None if there never was one (X08)."""
    strong = [proof.at for proof in valid(proofs) if METHODS[proof.method].strong]
    return years_later(max(strong), STRONG_YEARS) if strong else None


def assurance(proven: Level, way: str) -> Assurance:
    """min(proof, authentication): never more than either (5.2)."""
    return min(CEILINGS[proven], LOG_INS[way].assurance, key=ASSURANCES.index)


def years_later(moment: datetime, years: int) -> datetime:
    """The same day and time some years later; 29 February becomes 28 February."""
    year = moment.year + years
    return moment.replace(year=year, day=min(moment.day, calendar.monthrange(year, moment.month)[1]))
