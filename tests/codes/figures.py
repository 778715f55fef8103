"""What an attacker reaches within the limits: guesses and text messages (`python -m tests.codes.figures`).

Every number is computed from the tables that are in force: the kinds of codes, the throttle of passwords and
the limits of messages. A window of a limit begins by the clock, so any 24 hours touch two windows of a day,
and an attacker who knows it has both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.codes import kinds
from chalicelib.codes.kinds import KINDS, chance_of_a_hit, guesses_within_limits
from chalicelib.login.password import GUESSING, wait_after
from chalicelib.login.sending import PER_NUMBER, PER_PERSON, PER_RANGE, PER_SOURCE
from chalicelib.registry.channels.letter import ONE_IN
from tests.deployment.costs import PRICES, PRICES_OF

DAY, YEAR = timedelta(days=1), timedelta(days=365)
WINDOWS_OF_A_DAY = 2
"""That any 24 hours touch."""
SOURCES = 10_000
"""Network addresses of a botnet that can be rented by the hour."""
LIVE = 100_000
"""Generation codes that wait for their holders, at the peak of a tax campaign (docs/costs.md)."""
CERTIFICATES = 3_000_000
"""Certificates in force, whose emergency codes all live."""
COMMON = 1_000_000
"""How many passwords the person's is at least one of: the commonest are refused when it is chosen."""
EUROS = 0.87
"""For a US dollar, at the date of the prices and from memory like them."""
SMS = PRICES["SNS text message to Spain"] * EUROS


@dataclass(frozen=True)
class Guessing:
    """What somebody reaches who goes for one person, or for any code where codes are not a person's."""

    who: str
    in_a_day: int
    in_a_year: int
    values: int
    live: int = 1

    def chance(self, guesses: int) -> float:
        """Of at least one hit."""
        return -math.expm1(guesses * math.log1p(-self.live / self.values))


def guessing() -> dict[str, Guessing]:
    """By the name of the kind of code, and `password`."""
    found = {}
    for name, kind in KINDS.items():
        values = len(kind.alphabet) ** kind.length
        tries = kind.tries or 0
        if name == kinds.GENERATION.name:
            day, year = (guesses_within_limits(kind, period, SOURCES) for period in (DAY, YEAR))
            found[name] = Guessing(f"any of {LIVE:,}, {SOURCES:,} sources", day, year, values, LIVE)
        elif name == kinds.EMAIL_CONFIRMATION.name:
            # With a certificate it is not bound, and must be the one of the generation code in hand.
            day = guesses_within_limits(kind, DAY, SOURCES)
            found[name] = Guessing(
                f"the one of a code in hand, {SOURCES:,} sources",
                day,
                guesses_within_limits(kind, kind.life + DAY, SOURCES),  # a longer life it does not have
                values,
            )
        elif name in {kinds.PIN.name, kinds.SMS_OTP.name}:
            # A telephone gets so many messages a day, of all purposes, and what is not sent is not a code.
            most = PER_PERSON[1].most if name == kinds.PIN.name else PER_NUMBER[1].most
            day = WINDOWS_OF_A_DAY * most * tries
            found[name] = Guessing("one person", day, (365 + 1) * most * tries, values)
        elif name == kinds.LETTER.name:
            found[name] = Guessing("one person", tries, math.ceil(YEAR / ONE_IN) * tries, values)
        elif name == kinds.ACTIVATION.name:
            found[name] = Guessing("one person", tries, tries, values)  # then a new one, after a log-in
        elif name == kinds.STOP.name:
            # Wrong ones void nothing, so that strangers cannot use them up; each source is held back.
            day = guesses_within_limits(kind, DAY, SOURCES)
            life = guesses_within_limits(kind, kind.life + DAY, SOURCES)
            found[name] = Guessing(f"one person's, {SOURCES:,} sources", day, life, values)
        elif name == kinds.EMERGENCY.name:
            day, year = (guesses_within_limits(kind, period, SOURCES) for period in (DAY, YEAR))
            found[name] = Guessing(
                f"any of {CERTIFICATES:,}, {SOURCES:,} sources", day, year, values, CERTIFICATES
            )
    return found | {
        GUESSING.name: Guessing("one person", passwords_within(DAY), passwords_within(YEAR), COMMON)
    }


def passwords_within(period: timedelta) -> int:
    """Wrong passwords that are heard of one person, tried as soon as each block ends."""
    tries, now = 0, timedelta(0)
    while now <= period:
        tries += 1
        now += wait_after(tries)
    return tries


def everybody(sources: int) -> tuple[int, float, float]:
    """PINs for as many people as messages can be had for, with their numbers and contrast data in hand.

    Returns:
        Guesses in a day, hits to expect, euros of text messages.
    """
    pin = kinds.PIN
    sent = WINDOWS_OF_A_DAY * sources * PER_SOURCE[1].most
    guesses = min(sent * (pin.tries or 0), guesses_within_limits(pin, DAY, sources))
    return guesses, guesses * chance_of_a_hit(pin, 1, 1), sent * SMS


def pumping() -> dict[str, tuple[str, int]]:
    """From or to what -> which limit stops it, and the most messages in a day's window."""
    ten, hour = "in ten minutes", "in an hour"
    return {
        "one source (an IPv4 address, an IPv6 /64)": (
            f"{PER_SOURCE[0].most} {ten}, {PER_SOURCE[1].most} a day",
            PER_SOURCE[1].most,
        ),
        "one person": (f"{PER_PERSON[0].most} {ten}, {PER_PERSON[1].most} a day", PER_PERSON[1].most),
        "one number": (f"{PER_NUMBER[0].most} {ten}, {PER_NUMBER[1].most} a day", PER_NUMBER[1].most),
        "one range of 10,000 numbers": (f"{PER_RANGE[0].most} {hour}", PER_RANGE[0].most * 24),
    }


def tables() -> list[str]:
    """The lines of the tables in docs/threat-figures.md."""
    lines = [
        "| guessed | of | tries in a day | chance | tries in a year | chance |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in guessing().items():
        day, year = found.chance(found.in_a_day), found.chance(found.in_a_year)
        lines.append(
            f"| {name} | {found.who} | {found.in_a_day:,} | {day:.1e} | {found.in_a_year:,} | {year:.1e} |"
        )
    lines += [
        "",
        "| PINs guessed by | tries in a day | hits to expect | text messages, EUR |",
        "|---|---|---|---|",
    ]
    for sources in (1, 100, SOURCES):
        tries, hits, euros = everybody(sources)
        lines.append(f"| {sources:,} sources | {tries:,} | {hits:.1e} | {euros:,.0f} |")
    lines += ["", "| messages from or to | at most | a day | EUR a day |", "|---|---|---|---|"]
    for name, (limit, most) in pumping().items():
        lines.append(f"| {name} | {limit} | {most:,} | {most * SMS:,.2f} |")
    return lines


if __name__ == "__main__":
    print("\n".join(tables()))
    print(f"\nPrices of {PRICES_OF}, {EUROS} EUR a USD.")
