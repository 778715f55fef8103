"""Every state of an order and every move between them: one table, walked by a test (A13, A23, A32).

Nothing is sent that was not paid, what was paid is not cancelled, and what came back can be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.errors import Problem

ORDERED: Final = "ordered"
"""It waits for its payment."""
PAID: Final = "paid"
"""Paid, free, or to be paid afterwards: it can be prepared."""
PREPARING: Final = "preparing"
"""Somebody packs it: the address is on the parcel."""
SHIPPED: Final = "shipped"
DELIVERED: Final = "delivered"
RETURNED: Final = "returned"
LOADED: Final = "loaded"
"""A certificate was put onto the card, at a registration point (A23)."""
CANCELLED: Final = "cancelled"
"""Before it was paid; the address was erased."""
STATES: Final = (ORDERED, PAID, PREPARING, SHIPPED, DELIVERED, RETURNED, LOADED, CANCELLED)

MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (ORDERED, "paid"): PAID,
        (ORDERED, "readdressed"): ORDERED,
        (ORDERED, "cancelled"): CANCELLED,
        (PAID, "readdressed"): PAID,
        (PAID, "prepared"): PREPARING,
        (PREPARING, "shipped"): SHIPPED,
        (SHIPPED, "delivered"): DELIVERED,
        (SHIPPED, "returned"): RETURNED,
        (DELIVERED, "returned"): RETURNED,
        # To the address that the person gives now; there is no way back to the money here.
        (RETURNED, "readdressed"): PAID,
        # A card on an officer's desk has arrived, whether or not the carrier has said so.
        (SHIPPED, "loaded"): LOADED,
        (DELIVERED, "loaded"): LOADED,
    }
)
AT_WORK: Final = frozenset({PAID, PREPARING, SHIPPED})
"""Where the operator has something to do."""


class OrderNotPossible(Problem):
    """The order is in a state from which this cannot be done."""

    slug = "order-not-possible"
    status = 409
    title = "This cannot be done with this order now"


def move(state: str, event: str) -> str:
    """The state that an event leads to.

    Raises:
        OrderNotPossible
    """
    following = MOVES.get((state, event))
    if following is None:
        raise OrderNotPossible(f"The order is {state}.")
    return following
