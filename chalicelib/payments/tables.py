"""The tables of payments, and of the notices that the gateway sent of them."""

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
    """`person:...`"""
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
