"""The gateway's notices: believed when signed, about our payment, and new; each is dealt with once.

They come late, twice, out of order and from strangers. A stranger's changes nothing and is not written. A
signed one leaves an event whatever it says, since it may mean that money was taken.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict, Problem
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.payments import states
from chalicelib.payments.gateway import differences, merchant_key
from chalicelib.payments.orders.arriving import pay
from chalicelib.payments.redsys import Notification, open_envelope, read_envelope
from chalicelib.payments.tables import PaymentNotificationRow, PaymentRow
from chalicelib.payments.words import euros
from chalicelib.registry.accounts import read_account
from chalicelib.registry.video.case import case_named

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

ATTEMPTS: Final = 5
DIFFERS: Final = "differs"
GATEWAY: Final = "redsys"


class PaymentDiffers(Problem):
    """The notice is signed; its order, amount, currency, merchant or terminal are not those of a payment."""

    slug = "payment-differs"
    status = 422
    title = "The notification does not agree with a payment of ours"


def take(cloud: Cloud, body: bytes) -> str:
    """Deal with a notice: the state that the payment is in now.

    Raises:
        NotificationMalformed, SignatureWrong, PaymentDiffers, PaymentsUnavailable, Conflict, Unavailable
    """
    envelope = read_envelope(body)
    said = open_envelope(envelope, merchant_key(cloud))
    number = hashlib.sha256(envelope.parameters.encode()).hexdigest()
    for _ in range(ATTEMPTS):
        row = PaymentRow.find(said.order)
        if wrong := differences(cloud, row, said):
            _note_difference(cloud, said, number, wrong)
            raise PaymentDiffers("Differs: " + ", ".join(wrong))
        assert row is not None  # differences says so
        try:
            return _settle(cloud, row, said, number)
        except ConditionFailed as failed:
            if "notification" in failed.labels:
                return str(row.state)  # it was dealt with before
            # Another notice, or a purchase, was quicker: see what it left.
    raise Conflict(retry_after=1)


def _settle(cloud: Cloud, row: PaymentRow, said: Notification, number: str) -> str:
    now = cloud.now()
    event = "authorised" if said.authorised else "refused"
    state = states.move(states.at(row.state, row.lapses_at, now), event)
    transaction = Transaction()
    changes: list[Any] = []
    if state != row.state:
        changes.append(PaymentRow.response.set(said.response))
    if state == states.PAID and row.state != states.PAID:
        changes += [PaymentRow.authorised_at.set(now), PaymentRow.authorisation.set(said.authorisation)]
        _tell(cloud, transaction, row)
        if row.pays_for and pay(cloud, transaction, row, GATEWAY):
            state = states.move(state, "spent")
            changes += [PaymentRow.spent_at.set(now), PaymentRow.spent_by.set(row.pays_for)]
    changes.append(PaymentRow.state.set(state))
    transaction.put_new("notification", _noted(cloud, said, number, state))
    transaction.update("payment", row, changes, PaymentRow.state == row.state)
    details = {"response": said.response, "before": str(row.state), "after": state, "number": number[:16]}
    # Authorised twice, or refused when it was paid: nothing changes, and an operator finds it by its name.
    kept = row.state in {states.PAID, states.SPENT}
    act = f"payment.{event}-again" if kept and said.authorised else f"payment.{event}"
    if kept and not said.authorised:
        act = "payment.refused-after-paid"
    record(transaction, Event(act, f"payment:{row.id}", GATEWAY, now, details=details), cloud.entropy(12))
    transaction.commit()
    return state


def _note_difference(cloud: Cloud, said: Notification, number: str, wrong: list[str]) -> None:
    """Keep that it came, once."""
    transaction = Transaction()
    transaction.put_new("notification", _noted(cloud, said, number, DIFFERS))
    details = {"response": said.response, "differs": " ".join(wrong), "number": number[:16]}
    event = Event("payment.differs", f"payment:{said.order}", GATEWAY, cloud.now(), details=details)
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed:
        return


def _noted(cloud: Cloud, said: Notification, number: str, outcome: str) -> PaymentNotificationRow:
    return PaymentNotificationRow(
        number, order=said.order, response=said.response, outcome=outcome, at=cloud.now()
    )


def _tell(cloud: Cloud, transaction: Transaction, row: PaymentRow) -> None:
    """Write to whoever paid that the money came, if we know where to."""
    email, language = _payer(str(row.holder))
    if not email:
        return
    settings = cloud.settings
    values = {
        "organisation": settings.organisation,
        "phone": settings.help_phone,
        "product": str(row.product),
        "amount": euros(int(row.cents), language),
        "order": str(row.id),
    }
    message = Message(
        id=f"paid:{row.id}",
        channel="email",
        to=email,
        template="payment-received",
        language=language,
        give_up_at=cloud.now() + WORTH_TELLING,
        values=dict(values),
    )
    queue(cloud, transaction, message, by_schedule=True)


def _payer(holder: str) -> tuple[str, str]:
    """Address and language: of an account; of a video case, as it was opened (payments/video/fee.py)."""
    if (case := case_named(holder)) is not None:
        return str(case.email), str(case.language)
    known = read_account(holder).customer
    return (str(known.email), str(known.language)) if known is not None else ("", "")
