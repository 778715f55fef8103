"""Every operation of payments that writes, for the crash suite: asked again, each is done exactly once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.aws.tables import Transaction, listed
from chalicelib.notices.tables import MessageRow
from chalicelib.payments.intents import require_paid
from chalicelib.payments.tables import PaymentNotificationRow, PaymentRow
from chalicelib.registry.accounts import holder_of
from infra.local import pay
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.people import registered, session
from tests.support.client import Answer, Client
from tests.support.payments import begin, form_of, notify, order_in, ordered, send, with_contract


@dataclass(frozen=True)
class Buyer:
    """A person with a session, and what the operation needs to know of a payment."""

    client: Client
    order: dict[str, str]

    @property
    def payment(self) -> str:
        return self.order["DS_MERCHANT_ORDER"]


def _buyer(case: Case) -> Buyer:
    with_contract(case.world)
    registered(case)
    return Buyer(session(case), {})


def _begun(case: Case) -> Buyer:
    client = _buyer(case).client
    return Buyer(client, {"DS_MERCHANT_ORDER": begin(client, key="one-payment").json["id"]})


def _handed_over(case: Case) -> Buyer:
    client = _buyer(case).client
    return Buyer(client, ordered(client, key="one-payment"))


def _after_notice(response: str) -> Callable[[Case], Buyer]:
    def before(case: Case) -> Buyer:
        buyer = _handed_over(case)
        assert notify(case.world, buyer.order, response).status == 200
        return buyer

    return before


def _begin(case: Case) -> Answer:
    return told(begin(case.kept.client, key="one-payment"), 201)


def _is_begun(case: Case, answer: Answer) -> None:
    (row,) = PaymentRow.scan()
    assert (row.id, row.state, int(row.cents)) == (answer.json["id"], "created", 3135)
    assert acts("payment.created") == 1


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


def _is(state: str, **events: int) -> Callable[[Case, object], None]:
    """The payment's state, and each event exactly so often; who paid was written to once."""

    def check(case: Case, _: object) -> None:
        row = PaymentRow.get(case.kept.payment)
        assert row.state == state
        counted = {name: acts(f"payment.{name.replace('_', '-')}") for name in events}
        assert counted == events
        mails = [mail for mail in MessageRow.scan() if mail.template == "payment-received"]
        assert [bool(mail.sent_at) for mail in mails] == [True] * (state in {"paid", "spent"})
        assert len(list(PaymentNotificationRow.scan())) == sum(
            count for name, count in events.items() if name not in {"spent"}
        )

    return check


def _receipt(case: Case) -> Answer:
    path = f"/v1/me/payments/{case.kept.payment}/receipts"
    return told(case.kept.client.post(path), 201)


def _is_receipt(case: Case, answer: Answer) -> None:
    body = {"verification_code": answer.json["verification_code"]}
    checked = case.world.citizen.post("/v1/receipts/verifications", body)
    pdf = base64.b64decode(answer.json["receipt_pdf"])
    assert checked.json["sha256"] == hashlib.sha256(pdf).hexdigest()


def _given(case: Case, product: str) -> str:
    """A room that gives a thing once: as issuing does, it looks first whether it was given."""

    def give() -> str:
        holder = holder_of(NIF)
        for row in listed(PaymentRow.scan(consistent_read=True)):
            if row.spent_by == "thing:1":
                return str(row.id)
        transaction = Transaction()
        settled = require_paid(
            case.world.cloud, transaction, holder=holder, product=product, spent_by="thing:1"
        )
        transaction.commit()
        return settled.payment

    got: str = run("api_handler", give)
    return got


def _is_spent(case: Case, payment: str) -> None:
    assert payment == case.kept.payment
    _is("spent", authorised=1, spent=1)(case, None)


def _is_free(case: Case, payment: str) -> None:
    (row,) = PaymentRow.scan()
    assert (row.id, row.state, row.spent_by) == (payment, "free", "thing:1")
    assert acts("fee.waived") == 1


OPERATIONS = (
    Operation("begin a payment", _buyer, _begin, _is_begun),
    Operation("hand out a payment's form", _begun, _hand_out, _is_handed_out),
    Operation("notice that pays", _handed_over, _notice("0000"), _is("paid", authorised=1)),
    Operation("notice that refuses", _handed_over, _notice("0190"), _is("refused", refused=1)),
    Operation(
        "notice that pays after a refusal",
        _after_notice("0190"),
        _notice("0000"),
        _is("paid", refused=1, authorised=1),
        reads=False,
    ),
    Operation(
        "notice that refuses what is paid",
        _after_notice("0000"),
        _notice("0190"),
        _is("paid", authorised=1, refused_after_paid=1),
        reads=False,
    ),
    Operation(
        "notice of another amount",
        _handed_over,
        _notice("0000", Ds_Amount="1"),
        _is("pending", differs=1),
        reads=False,
    ),
    Operation("receipt of a payment", _after_notice("0000"), _receipt, _is_receipt),
    Operation("spend a payment", _after_notice("0000"), lambda case: _given(case, "card"), _is_spent),
    Operation("record what is free", _buyer, lambda case: _given(case, "certificate-video"), _is_free),
)
