"""Payments from the price to the thing they pay for: each is of one person, one product, one amount.

`require_paid` is what a room that gives the product calls in its own transaction: either the payment is spent
and the thing is given, or neither.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.payments import states
from chalicelib.payments.facts import facts_of, free_before, free_number
from chalicelib.payments.redsys import ORDER, new_order
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import DELIVERED, VIDEO, Decision, Facts, Tariff, decide
from chalicelib.registry.registration import IdempotencyKeyReused

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

LIFE: Final = timedelta(hours=1)
"""A price that was told is good for this long: no form is handed out later."""
AT_THE_GATEWAY: Final = timedelta(minutes=30)
"""How long the gateway gives to type a card, once it has the form."""
LISTED_AT_MOST: Final = 100
NUMBER: Final = re.compile(ORDER.pattern + r"|free-[0-9a-f]{32}")
OWED: Final = "owed"
SPEND: Final = "payment"
"""The label by which a transaction says that the payment was spent already, or by another."""


class NothingToPay(Problem):
    """The product is free for this person now, or paid already: it is asked for without another payment."""

    slug = "nothing-to-pay"
    status = 409
    title = "There is nothing to pay for this"


class OrderNeeded(Problem):
    """What is sent to an address is paid by ordering it: nobody pays for what cannot be delivered."""

    slug = "order-needed"
    status = 409
    title = "This is ordered first, with an address, and paid with the order"


class VideoCaseNeeded(Problem):
    """The case says what was sent in and until when: nobody pays for a review that cannot take place."""

    slug = "video-case-needed"
    status = 409
    title = "A certificate by video is paid in its case, when its files are there"


class PaymentRequired(Problem):
    """The product is not free for this person now, and no payment of theirs waits for it."""

    slug = "payment-required"
    status = 402
    title = "This has to be paid first"


class Settled(msgspec.Struct, frozen=True):
    """How a thing that was given is paid for."""

    payment: str
    decision: Decision
    state: str


def price_of(
    cloud: Cloud,
    holder: str,
    product: str,
    tariff: Tariff | None = None,
    quantity: int = 1,
    facts: Facts | None = None,
) -> Decision:
    """What a product costs a person now.

    Args:
        facts: what the caller knows already; otherwise they are read.

    Raises:
        NotForSale, Unavailable
    """
    facts = facts or facts_of(cloud, holder, free_before(cloud, holder, product) or ())
    return decide(product, facts, cloud.now(), tariff, quantity)


def number_for(holder: str, key: str) -> str:
    """The number of what a person asks for with an idempotency key: the same key, the same number."""
    return new_order(hashlib.sha256(f"{holder}\n{key}".encode()).digest())


def begin(cloud: Cloud, holder: str, product: str, key: str, tariff: Tariff | None = None) -> PaymentRow:
    """A payment, or the one that the same request made before.

    Args:
        key: the person's own idempotency key.

    Raises:
        OrderNeeded, VideoCaseNeeded, NotForSale, NothingToPay, IdempotencyKeyReused, Conflict, Unavailable
    """
    if product in DELIVERED:
        raise OrderNeeded
    if product == VIDEO and not holder.startswith("video-case:"):
        raise VideoCaseNeeded
    number = number_for(holder, key)
    if (before := _before(number, holder, product)) is not None:
        return before
    decision = price_of(cloud, holder, product, tariff)
    if not decision.cents:
        raise NothingToPay
    if any((row.product, row.state) == (product, states.PAID) for row in payments_of(holder)):
        raise NothingToPay("A payment of this waits already, for what you ask for next.")
    transaction = Transaction()
    row = create(cloud, transaction, number, holder, decision)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if (same := _before(number, holder, product)) is not None:
            return same
        raise Conflict(retry_after=1) from failed
    return row


def create(
    cloud: Cloud,
    transaction: Transaction,
    number: str,
    holder: str,
    decision: Decision,
    pays_for: str | None = None,
) -> PaymentRow:
    """A payment to be made, written with what it is for."""
    row = _row(number, holder, decision, states.CREATED)
    row.pays_for = pays_for
    transaction.put_new("new payment", row)
    details = {"product": decision.product, "cents": str(decision.cents)}
    _record(cloud, transaction, row, "payment.created", **details)
    return row


def hand_over(cloud: Cloud, row: PaymentRow) -> datetime:
    """Note that the form goes to the gateway, before it goes: until when it may be paid there.

    However often it is handed out, the gateway authorises one order once. That it is asked for again prolongs
    no price: the last form goes out when the price still holds, and may be open at the gateway a while after.

    Raises:
        PaymentNotPossible, Conflict, Unavailable
    """
    now = cloud.now()
    state = states.move(states.at(row.state, row.lapses_at, now), "handed-over")
    price_ends = row.created_at + LIFE
    if price_ends <= now:
        raise states.PaymentNotPossible("Its price held for an hour; what was handed out lapses soon.")
    lapses_at = max(price_ends, now + AT_THE_GATEWAY)
    transaction = Transaction()
    changes = [PaymentRow.state.set(state), PaymentRow.lapses_at.set(lapses_at)]
    transaction.update("payment", row, changes, PaymentRow.state == row.state)
    _record(cloud, transaction, row, "payment.handed-over")
    transaction.commit()
    return lapses_at


def payments_of(holder: str) -> list[PaymentRow]:
    """A person's payments, the newest first (from an index: the last second may be missing).

    Raises:
        Unavailable
    """
    return listed(PaymentRow.by_holder.query(holder, scan_index_forward=False, limit=LISTED_AT_MOST))


def payment_of(holder: str, order: str) -> PaymentRow:
    """One payment of a person; somebody else's is not there.

    Raises:
        NotFound, Unavailable
    """
    row = PaymentRow.find(order) if NUMBER.fullmatch(order) else None
    if row is None or row.holder != holder:
        raise NotFound
    return row


def decision_of(row: PaymentRow) -> Decision:
    """Why it costs what it costs."""
    return msgspec.json.decode(str(row.decision), type=Decision)


def require_paid(
    cloud: Cloud,
    transaction: Transaction,
    *,
    holder: str,
    product: str,
    spent_by: str,
    payment: str = "",
    tariff: Tariff | None = None,
    quantity: int = 1,
    facts: Facts | None = None,
) -> Settled:
    """Pay for something that is given in this transaction, and for nothing else.

    What is free is recorded with its reason. What is paid afterwards (X18, S16) is noted as owed, and the
    room that gives it sends the invoice. Otherwise a payment of this person for this product is spent, at
    whatever price it was begun: the transaction fails, by the label SPEND, if another spends it first.

    Args:
        spent_by: the thing, such as `identification:...`.
        payment: its order number; without one the oldest that waits is taken.

    Raises:
        PaymentRequired, NotForSale, Unavailable
    """
    now = cloud.now()
    before = free_before(cloud, holder, product)
    decision = price_of(
        cloud, holder, product, tariff, quantity, facts or facts_of(cloud, holder, before or ())
    )
    if not decision.cents:
        number = free_number(holder, product, spent_by, before)
        row = _row(number, holder, decision, states.FREE, spent_by)
        transaction.put_new(SPEND, row)
        _record(cloud, transaction, row, "fee.waived", product=product, rule=decision.rule, spent_by=spent_by)
        return Settled(str(row.id), decision, states.FREE)
    if decision.policy == "after-issue":
        owed = Event("fee.owed", spent_by, holder, now, details={"product": product})
        record(transaction, owed, cloud.entropy(12))
        return Settled("", decision, OWED)
    row = _waiting(holder, product, payment, quantity)
    transaction.update(
        SPEND,
        row,
        [
            PaymentRow.state.set(states.move(row.state, "spent")),
            PaymentRow.spent_at.set(now),
            PaymentRow.spent_by.set(spent_by),
        ],
        (PaymentRow.state == states.PAID) & (PaymentRow.holder == holder) & (PaymentRow.product == product),
    )
    _record(cloud, transaction, row, "payment.spent", product=product, spent_by=spent_by)
    return Settled(str(row.id), decision_of(row), states.SPENT)


def _waiting(holder: str, product: str, payment: str, quantity: int) -> PaymentRow:
    """A payment that can be spent, as its own row says.

    Raises:
        PaymentRequired
    """
    orders = [payment] if payment else [str(row.id) for row in reversed(payments_of(holder))]
    for order in orders:
        row = PaymentRow.find(order)
        if row is None or (row.holder, row.product, row.state) != (holder, product, states.PAID):
            continue
        if decision_of(row).quantity == quantity:
            return row
    raise PaymentRequired


def _before(order: str, holder: str, product: str) -> PaymentRow | None:
    row = PaymentRow.find(order)
    if row is not None and (row.holder != holder or row.product != product):
        raise IdempotencyKeyReused
    return row


def _row(order: str, holder: str, decision: Decision, state: str, spent_by: str | None = None) -> PaymentRow:
    return PaymentRow(
        order,
        holder=holder,
        product=decision.product,
        cents=decision.cents,
        currency=decision.currency,
        decision=msgspec.json.encode(decision).decode(),
        state=state,
        created_at=decision.at,
        lapses_at=decision.at + LIFE,
        spent_by=spent_by,
        spent_at=decision.at if state == states.FREE else None,
    )


def _record(cloud: Cloud, transaction: Transaction, row: PaymentRow, act: str, **details: str) -> None:
    event = Event(act, f"payment:{row.id}", str(row.holder), cloud.now(), details=details)
    record(transaction, event, cloud.entropy(12))
