"""Ordering a card or a reader (A13 to A15, A32): what is confirmed, where it goes, and its payment.

An order, its evidence and its payment are one transaction. What is free, paid afterwards, or paid already by
a payment that found no order, is ready at once; everything else waits for the gateway.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict, Problem
from chalicelib.payments import states as payment_states
from chalicelib.payments.intents import (
    PaymentRequired,
    create,
    number_for,
    price_of,
    require_paid,
)
from chalicelib.payments.orders import points, states
from chalicelib.payments.orders.rows import LABEL, move, orders_of
from chalicelib.payments.tables import OrderRow, PaymentRow
from chalicelib.payments.tariff import Delivered, Tariff
from chalicelib.registry.people import YOUNGEST, age_on
from chalicelib.registry.registration import IdempotencyKeyReused

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MOST_UNPAID: Final = 5
"""Orders of one person that wait for a payment."""
MOST: Final = {"card": 1, "card-reader": 5}
"""A card is of one person, who orders it for themselves."""

_Line = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f<>]+$(?!\n)")]


class QuantityNotSold(Problem):
    """One card for each order; of readers some."""

    slug = "quantity-not-sold"
    status = 422
    title = "So many of this are not sold in one order"


class TooManyOrders(Problem):
    """Orders that nobody paid are paid or cancelled before there are more."""

    slug = "too-many-orders"
    status = 409
    title = "Too many orders wait for their payment; pay or cancel one"


class TooYoungForCard(Problem):
    """A04: a card is worth what is loaded onto it, and nobody under 14 has a certificate."""

    slug = "too-young-for-a-card"
    status = 409
    title = "A card can be ordered from the age from which a certificate can be had"


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it goes, in Spain."""

    recipient: _Line
    street: _Line
    postcode: Annotated[str, Meta(pattern=r"^(0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}$(?!\n)")]
    town: _Line


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is ordered, for where, and what was confirmed before."""

    product: Delivered
    delivery: Delivery
    quantity: Annotated[int, Meta(ge=1, le=20)] = 1
    confirmed: points.Confirmed | None = None
    """All the preliminary points, for a product that has some."""


class Evidence(msgspec.Struct, frozen=True):
    """What a person was told and confirmed, in the words in which it was said."""

    product: str
    quantity: int
    version: str
    language: str
    points: tuple[tuple[str, str], ...]
    """Id and words."""
    confirmed_at: datetime


def place(
    cloud: Cloud,
    holder: str,
    wanted: NewOrder,
    key: str,
    language: str,
    tariff: Tariff | None = None,
    *,
    birth_date: date,
) -> OrderRow:
    """An order with its payment, or the one that the same request placed before.

    Args:
        key: the person's own idempotency key.
        birth_date: the holder's, as registered.

    Raises:
        TooYoungForCard, PointsNotConfirmed, QuantityNotSold, TooManyOrders, NotForSale, IdempotencyKeyReused,
        Conflict
    """
    number = number_for(holder, f"order\n{key}")
    digest = hashlib.sha256(msgspec.json.encode(wanted)).hexdigest()
    if (before := _before(number, holder, digest)) is not None:
        return before
    if wanted.product == "card" and age_on(date_in_madrid(cloud.now()), birth_date) < YOUNGEST:
        raise TooYoungForCard
    edition = points.confirm(wanted.product, wanted.confirmed)
    if wanted.quantity > MOST[wanted.product]:
        raise QuantityNotSold(f"At most {MOST[wanted.product]}.")
    if sum(row.state == states.ORDERED for row in orders_of(holder)) >= MOST_UNPAID:
        raise TooManyOrders
    now = cloud.now()
    said = tuple((point.id, point.words[language]) for point in edition.points)
    evidence = msgspec.json.encode(
        Evidence(wanted.product, wanted.quantity, edition.version, language, said, now), order="deterministic"
    )
    row = OrderRow(
        number,
        holder=holder,
        product=wanted.product,
        quantity=wanted.quantity,
        state=states.ORDERED,
        request=digest,
        evidence=evidence.decode(),
        evidence_digest=hashlib.sha256(evidence).hexdigest(),
        placed_at=now,
        changed_at=now,
        **msgspec.structs.asdict(wanted.delivery),
    )
    transaction = Transaction()
    _pay_or_ask(cloud, transaction, row, tariff)
    transaction.put_new(LABEL, row)
    placed = Event(
        "order.placed",
        f"order:{number}",
        holder,
        now,
        evidence=row.evidence_digest,
        details={"product": wanted.product, "quantity": str(wanted.quantity), "state": str(row.state)},
    )
    record(transaction, placed, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        # The same request at the same time; or a waiting payment went to another order.
        if (same := _before(number, holder, digest)) is not None:
            return same
        raise Conflict(retry_after=1) from failed
    return row


def _pay_or_ask(cloud: Cloud, transaction: Transaction, row: OrderRow, tariff: Tariff | None) -> None:
    holder, product, quantity = str(row.holder), str(row.product), int(row.quantity)
    thing = f"order:{row.id}"
    try:
        settled = require_paid(
            cloud,
            transaction,
            holder=holder,
            product=product,
            spent_by=thing,
            tariff=tariff,
            quantity=quantity,
        )
    except PaymentRequired:
        decision = price_of(cloud, holder, product, tariff, quantity)
        row.payment = create(cloud, transaction, str(row.id), holder, decision, thing).id
        return
    row.payment = settled.payment
    row.state = states.move(states.ORDERED, "paid")
    row.queue, row.queued_at = row.state, cloud.now()


def pay_again(cloud: Cloud, row: OrderRow, key: str, tariff: Tariff | None = None) -> PaymentRow:
    """Another payment of an order whose payment was refused or lapsed: the gateway takes a number once.

    Raises:
        OrderNotPossible, Conflict, Unavailable
    """
    holder = str(row.holder)
    number = number_for(holder, f"{row.id}\n{key}")
    if (before := PaymentRow.find(number)) is not None:
        return before
    last = PaymentRow.find(str(row.payment))
    now = cloud.now()
    over = last is None or payment_states.at(last.state, last.lapses_at, now) in {
        payment_states.REFUSED,
        payment_states.LAPSED,
    }
    if row.state != states.ORDERED or not over:
        raise states.OrderNotPossible("Its payment can still be made, or was.")
    decision = price_of(cloud, holder, str(row.product), tariff, int(row.quantity))
    transaction = Transaction()
    payment = create(cloud, transaction, number, holder, decision, f"order:{row.id}")
    changes = [
        OrderRow.payment.set(number),
        OrderRow.version.set(int(row.version) + 1),
        OrderRow.changed_at.set(now),
    ]
    transaction.update(LABEL, row, changes, OrderRow.version == int(row.version))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if (same := PaymentRow.find(number)) is not None:
            return same
        raise Conflict(retry_after=1) from failed
    return payment


def readdress(cloud: Cloud, row: OrderRow, delivery: Delivery) -> OrderRow:
    """Another address, until somebody packs it; for what came back, the one to which it goes next.

    Raises:
        OrderNotPossible, Conflict, Unavailable
    """
    where = msgspec.structs.asdict(delivery)
    same = all(getattr(row, name) == value for name, value in where.items())
    if same and row.state in {states.ORDERED, states.PAID}:
        return row
    transaction = Transaction()
    changes = tuple(getattr(OrderRow, name).set(value) for name, value in where.items())
    move(cloud, transaction, row, "readdressed", actor=str(row.holder), changes=changes)
    return commit(transaction, row)


def cancel(cloud: Cloud, row: OrderRow) -> OrderRow:
    """End an order that is not paid, with its payment; the address is erased.

    Raises:
        OrderNotPossible, Conflict, Unavailable
    """
    if row.state == states.CANCELLED:
        return row
    transaction = Transaction()
    lines = (OrderRow.recipient, OrderRow.street, OrderRow.postcode, OrderRow.town)
    erased = tuple(line.remove() for line in lines)
    move(cloud, transaction, row, "cancelled", actor=str(row.holder), changes=erased)
    payment = PaymentRow.find(str(row.payment))
    if payment is not None:
        if payment.state in {payment_states.PAID, payment_states.SPENT}:
            raise Conflict(retry_after=1)  # paid between the two reads: the order's next one says so
        state = payment_states.move(str(payment.state), "cancelled")
        transaction.update(
            "payment", payment, [PaymentRow.state.set(state)], PaymentRow.state == payment.state
        )
    return commit(transaction, row)


def commit(transaction: Transaction, row: OrderRow) -> OrderRow:
    """Write, and read what is there now."""
    transaction.commit_or_conflict()
    now = OrderRow.find(str(row.id))
    assert now is not None  # orders are not deleted
    return now


def _before(number: str, holder: str, digest: str) -> OrderRow | None:
    row = OrderRow.find(number)
    if row is not None and (row.holder != holder or row.request != digest):
        raise IdempotencyKeyReused
    return row
