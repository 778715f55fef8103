"""One-time codes: the table of their kinds, how a code is drawn, how long it lives, how often one may guess.

Every number here is the threat model's: `guesses_within_limits` and `chance_of_a_hit` compute what an
attacker can reach inside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.civil_time import date_in_madrid, last_second_of

# A17 asks for letters and digits, case-sensitive. 0 O o and 1 l I go, because nobody can tell them apart on
# paper or in a text message: 56 signs are left, and ten of them hold 58 bits instead of 59.5.
BOTH_CASES: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
# Crockford's base 32: one case, and what looks alike is read alike.
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS: Final = "0123456789"
_READ_AS: Final = MappingProxyType({DIGITS: {}, CROCKFORD: str.maketrans("OIL", "011"), BOTH_CASES: {}})
_TYPED_BETWEEN: Final = str.maketrans("", "", " -\u00a0\t\r\n\u2010\u2011")


class Throttle(msgspec.Struct, frozen=True):
    """At most `tries` wrong codes in each window of `seconds`."""

    tries: int
    seconds: int


class CodeKind(msgspec.Struct, frozen=True):
    """What is particular to one kind of code. Every code but the emergency code is spent by its first use."""

    name: str
    length: int
    alphabet: str
    life: timedelta
    """Whole days: usable until 23:59:59 in Madrid of that day after the one it was issued on (A19, X12)."""
    per_source: Throttle
    """Wrong codes from one network address before it must wait."""
    in_all: Throttle
    """Wrong codes from everywhere before an address is left one try in each of its windows."""
    tries: int | None = None
    """Wrong codes before this code is void; None where the code alone finds its row."""
    group: int = 5
    """People read and type a code in groups of so many."""

    def __post_init__(self) -> None:
        if len(set(self.alphabet)) != len(self.alphabet) or not self.alphabet.isalnum():
            raise ValueError(f"{self.name}: an alphabet lists each letter or digit once")
        if self.length % self.group or self.life <= timedelta(0):
            raise ValueError(f"{self.name}: whole groups, and some time to type them")

    @property
    def bits(self) -> float:
        return self.length * math.log2(len(self.alphabet))


GENERATION: Final = CodeKind(
    name="generation-code",
    length=10,
    alphabet=BOTH_CASES,
    life=timedelta(days=15),
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
)
EMAIL_CONFIRMATION: Final = CodeKind(
    name="email-confirmation",
    length=8,
    alphabet=CROCKFORD,
    life=timedelta(days=15),
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
    tries=5,  # where it is bound to a person who changes address; with a certificate it finds its own row
    group=4,
)
# Numbers for people who read them off a telephone: short, so that they live minutes and forgive little.
PIN: Final = CodeKind(
    name="pin",
    length=6,
    alphabet=DIGITS,
    life=timedelta(minutes=10),  # C23
    per_source=Throttle(tries=20, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
    tries=3,
    group=6,
)
SMS_OTP: Final = CodeKind(
    name="sms-otp",
    length=6,
    alphabet=DIGITS,
    life=timedelta(minutes=5),  # 2.12
    per_source=Throttle(tries=20, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
    tries=3,
    group=6,
)
LETTER: Final = CodeKind(
    name="letter-code",  # the secure verification code (CSV) that an invitation letter carries (2.7)
    length=16,
    alphabet=CROCKFORD,
    life=timedelta(days=90),
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
    tries=5,
    group=4,
)
ACTIVATION: Final = CodeKind(
    name="activation-code",  # 2.12; kept in a drawer until a password is forgotten (C31)
    length=16,
    alphabet=CROCKFORD,
    life=timedelta(days=5 * 365),
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
    tries=5,  # X10
    group=4,
)
STOP: Final = CodeKind(
    name="stop-code",  # goes to the old addresses when a number changes: "this was not me" (F14)
    length=10,
    alphabet=CROCKFORD,
    life=timedelta(days=3),
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
)
EMERGENCY: Final = CodeKind(
    name="emergency-code",  # given with a certificate, to put it out of use from anywhere (F20)
    length=20,
    alphabet=CROCKFORD,
    life=timedelta(days=1096),  # as long as the longest certificate of a person, whose end counts
    per_source=Throttle(tries=10, seconds=15 * 60),
    in_all=Throttle(tries=3_000, seconds=60 * 60),
)
KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            GENERATION,
            EMAIL_CONFIRMATION,
            PIN,
            SMS_OTP,
            LETTER,
            ACTIVATION,
            STOP,
            EMERGENCY,
        )
    }
)


def new_code(kind: CodeKind, entropy: Callable[[int], bytes]) -> str:
    """A code whose every sign is equally likely; `entropy(n)` gives n random bytes, as os.urandom does.

    Bytes above the last whole multiple of the alphabet's size are thrown away: a remainder would
    favour the first signs.
    """
    size = len(kind.alphabet)
    limit = 256 - 256 % size
    code = ""
    while len(code) < kind.length:
        fair = (byte for byte in entropy(kind.length - len(code)) if byte < limit)
        code += "".join(kind.alphabet[byte % size] for byte in fair)
    return code


def normalise(kind: CodeKind, typed: str) -> str | None:
    """The code that somebody typed, without the spaces and hyphens between groups; None if it can be none."""
    code = typed[:100].translate(_TYPED_BETWEEN)
    if kind.alphabet == kind.alphabet.upper():
        code = code.upper()
    code = code.translate(_READ_AS[kind.alphabet])
    return code if len(code) == kind.length and set(code) <= set(kind.alphabet) else None


def grouped(kind: CodeKind, code: str, separator: str = " ") -> str:
    """The code as people are to read it."""
    return separator.join(code[start : start + kind.group] for start in range(0, len(code), kind.group))


def expires_at(kind: CodeKind, now: datetime) -> datetime:
    """The last second in which a code issued `now` can be used, as UTC."""
    if kind.life < timedelta(days=1):
        return now + kind.life
    return last_second_of(date_in_madrid(now) + kind.life)


def guesses_within_limits(kind: CodeKind, period: timedelta, sources: int) -> int:
    """The most wrong codes that somebody with so many network addresses can try in `period`.

    Over the common limit each address still has one try in a window, so that people with the right code
    get through in the middle of an attack.
    """
    common = _windows(kind.in_all, period) * kind.in_all.tries
    one_each = _windows(kind.per_source, period) * sources
    return min(common + one_each, _windows(kind.per_source, period) * sources * kind.per_source.tries)


def _windows(throttle: Throttle, period: timedelta) -> int:
    """How many windows `period` touches: one more than it has room for, beginning and ending within one."""
    return math.ceil(period / timedelta(seconds=throttle.seconds)) + 1


def chance_of_a_hit(kind: CodeKind, guesses: int, live_codes: int) -> float:
    """The chance that at least one of `guesses` finds one of `live_codes`."""
    misses = math.log1p(-live_codes / len(kind.alphabet) ** kind.length)
    return -math.expm1(guesses * misses)


def expected_guesses(kind: CodeKind, live_codes: int) -> float:
    """How many guesses it takes on average to find one of `live_codes`."""
    return float(len(kind.alphabet) ** kind.length / live_codes)
