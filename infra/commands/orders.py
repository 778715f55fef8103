"""Orders as the operator works on them: what is to be sent, and how far each parcel is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from chalicelib.aws.cloud import Cloud
from chalicelib.payments.orders import shipping
from chalicelib.payments.tables import OrderRow

COLUMNS: Final = (
    *("id", "state", "product", "quantity", "recipient", "street", "postcode", "town"),
    *("carrier", "tracking", "placed_at"),
)


def show(state: str) -> int:
    """Print the orders in a state, the oldest first, one JSON object a line: it has people's addresses."""
    for row in shipping.at_work(state):
        _print(row)
    return 0


def prepare(cloud: Cloud, number: str, operator: str) -> int:
    """Begin to pack, and print the address, which changes no more."""
    return _done(lambda: shipping.prepare(cloud, number, operator))


def ship(cloud: Cloud, number: str, carrier: str, tracking: str, operator: str) -> int:
    """The carrier has it; the person is written to."""
    return _done(lambda: shipping.ship(cloud, number, carrier, tracking, operator))


def deliver(cloud: Cloud, number: str, operator: str) -> int:
    """It arrived."""
    return _done(lambda: shipping.deliver(cloud, number, operator))


def take_back(cloud: Cloud, number: str, reason: str, operator: str) -> int:
    """It came back; the person is written to."""
    return _done(lambda: shipping.take_back(cloud, number, reason, operator))


def _done(act: Callable[[], OrderRow]) -> int:
    _print(act())
    return 0


def _print(row: OrderRow) -> None:
    told = {name: getattr(row, name) for name in COLUMNS}
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
    print(json.dumps(told, ensure_ascii=False))
