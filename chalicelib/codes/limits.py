"""Limits: how often something may happen in a window of time, counted in rows that expire by themselves.

What is counted (an address, a telephone, a tax number) is kept only as a keyed hash: a counter tells its
things apart without saying what they are.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from chalicelib.aws.kms import subkey
from chalicelib.aws.tables import Transaction, change
from chalicelib.codes.bound import KEY
from chalicelib.codes.kinds import Throttle
from chalicelib.codes.store import TooManyTries, network
from chalicelib.codes.tables import CodeRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

NOTHING_KEPT: Final = timedelta(hours=1)


class Limit(msgspec.Struct, frozen=True):
    """At most `most` times in each window of `seconds`."""

    name: str
    most: int
    seconds: int


class Counter(msgspec.Struct, frozen=True):
    """The counter of one thing in the present window."""

    limit: Limit
    row_id: str
    window: int

    def reached(self, rows: Mapping[str, CodeRow]) -> bool:
        """Whether there is no room for one more."""
        return self.count(rows) >= self.limit.most

    def count(self, rows: Mapping[str, CodeRow]) -> int:
        row = rows.get(self.row_id)
        return int(row.tries or 0) if row else 0

    def seconds_left(self, now: datetime) -> int:
        """Until the window ends."""
        return (self.window + 1) * self.limit.seconds - int(now.timestamp())


def pseudonym(cloud: Cloud, text: str) -> str:
    """A keyed hash that stands for a personal datum in row ids. The key is derived once per container."""
    key = subkey(cloud, KEY, "clavero/limits/1")
    return hmac.digest(key, text.encode(), "sha256").hex()[:40]


def counter(cloud: Cloud, limit: Limit, whose: str, now: datetime) -> Counter:
    """The counter of `whose` under a limit."""
    window = int(now.timestamp()) // limit.seconds
    who = pseudonym(cloud, f"{limit.name}\n{whose}")
    return Counter(limit, f"limit#{limit.name}#{limit.seconds}#{who}#{window}", window)


def count(transaction: Transaction, counters: Iterable[Counter]) -> None:
    """Count once more; the transaction fails, by the limit's name, where there is no room."""
    for each in counters:
        room = CodeRow.tries.does_not_exist() | (CodeRow.tries < each.limit.most)
        transaction.update(each.limit.name, CodeRow(each.row_id), _one_more(each), room)


def count_nothing(cloud: Cloud, transaction: Transaction | None = None) -> None:
    """Write as much as counting a wrong try does, where there is nobody whose try it could be (6.6).

    Each on a row of its own, since those who come at once must not wait for each other.
    """
    swept = cloud.now() + NOTHING_KEPT
    row = CodeRow(f"nobody#{cloud.entropy(16).hex()}")
    actions, absent = [CodeRow.tries.add(1), CodeRow.expires.set(swept)], CodeRow.tries.does_not_exist()
    if transaction is None:
        change(row, actions, absent)
    else:
        transaction.update("nobody", row, actions, absent)


def rows_of(ids: Iterable[str]) -> dict[str, CodeRow]:
    """These rows, codes and counters alike, in one read."""
    return {str(row.id): row for row in CodeRow.find_many(set(ids))}


class WrongTries(msgspec.Struct, frozen=True):
    """How many wrong codes or passwords came from one source, and from all together."""

    mine: Counter
    everybody: Counter

    @property
    def ids(self) -> tuple[str, str]:
        return self.mine.row_id, self.everybody.row_id

    def admit(self, rows: Mapping[str, CodeRow], now: datetime) -> None:
        """Let the source try, or make it wait.

        When all sources together are over their limit, only those without a wrong try are still heard: a
        person with the right code gets through in the middle of an attack.

        Raises:
            TooManyTries
        """
        most = 1 if self.everybody.reached(rows) else self.mine.limit.most
        if self.mine.count(rows) >= most:
            raise TooManyTries(retry_after=self.mine.seconds_left(now))

    def add(self) -> None:
        """Count a wrong try. Not in a transaction: the common counter would make all of them wait."""
        for each in (self.mine, self.everybody):
            change(CodeRow(each.row_id), _one_more(each))


class Guessable(Protocol):
    """A kind of code, or a password: what can be tried, and how often."""

    @property
    def name(self) -> str: ...
    @property
    def per_source(self) -> Throttle: ...
    @property
    def in_all(self) -> Throttle: ...


def wrong_tries(cloud: Cloud, kind: Guessable, source: str, now: datetime) -> WrongTries:
    """The counters of wrong tries of a kind, by its own throttle."""
    mine = Limit(f"wrong-{kind.name}", kind.per_source.tries, kind.per_source.seconds)
    everybody = Limit(f"wrong-{kind.name}-in-all", kind.in_all.tries, kind.in_all.seconds)
    return WrongTries(counter(cloud, mine, network(source), now), counter(cloud, everybody, "", now))


def _one_more(counted: Counter) -> list[Any]:
    swept = datetime.fromtimestamp((counted.window + 2) * counted.limit.seconds, UTC)
    return [CodeRow.tries.add(1), CodeRow.expires.set(swept)]
