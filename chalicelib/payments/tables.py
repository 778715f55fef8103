"""The tables of payments, of the notices that the gateway sent of them, and of orders."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.aws.tables import Table


class PaymentsByHolder(GlobalSecondaryIndex["PaymentRow"]):
    """One person's payments, oldest first."""

    class Meta:
        index_name = "by_holder"
        projection = AllProjection()

    holder = UnicodeAttribute(hash_key=True)
    created_at = UTCDateTimeAttribute(range_key=True)


class PaymentRow(Table):
    """What somebody has to pay, paid, or had not to pay, for one thing. No part of a card is ever here."""

    name = "payments"

    id = UnicodeAttribute(hash_key=True)
    """The gateway's order number; `free-...` where nothing was to be paid."""
    holder = UnicodeAttribute()
    """`person:...`; of a certificate by video its case, `video-case:...`."""
    product = UnicodeAttribute()
    cents = NumberAttribute()
    currency = UnicodeAttribute()
    decision = UnicodeAttribute()
    """The Decision, as JSON."""
    state = UnicodeAttribute()
    """One of states.STATES but `lapsed`."""
    created_at = UTCDateTimeAttribute()
    lapses_at = UTCDateTimeAttribute()
    authorised_at = UTCDateTimeAttribute(null=True)
    authorisation = UnicodeAttribute(default="")
    """The bank's code of the authorisation that paid."""
    response = UnicodeAttribute(default="")
    """The gateway's newest answer that changed the state."""
    spent_at = UTCDateTimeAttribute(null=True)
    spent_by = UnicodeAttribute(null=True)
    """What it paid for, or what was free."""
    pays_for = UnicodeAttribute(null=True)
    """The order that was begun with it, `order:...`; it is spent in the second in which it is paid."""
    by_holder = PaymentsByHolder()


class PaymentNotificationRow(Table):
    """A signed notice of the gateway that was dealt with: the same one again changes nothing."""

    name = "payment_notifications"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of its parameters as signed."""
    order = UnicodeAttribute()
    response = UnicodeAttribute()
    outcome = UnicodeAttribute()
    """The state that it led to, or `differs`."""
    at = UTCDateTimeAttribute()


class OrdersByHolder(GlobalSecondaryIndex["OrderRow"]):
    """One person's orders, oldest first."""

    class Meta:
        index_name = "by_holder"
        projection = AllProjection()

    holder = UnicodeAttribute(hash_key=True)
    placed_at = UTCDateTimeAttribute(range_key=True)


class OrdersAtWork(GlobalSecondaryIndex["OrderRow"]):
    """Orders that wait for the operator, by state, oldest first."""

    class Meta:
        index_name = "at_work"
        projection = AllProjection()

    queue = UnicodeAttribute(hash_key=True)
    queued_at = UTCDateTimeAttribute(range_key=True)


class OrderRow(Table):
    """Something that is sent to a person, from the order to the parcel's end."""

    name = "orders"

    id = UnicodeAttribute(hash_key=True)
    """The number that the person is told; that of its first payment too."""
    holder = UnicodeAttribute()
    """`person:...`"""
    product = UnicodeAttribute()
    quantity = NumberAttribute()
    state = UnicodeAttribute()
    """One of orders.states.STATES."""
    version = NumberAttribute(default=1)
    """Counts changes: what somebody saw is what they change."""
    payment = UnicodeAttribute(default="")
    """The payment to be made, or the one that paid."""
    request = UnicodeAttribute()
    """SHA-256 of what was asked for."""
    evidence = UnicodeAttribute()
    """What the person was told and confirmed before, as JSON."""
    evidence_digest = UnicodeAttribute()
    recipient = UnicodeAttribute(null=True)
    """To whom it goes; with the lines below removed when the order is cancelled."""
    street = UnicodeAttribute(null=True)
    postcode = UnicodeAttribute(null=True)
    town = UnicodeAttribute(null=True)
    placed_at = UTCDateTimeAttribute()
    changed_at = UTCDateTimeAttribute()
    carrier = UnicodeAttribute(null=True)
    tracking = UnicodeAttribute(null=True)
    shipped_at = UTCDateTimeAttribute(null=True)
    return_reason = UnicodeAttribute(null=True)
    certificate = UnicodeAttribute(null=True)
    """What was loaded onto the card."""
    queue = UnicodeAttribute(null=True)
    """The state, while the operator has something to do."""
    queued_at = UTCDateTimeAttribute(null=True)
    by_holder = OrdersByHolder()
    at_work = OrdersAtWork()
