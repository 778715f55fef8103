"""Every state of a payment and every move between them: one table, walked by a test.

Notices of the gateway come late, twice and in any order. Money that was taken is never forgotten: whatever
was known before, an authorisation leads to `paid`, and nothing leads back from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from chalicelib.errors import Problem

CREATED: Final = "created"
"""The price was told and nothing was handed to the gateway."""
PENDING: Final = "pending"
"""The form for the gateway was handed out."""
PAID: Final = "paid"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"
"""Its order was cancelled before it was paid."""
LAPSED: Final = "lapsed"
"""The time to pay passed. Told by the clock, never written."""
SPENT: Final = "spent"
"""It has paid for the one thing it pays for."""
FREE: Final = "free"
"""Nothing was to be paid: kept to say why, of one thing that was given."""
STATES: Final = (CREATED, PENDING, PAID, REFUSED, CANCELLED, LAPSED, SPENT, FREE)

MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (CREATED, "handed-over"): PENDING,
        (PENDING, "handed-over"): PENDING,
        (CREATED, "time-passed"): LAPSED,
        (PENDING, "time-passed"): LAPSED,
        # A restored table may have forgotten that the form was handed out.
        (CREATED, "authorised"): PAID,
        (CREATED, "refused"): REFUSED,
        (PENDING, "authorised"): PAID,
        (PENDING, "refused"): REFUSED,
        # A second card after a refused one, and notices that come late.
        (REFUSED, "authorised"): PAID,
        (REFUSED, "refused"): REFUSED,
        (LAPSED, "authorised"): PAID,
        (LAPSED, "refused"): REFUSED,
        (PAID, "authorised"): PAID,
        (PAID, "refused"): PAID,
        (SPENT, "authorised"): SPENT,
        (SPENT, "refused"): SPENT,
        (PAID, "spent"): SPENT,
        # The form may be open at the gateway still: what is taken there waits for the next order.
        (CREATED, "cancelled"): CANCELLED,
        (PENDING, "cancelled"): CANCELLED,
        (REFUSED, "cancelled"): CANCELLED,
        (LAPSED, "cancelled"): CANCELLED,
        (CANCELLED, "authorised"): PAID,
        (CANCELLED, "refused"): CANCELLED,
    }
)


class PaymentNotPossible(Problem):
    """The payment is in a state from which this cannot be done: paid, refused or lapsed already."""

    slug = "payment-not-possible"
    status = 409
    title = "This payment is over; begin another one"


def move(state: str, event: str) -> str:
    """The state that an event leads to.

    Raises:
        PaymentNotPossible
    """
    following = MOVES.get((state, event))
    if following is None:
        raise PaymentNotPossible
    return following


def at(state: str, lapses_at: datetime, now: datetime) -> str:
    """The state that was written, as of now."""
    return MOVES.get((state, "time-passed"), state) if lapses_at <= now else state
