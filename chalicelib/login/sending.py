"""How many codes may be sent by text message, against those who are paid for messages ("OTP pumping", 6.1).

Every message is counted under each line of the table. Too many for a source or a person is answered; too
many for a telephone or its neighbours is not: the message is just not sent, because a stranger who asks
must not learn whose telephone it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.codes.limits import Counter, Limit, counter
from chalicelib.codes.store import network
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MINUTES: Final = 60
HOURS: Final = 60 * MINUTES

PER_SOURCE: Final = (
    Limit("messages-source", 10, 10 * MINUTES),
    Limit("messages-source-day", 100, 24 * HOURS),  # an office, a library: many people behind one address
)
PER_PERSON: Final = (
    Limit("messages-person", 3, 10 * MINUTES),
    Limit("messages-person-day", 15, 24 * HOURS),
)
PER_NUMBER: Final = (
    Limit("messages-number", 4, 10 * MINUTES),
    Limit("messages-number-day", 20, 24 * HOURS),
)
# The last four digits cut off: ten thousand neighbours, which is how ranges are let to those who pump.
PER_RANGE: Final = (Limit("messages-range", 30, HOURS),)

NEIGHBOURS: Final = 4
"""How many last digits make a range of numbers."""


class TooManyMessages(Problem):
    """This source, or what was typed, has asked for too many messages."""

    slug = "too-many-messages"
    status = 429
    title = "Too many codes were asked for; wait before asking again"


class Counters(msgspec.Struct, frozen=True):
    """All counters that one message is counted by."""

    told: tuple[Counter, ...]
    """Of source and person: they say the same of people and strangers."""
    silent: tuple[Counter, ...]
    """Of the telephone and its range."""

    @property
    def ids(self) -> list[str]:
        return [each.row_id for each in (*self.told, *self.silent)]

    def admit(self, rows: dict[str, CodeRow], now: datetime) -> bool:
        """Whether the telephone may be sent another message.

        Raises:
            TooManyMessages: source or person must wait.
        """
        waits = [each.seconds_left(now) for each in self.told if each.reached(rows)]
        if waits:
            raise TooManyMessages(retry_after=max(waits))
        return not any(each.reached(rows) for each in self.silent)


def counters(cloud: Cloud, *, source: str, person: str, number: str, now: datetime) -> Counters:
    """The counters of a message. `number` may be a stand-in: strangers are counted like people."""
    from_where = network(source)
    return Counters(
        tuple(counter(cloud, limit, from_where, now) for limit in PER_SOURCE)
        + tuple(counter(cloud, limit, person, now) for limit in PER_PERSON),
        tuple(counter(cloud, limit, number, now) for limit in PER_NUMBER)
        + tuple(counter(cloud, limit, number[:-NEIGHBOURS], now) for limit in PER_RANGE),
    )


def country_allowed(allowed: str, number: str) -> bool:
    """Whether we send to the country of an E.164 number; `allowed` lists calling codes."""
    return number.startswith(tuple(f"+{code}" for code in allowed.split()))
