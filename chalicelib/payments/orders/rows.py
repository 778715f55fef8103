"""Orders in their table: read by their owner, and moved from state to state under their version."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction, listed
from chalicelib.errors import NotFound
from chalicelib.payments.orders import states
from chalicelib.payments.redsys import ORDER
from chalicelib.payments.tables import OrderRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

LISTED_AT_MOST: Final = 100
LABEL: Final = "order"
"""By which a transaction says that somebody else changed the order first."""


def orders_of(holder: str) -> list[OrderRow]:
    """A person's orders, the newest first (from an index: the last second may be missing).

    Raises:
        Unavailable
    """
    return listed(OrderRow.by_holder.query(holder, scan_index_forward=False, limit=LISTED_AT_MOST))


def order_of(holder: str, number: str) -> OrderRow:
    """One order of a person; somebody else's is not there.

    Raises:
        NotFound, Unavailable
    """
    row = read(number)
    if row is None or row.holder != holder:
        raise NotFound
    return row


def read(number: str) -> OrderRow | None:
    """Whoever's it is, for the operator and the gateway."""
    return OrderRow.find(number) if ORDER.fullmatch(number) else None


def move(
    cloud: Cloud,
    transaction: Transaction,
    row: OrderRow,
    event: str,
    *,
    actor: str,
    changes: tuple[Any, ...] = (),
    **details: str,
) -> str:
    """Put a move into a transaction, with its event: the state that it leads to.

    Raises:
        OrderNotPossible
    """
    now = cloud.now()
    state = states.move(str(row.state), event)
    transaction.update(
        LABEL,
        row,
        [
            OrderRow.state.set(state),
            OrderRow.version.set(int(row.version) + 1),
            OrderRow.changed_at.set(now),
            *queueing(state, now),
            *changes,
        ],
        OrderRow.version == int(row.version),
    )
    done = Event(f"order.{event}", f"order:{row.id}", actor, now, details=details)
    record(transaction, done, cloud.entropy(12))
    return state


def queueing(state: str, now: datetime) -> list[Any]:
    """Where the operator finds it, while there is something to do."""
    if state in states.AT_WORK:
        return [OrderRow.queue.set(state), OrderRow.queued_at.set(now)]
    return [OrderRow.queue.remove(), OrderRow.queued_at.remove()]
