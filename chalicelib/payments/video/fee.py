"""The fee of a certificate by video (A12, X01): paid by its case, before anybody reviews it (A21).

Whoever opens a case may have no account, and need not be who they say. So a payment is the case's own, and
the case's token is what shows it: no account is looked at, and no payment of the person is spent by whoever
types their number. What is paid is spent in the transaction of the submission, whatever becomes of the case.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.aws.tables import Transaction
from chalicelib.payments import states
from chalicelib.payments.intents import (
    AT_THE_GATEWAY,
    LIFE,
    NothingToPay,
    PaymentRequired,
    begin,
    number_for,
    require_paid,
)
from chalicelib.payments.states import PaymentNotPossible
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import VIDEO
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.case import CERTIFICATE, OPEN, evidence_of
from chalicelib.registry.video.opening import SUBMIT_WITHIN

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MOST_PAYMENTS = 10
"""Of one case: refused, or not made in time."""
MONEY = frozenset({states.PAID, states.SPENT})


def settle(cloud: Cloud, transaction: Transaction, case: VideoCaseRow) -> dict[str, str]:
    """Settle the fee of a case in the transaction of its submission; what is told of it in the event.

    Registration is free by law (C04). A case that ends unseen pays as any other (6.6).

    Raises:
        PaymentRequired, NotForSale, Unavailable
    """
    if case.purpose != CERTIFICATE:
        return {}
    owner = evidence_of(case)
    paid = next((row for row in _payments_of(case) if row.state == states.PAID), None)
    try:
        settled = require_paid(
            cloud,
            transaction,
            holder=owner,
            product=VIDEO,
            spent_by=owner,
            payment=str(paid.id) if paid else _number(case, 1),
        )
    except PaymentRequired as required:
        raise PaymentRequired("Pay for this case, and submit it again.") from required
    return {"fee": str(settled.decision.cents), "rule": settled.decision.rule, "paid": settled.state}


def begin_payment(cloud: Cloud, case: VideoCaseRow) -> PaymentRow:
    """The payment of a case: the one that was made, the one that can be made, or another one.

    Nobody pays for what could not be submitted: not before the files are there, nor when the time to submit
    could end before the time to pay.

    Raises:
        NothingToPay, NotForSale, MoveNotAllowed, UploadMissing, UploadNotAsClaimed, PaymentNotPossible,
        Conflict, Unavailable
    """
    if case.purpose != CERTIFICATE:
        raise NothingToPay
    now = cloud.now()
    rows = list(_payments_of(case))
    if paid := next((row for row in rows if row.state in MONEY), None):
        return paid
    if case.state != OPEN or case.opened_at + SUBMIT_WITHIN < now + LIFE + AT_THE_GATEWAY:
        raise MoveNotAllowed
    live = (states.CREATED, states.PENDING)
    if waiting := next((row for row in rows if states.at(row.state, row.lapses_at, now) in live), None):
        return waiting
    if len(rows) >= MOST_PAYMENTS:
        raise PaymentNotPossible("This case was tried too often; open another one")
    evidence.inspect(cloud, evidence.read_files(case.files))
    return begin(cloud, evidence_of(case), VIDEO, _key(len(rows) + 1))


def payment_made(case: VideoCaseRow) -> PaymentRow:
    """The payment with which a case was paid, for its receipt.

    Raises:
        PaymentNotPossible: nothing was paid.
    """
    for row in _payments_of(case):
        if row.state in MONEY:
            return row
    raise PaymentNotPossible("Nothing was paid")


def _payments_of(case: VideoCaseRow) -> Iterator[PaymentRow]:
    """In the order in which they were begun, each as its own row says now: no index lags behind."""
    for turn in range(1, MOST_PAYMENTS + 1):
        row = PaymentRow.find(_number(case, turn))
        if row is None:
            return
        yield row


def _key(turn: int) -> str:
    return f"payment {turn}"


def _number(case: VideoCaseRow, turn: int) -> str:
    return number_for(evidence_of(case), _key(turn))
