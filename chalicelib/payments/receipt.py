"""The receipt of a payment: a PDF with a verification code, as every receipt of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.notices import catalogue
from chalicelib.payments import states
from chalicelib.payments.intents import decision_of
from chalicelib.payments.states import PaymentNotPossible
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.words import charged_amount
from chalicelib.registry.receipts import Receipt, make_receipt

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def payment_receipt(cloud: Cloud, row: PaymentRow, nif: str, language: str) -> Receipt:
    """A receipt of what was paid; each has a code of its own.

    Raises:
        PaymentNotPossible: nothing was paid.
    """
    if row.state not in {states.PAID, states.SPENT}:
        raise PaymentNotPossible("Nothing was paid")
    texts = catalogue.LANGUAGES[language]
    transaction = Transaction()
    receipt = make_receipt(
        cloud,
        transaction,
        kind="payment",
        holder=str(row.holder),
        nif=nif,
        language=language,
        details=(
            ("product", texts.PRODUCTS[row.product]),
            ("amount", charged_amount(decision_of(row), language)),
            ("order", str(row.id)),
            ("paid_at", catalogue.moment(texts, row.authorised_at) if row.authorised_at else ""),
        ),
    )
    event = Event("payment.receipt-made", f"payment:{row.id}", str(row.holder), cloud.now())
    record(transaction, event, cloud.entropy(12))
    transaction.commit()
    return receipt
