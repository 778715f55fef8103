"""Money that arrives for an order: the payment is spent on it in the transaction of the gateway's notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.payments.orders import rows, states
from chalicelib.payments.tables import OrderRow, PaymentRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def pay(cloud: Cloud, transaction: Transaction, payment: PaymentRow, actor: str) -> bool:
    """Let an order be paid by a payment that was authorised now; False if it is paid or cancelled already.

    Then the payment stays paid and unspent: the person's next order of the same takes it (`placing.place`).
    """
    row = rows.read(str(payment.pays_for).removeprefix("order:"))
    if row is None or (row.state, "paid") not in states.MOVES:
        details = {"order": str(row.id) if row else "", "state": str(row.state) if row else ""}
        late = Event("payment.without-order", f"payment:{payment.id}", actor, cloud.now(), details=details)
        record(transaction, late, cloud.entropy(12))
        return False
    changes = (OrderRow.payment.set(str(payment.id)),)
    rows.move(cloud, transaction, row, "paid", actor=actor, changes=changes, payment=str(payment.id))
    return True
