"""One-time codes at rest: keyed hashes, spent once by a conditional write, and wrong tries held back.

A code is found by its hash, so a wrong one points at nobody: a stranger who guesses can slow down
himself (his source waits), and never lock a person out.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.kms import subkey
from chalicelib.aws.tables import Transaction, change
from chalicelib.codes.kinds import CodeKind, Throttle, new_code, normalise
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEPT = timedelta(days=30)
"""How long an expired or spent code is still recognised, so that its holder is told what happened to it."""


class CodeNotAccepted(Problem):
    """No such code; or it was replaced by a newer one. Which of the two is not told."""

    slug = "code-not-accepted"
    status = 422
    title = "The code is not right; capital and small letters differ, and only the newest code counts"


class CodeExpired(Problem):
    """The code was right and its time is over (A19, A20)."""

    slug = "code-expired"
    status = 410
    title = "The code has expired and cannot be reactivated; identify yourself again"


class CodeSpent(Problem):
    """The code was right and somebody used it, with another key or request."""

    slug = "code-spent"
    status = 409
    title = "The code has already been used"


class TooManyTries(Problem):
    """This source has tried too many wrong codes."""

    slug = "too-many-tries"
    status = 429
    title = "Too many wrong codes from here; wait before trying again"


class Drawn(msgspec.Struct, frozen=True):
    """A new code and the row that will recognise it."""

    code: str
    row: CodeRow


def code_id(cloud: Cloud, kind: CodeKind, code: str) -> str:
    """The row of a code: HMAC-SHA-256 under a subkey that KMS derives for this kind."""
    key = subkey(cloud, "code-mac", f"clavero/{kind.name}/1")
    return f"{kind.name}#{hmac.digest(key, code.encode(), 'sha256').hex()}"


def draw(cloud: Cloud, kind: CodeKind, *, subject: str, expires_at: datetime) -> Drawn:
    """A new code for `subject`, not yet written."""
    code = new_code(kind, cloud.entropy)
    row = CodeRow(
        code_id(cloud, kind, code), subject=subject, expires_at=expires_at, expires=expires_at + KEPT
    )
    return Drawn(code, row)


def void(transaction: Transaction, label: str, code_row_id: str, now: datetime) -> None:
    """Void a code that has not been spent; the transaction fails, by `label`, if it has."""
    transaction.update(
        label, CodeRow(code_row_id), [CodeRow.voided_at.set(now)], CodeRow.spent_at.does_not_exist()
    )


def spend(transaction: Transaction, label: str, row: CodeRow, now: datetime, *, by: str, result: str) -> None:
    """Spend a code: once, unexpired, unvoided. Of any number of callers one succeeds."""
    transaction.update(
        label,
        row,
        [CodeRow.spent_at.set(now), CodeRow.spent_by.set(by), CodeRow.result.set(result)],
        CodeRow.spent_at.does_not_exist() & CodeRow.voided_at.does_not_exist() & (CodeRow.expires_at >= now),
    )


def look_up(cloud: Cloud, typed: Sequence[tuple[CodeKind, str]], source: str) -> list[CodeRow | None]:
    """The rows of these codes, in order; None for a wrong one. One read, which also sees the counters.

    Raises:
        TooManyTries: this source must wait, whatever it typed.
    """
    now = cloud.now()
    ids = [_typed_id(cloud, kind, code) for kind, code in typed]
    counters = [counter for kind, _ in typed for counter in _counters(cloud, kind, source, now)]
    wanted = {row_id for row_id in ids if row_id} | {counter.row_id for counter in counters}
    found = {row.id: row for row in CodeRow.find_many(wanted)}
    tries = {c.row_id: int(row.tries or 0) if (row := found.get(c.row_id)) else 0 for c in counters}
    for mine, everybody in zip(counters[::2], counters[1::2], strict=True):
        # When all sources together are over the limit, only those without a wrong try are still heard:
        # a person with the right code gets through in the middle of an attack.
        limit = 1 if tries[everybody.row_id] >= everybody.limit.tries else mine.limit.tries
        if tries[mine.row_id] >= limit:
            raise TooManyTries(retry_after=mine.seconds_left(now))
    return [found.get(row_id) if row_id else None for row_id in ids]


def note_wrong(cloud: Cloud, kind: CodeKind, source: str) -> None:
    """Count a wrong try, for its source and for all."""
    now = cloud.now()
    for counter in _counters(cloud, kind, source, now):
        expires = datetime.fromtimestamp((counter.window + 2) * counter.limit.seconds, UTC)
        change(CodeRow(counter.row_id), [CodeRow.tries.add(1), CodeRow.expires.set(expires)])


class _Counter(msgspec.Struct, frozen=True):
    row_id: str
    limit: Throttle
    window: int

    def seconds_left(self, now: datetime) -> int:
        return (self.window + 1) * self.limit.seconds - int(now.timestamp())


def _typed_id(cloud: Cloud, kind: CodeKind, typed: str) -> str | None:
    code = normalise(kind, typed)
    return code_id(cloud, kind, code) if code else None


def _counters(cloud: Cloud, kind: CodeKind, source: str, now: datetime) -> tuple[_Counter, _Counter]:
    key = subkey(cloud, "code-mac", "clavero/sources/1")
    # The address itself is personal data and is not needed: a keyed hash tells sources apart as well.
    who = hmac.digest(key, network(source).encode(), "sha256").hex()[:32]

    def counter(whose: str, limit: Throttle) -> _Counter:
        window = int(now.timestamp()) // limit.seconds
        return _Counter(f"wrong#{kind.name}#{whose}#{window}", limit, window)

    return counter(who, kind.per_source), counter("all", kind.in_all)


def network(source: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber has at will."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
