"""Every operation of payments and orders that writes: asked again, each is done exactly once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.aws.tables import Transaction, listed
from chalicelib.notices.tables import MessageRow
from chalicelib.payments.intents import require_paid
from chalicelib.payments.orders import shipping
from chalicelib.payments.orders.loading import load
from chalicelib.payments.tables import OrderRow, PaymentNotificationRow, PaymentRow
from chalicelib.registry.accounts import holder_of
from infra.local import pay
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.people import registered, session
from tests.support.client import Answer, Client
from tests.support.payments import DELIVERY, FEE, form_of, notify, order, order_in, send, with_contract

ELSEWHERE = DELIVERY | {"street": "Av. del Port, 2"}


@dataclass(frozen=True)
class Buyer:
    """A person with a session, and what the gateway read in the form of their order."""

    client: Client
    order: dict[str, str]

    @property
    def payment(self) -> str:
        return self.order["DS_MERCHANT_ORDER"]


def _buyer(case: Case) -> Buyer:
    with_contract(case.world)
    registered(case)
    return Buyer(session(case), {})


def _placed(case: Case) -> Buyer:
    client = _buyer(case).client
    return Buyer(client, {"DS_MERCHANT_ORDER": order(client, key="one-order").json["id"]})


def _handed_over(case: Case) -> Buyer:
    buyer = _placed(case)
    return Buyer(buyer.client, order_in(buyer.client, form_of(buyer.client, buyer.payment)))


def _after_notice(response: str = "0000") -> Callable[[Case], Buyer]:
    def before(case: Case) -> Buyer:
        buyer = _handed_over(case)
        assert notify(case.world, buyer.order, response).status == 200
        return buyer

    return before


def _cancelled_and_paid(case: Case) -> Buyer:
    buyer = _handed_over(case)
    assert buyer.client.post(f"/v1/me/orders/{buyer.payment}/cancellation").status == 200
    assert notify(case.world, buyer.order).status == 200
    return buyer


def _prepared(case: Case) -> Buyer:
    buyer = _after_notice()(case)
    shipping.prepare(case.world.cloud, buyer.payment, "operator:test")
    return buyer


def _sent(case: Case) -> Buyer:
    buyer = _prepared(case)
    shipping.ship(case.world.cloud, buyer.payment, "Correos", "A1", "operator:test")
    return buyer


def _place(case: Case) -> Answer:
    return told(order(case.kept.client, key="one-order"), 201)


def _is_placed(case: Case, answer: Answer) -> None:
    ((row,), (payment,)) = OrderRow.scan(), PaymentRow.scan()
    assert (row.id, row.state, row.payment) == (answer.json["id"], "ordered", payment.id)
    assert (payment.state, int(payment.cents), payment.pays_for) == ("created", 3135, f"order:{row.id}")
    assert acts("payment.created") == acts("order.placed") == 1


def _place_another(case: Case) -> Answer:
    return told(order(case.kept.client, key="another-order"), 201)


def _is_paid_by_what_waited(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "paid"
    payment = PaymentRow.get(case.kept.payment)
    assert (payment.state, payment.spent_by) == ("spent", f"order:{answer.json['id']}")
    assert (acts("order.placed"), acts("payment.spent"), acts("payment.created")) == (2, 1, 1)


def _hand_out(case: Case) -> Answer:
    return told(form_of(case.kept.client, case.kept.payment), 200)


def _is_handed_out(case: Case, answer: Answer) -> None:
    assert PaymentRow.get(case.kept.payment).state == "pending"
    assert order_in(case.kept.client, answer)["DS_MERCHANT_ORDER"] == case.kept.payment
    assert acts("payment.handed-over") >= 1


def _notice(response: str, **changes: str) -> Callable[[Case], Answer]:
    def act(case: Case) -> Answer:
        fields = pay.notice(case.kept.order, response, "HMAC_SHA512_V2", **changes).fields()
        answer = send(case.world, fields)
        return told(answer, 422, "payment-differs") if changes else told(answer, 200)

    return act


def _is(payment: str, state: str, **events: int) -> Callable[[Case, object], None]:
    """The payment's and the order's state, and each notice exactly once; who paid was written to once."""

    def check(case: Case, _: object) -> None:
        assert PaymentRow.get(case.kept.payment).state == payment
        assert OrderRow.get(case.kept.payment).state == state
        assert acts("order.paid") == (payment == "spent")
        assert {name: acts(f"payment.{name.replace('_', '-')}") for name in events} == events
        mails = [mail for mail in MessageRow.scan() if mail.template == "payment-received"]
        assert [bool(mail.sent_at) for mail in mails] == [True] * (payment == "spent")
        assert len(list(PaymentNotificationRow.scan())) == sum(events.values())

    return check


def _pay_again(case: Case) -> Answer:
    path = f"/v1/me/orders/{case.kept.payment}/payments"
    return told(case.kept.client.post(path, key="another-card"), 201)


def _is_to_be_paid_again(case: Case, answer: Answer) -> None:
    new = PaymentRow.get(answer.json["payment"]["id"])
    assert (new.state, OrderRow.get(case.kept.payment).payment) == ("created", new.id)
    assert acts("payment.created") == len(list(PaymentRow.scan())) == 2


def _receipt(case: Case) -> Answer:
    path = f"/v1/me/payments/{case.kept.payment}/receipts"
    return told(case.kept.client.post(path), 201)


def _is_receipt(case: Case, answer: Answer) -> None:
    body = {"verification_code": answer.json["verification_code"]}
    checked = case.world.citizen.post("/v1/receipts/verifications", body)
    pdf = base64.b64decode(answer.json["receipt_pdf"])
    assert checked.json["sha256"] == hashlib.sha256(pdf).hexdigest()


def _cancel(case: Case) -> Answer:
    return told(case.kept.client.post(f"/v1/me/orders/{case.kept.payment}/cancellation"), 200)


def _is_cancelled(case: Case, _: object) -> None:
    row = OrderRow.get(case.kept.payment)
    assert (row.state, row.street, PaymentRow.get(row.payment).state) == ("cancelled", None, "cancelled")  # type: ignore[comparison-overlap]
    assert acts("order.cancelled") == 1


def _readdress(case: Case) -> Answer:
    return told(case.kept.client.post(f"/v1/me/orders/{case.kept.payment}/delivery", ELSEWHERE), 200)


def _is_readdressed(case: Case, _: object) -> None:
    assert OrderRow.get(case.kept.payment).street == "Av. del Port, 2"
    assert acts("order.readdressed") == 1


def _ship(case: Case) -> object:
    ship = shipping.ship
    return run(
        "operator", lambda: ship(case.world.cloud, case.kept.payment, "Correos", "A1", "operator:test")
    )


def _is_shipped(case: Case, _: object) -> None:
    assert (OrderRow.get(case.kept.payment).state, acts("order.shipped")) == ("shipped", 1)
    mails = [mail for mail in MessageRow.scan() if mail.template == "order-shipped"]
    assert [bool(mail.sent_at) for mail in mails] == [True]


def _load(case: Case) -> str:
    def issue() -> str:
        transaction, cloud = Transaction(), case.world.cloud
        number = load(cloud, transaction, holder=holder_of(NIF), certificate="ca#1", actor="officer:one")
        transaction.commit()
        return number

    got: str = run("authority", issue)
    return got


def _is_loaded(case: Case, number: str) -> None:
    assert number == case.kept.payment
    assert (OrderRow.get(number).state, acts("order.loaded")) == ("loaded", 1)


def _give(case: Case) -> str:
    """A room that gives a thing once: as issuing does, it looks first whether it was given."""

    def give() -> str:
        for row in listed(PaymentRow.scan(consistent_read=True)):
            if row.spent_by == "thing:1":
                return str(row.id)
        cloud, transaction = case.world.cloud, Transaction()
        product = FEE
        settled = require_paid(cloud, transaction, holder=holder_of(NIF), product=product, spent_by="thing:1")
        transaction.commit()
        return settled.payment

    got: str = run("api_handler", give)
    return got


def _is_free(case: Case, payment: str) -> None:
    (row,) = PaymentRow.scan()
    assert (row.id, row.state, row.spent_by) == (payment, "free", "thing:1")
    assert acts("fee.waived") == 1


OPERATIONS = (
    Operation("place an order", _buyer, _place, _is_placed),
    Operation(
        "order with a payment that waits",
        _cancelled_and_paid,
        _place_another,
        _is_paid_by_what_waited,
        reads=False,
    ),
    Operation("hand out a payment's form", _placed, _hand_out, _is_handed_out, reads=False),
    Operation("notice that pays an order", _handed_over, _notice("0000"), _is("spent", "paid", authorised=1)),
    Operation(
        "notice that pays after a refusal",
        _after_notice("0190"),
        _notice("0000"),
        _is("spent", "paid", refused=1, authorised=1),
        reads=False,
    ),
    Operation(
        "notice that refuses what is paid",
        _after_notice(),
        _notice("0190"),
        _is("spent", "paid", authorised=1, refused_after_paid=1),
        reads=False,
    ),
    Operation(
        "notice of another amount",
        _handed_over,
        _notice("0000", Ds_Amount="1"),
        _is("pending", "ordered", differs=1),
        reads=False,
    ),
    Operation("pay an order again", _after_notice("0190"), _pay_again, _is_to_be_paid_again, reads=False),
    Operation("receipt of a payment", _after_notice(), _receipt, _is_receipt, reads=False),
    Operation("cancel an order", _handed_over, _cancel, _is_cancelled, reads=False),
    Operation("send an order elsewhere", _after_notice(), _readdress, _is_readdressed, reads=False),
    Operation("ship an order", _prepared, _ship, _is_shipped, reads=False),
    Operation("load a card", _sent, _load, _is_loaded, reads=False),
    Operation("record what is free", _buyer, _give, _is_free, reads=False),
)
