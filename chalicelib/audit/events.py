"""Append-only events: who did what to which object, on which evidence, and when.

An event is written in the transaction of its effect, so there is never one without the other.
This module can add and read, and nothing in the product can change or delete: the roles of our
functions are denied UpdateItem and DeleteItem on the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from chalicelib.audit.tables import EventRow
from chalicelib.aws.tables import Transaction, listed

PARTITIONS = 16
"""A day is spread over this many partitions, so that a busy day heats none of them."""


class Event(msgspec.Struct, frozen=True):
    """One act. `details` holds no secret and nothing personal beyond opaque ids."""

    act: str
    object: str
    actor: str
    at: datetime
    evidence: str = ""
    """The digest of what justified the act."""
    details: dict[str, str] = msgspec.field(default_factory=dict)


def record(transaction: Transaction, event: Event, entropy: bytes) -> None:
    """Add the event to the transaction of its effect. `entropy`: 12 random octets."""
    transaction.put_new(
        "event",
        EventRow(
            partition(event.at, entropy[0] % PARTITIONS),
            f"{event.at:%Y-%m-%dT%H:%M:%SZ}#{entropy.hex()}",
            act=event.act,
            object=event.object,
            actor=event.actor,
            evidence=event.evidence,
            details=json.dumps(event.details, sort_keys=True),
        ),
    )


def partition(day: datetime, number: int) -> str:
    """The key of one partition of a day."""
    return f"{day:%Y-%m-%d}#{number:02d}"


def of_object(object_id: str, most: int) -> list[Event]:
    """What happened to one object, the newest first (read from an index: the last second may be missing)."""
    rows = EventRow.by_object.query(object_id, scan_index_forward=False, limit=most)
    return [_event(row) for row in listed(rows)]


def between(first: datetime, last: datetime) -> Iterator[Event]:
    """All events of the days from `first` to `last`, both included, day by day."""
    day = first
    while day.date() <= last.date():
        for number in range(PARTITIONS):
            for row in listed(EventRow.query(partition(day, number), consistent_read=True)):
                yield _event(row)
        day += timedelta(days=1)


def every_event() -> Iterator[Event]:
    """All events there are, in no order: for reconciliation."""
    return (_event(row) for row in listed(EventRow.scan(consistent_read=True)))


def _event(row: EventRow) -> Event:
    at = datetime.strptime(row.id.split("#")[0] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    return Event(row.act, row.object, row.actor, at, row.evidence, json.loads(row.details))
