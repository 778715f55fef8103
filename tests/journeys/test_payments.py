"""The story of a payment: its price and why, the gateway's page, its notices in any order, the receipt."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.notices.jobs import send_outbox
from chalicelib.payments import tariff
from chalicelib.payments.intents import (
    OWED,
    SPEND,
    PaymentRequired,
    Settled,
    decision_of,
    require_paid,
)
from chalicelib.payments.tables import PaymentNotificationRow, PaymentRow
from chalicelib.payments.tariff import TARIFF, Edition, Price, replay
from chalicelib.registry.accounts import holder_of
from infra.local import pay
from tests.journeys.test_account import log_in
from tests.support.citizens import Person, register
from tests.support.client import Client
from tests.support.payments import (
    ALL_PAY,
    FEE,
    begin,
    form_of,
    notify,
    order_in,
    ordered,
    paid,
    send,
    state,
    with_contract,
)
from tests.support.world import START, World

FORGED = "sq7HjrUOBfKmC576ILgskD5srU870gJ8"
AFTERWARDS = (
    *TARIFF,
    Edition(
        "2026-11", START - timedelta(days=1), 70, 2, 365, (Price("card", 3135, "after-issue", "by-law"),)
    ),
)
"""Cards sent with an invoice (X18)."""


@pytest.fixture(autouse=True)
def all_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most stories here are of a payment that needs no order."""
    monkeypatch.setattr(tariff, "TARIFF", ALL_PAY)


@pytest.fixture
def shop(authority: World) -> World:
    return with_contract(authority)


@pytest.fixture
def buyer(shop: World) -> Client:
    register(shop)
    return log_in(shop)


def events(act: str) -> list[Any]:
    return [event for event in every_event() if event.act == act]


def acts() -> list[str]:
    return [event.act for event in every_event() if event.object.startswith("payment:")]


def settle(world: World, product: str, spent_by: str, **more: Any) -> Settled:
    """What a room does that gives something: it pays and gives in one transaction."""
    transaction = Transaction()
    settled = require_paid(
        world.cloud, transaction, holder=holder_of("12345678Z"), product=product, spent_by=spent_by, **more
    )
    transaction.commit()
    return settled


# From the price to the receipt


def test_a_payment_from_its_price_to_its_receipt(shop: World, buyer: Client) -> None:
    price = buyer.get("/v1/me/prices/certificate-online").json
    assert (price["cents"], price["currency"], price["rule"]) == (700, "EUR", "listed-price")
    assert price["why"].startswith("Cuesta 7,00 euros")
    begun = begin(buyer)
    assert (begun.status, begun.json["state"], begun.json["price"]["cents"]) == (201, "created", 700)
    form = form_of(buyer, begun.json["id"])
    assert form.json["url"] == "https://api.clavero.es/local/pay"
    order = order_in(buyer, form)
    assert order["DS_MERCHANT_AMOUNT"] == "700"
    assert order["DS_MERCHANT_PAYMETHODS"] == "C", "A14: by card only"
    assert order["DS_MERCHANT_MERCHANTURL"] == "https://api.clavero.es/v1/redsys-notifications"
    assert state(buyer, begun.json["id"]) == "pending"
    assert notify(shop, order).json == {"taken": True}
    assert state(buyer, begun.json["id"]) == "paid"
    receipt = buyer.post(f"/v1/me/payments/{begun.json['id']}/receipts")
    assert receipt.status == 201, receipt.body
    pdf = base64.b64decode(receipt.json["receipt_pdf"])
    text = b"".join(
        zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    )
    assert b"7,00 euros" in text
    assert begun.json["id"].encode() in text
    told = {"verification_code": receipt.json["verification_code"]}
    checked = shop.citizen.post("/v1/receipts/verifications", told).json
    assert (checked["kind"], checked["sha256"]) == ("payment", hashlib.sha256(pdf).hexdigest())
    assert sorted(acts()) == [
        "payment.authorised",
        "payment.created",
        "payment.handed-over",
        "payment.receipt-made",
    ]


def test_who_paid_is_written_to(shop: World, buyer: Client) -> None:
    """By the next run of the schedule: the gateway's notice sends nothing itself."""
    order = paid(shop, buyer)
    send_outbox(shop.cloud)
    (mail,) = [mail for mail in shop.phone.emails() if order in mail.body]
    assert "7,00 euros" in mail.body
    assert "pedido en el área personal" in mail.body


def test_F22_why_was_I_charged(shop: World, buyer: Client) -> None:
    """In three languages; and from what is stored the same decision is made again."""
    payment = begin(buyer).json["id"]
    path = f"/v1/me/payments/{payment}"
    said = {
        language: buyer.get(path, headers={"Accept-Language": language}).json["price"]
        for language in ("es", "ca", "en")
    }
    assert said["ca"]["why"].startswith("Costa 7,00 euros")
    assert said["en"]["why"].startswith("It costs 7.00 euros")
    assert said["en"]["name"] == "certificate, applied for in the personal area"
    assert len(said["en"]["conditions"]) == 2
    row = PaymentRow.get(payment)
    assert replay(decision_of(row)) == decision_of(row)


def test_A10_a_certificate_costs_nothing_until_one_is_valid(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then, while the operator enforces a fee, until 70 days before its end."""
    monkeypatch.setattr(tariff, "TARIFF", TARIFF)
    world = with_contract(authority, fee_if_enforced="yes")
    person = register(world)
    client = person.log_in_with_pin()
    free = client.get("/v1/me/prices/certificate-online").json
    assert (free["cents"], free["rule"]) == (0, "no-valid-certificate")
    assert begin(client, "certificate-online").slug == "nothing-to-pay"
    certificate = world.certificate_of()
    charged = client.get("/v1/me/prices/certificate-online").json
    assert (charged["cents"], charged["rule"]) == (1000, "listed-price")
    assert client.get("/v1/me/prices/certificate-in-person").json["rule"] == "free-allowance"
    assert begin(client, "certificate-online").status == 201
    world.clock.at = certificate.not_valid_after_utc - timedelta(days=69)
    again = person.log_in_with_pin().get("/v1/me/prices/certificate-online").json
    assert (again["cents"], again["rule"]) == (0, "renewal-window")


def test_X02_where_no_fee_is_enforced_nobody_pays_it(
    shop: World, buyer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tariff, "TARIFF", TARIFF)
    shop.certificate_of()
    assert buyer.get("/v1/me/prices/certificate-online").json["rule"] == "not-enforced"


def test_the_price_list_is_public(shop: World) -> None:
    answer = shop.citizen.get("/v1/prices", headers={"Accept-Language": "en"})
    prices = {line["product"]: line["cents"] for line in answer.json["prices"]}
    assert prices["card"] == 3135
    assert prices["certificate-video"] == prices[FEE] == 700
    assert answer.json["fee_enforced"] is False


def test_the_page_that_one_comes_back_to_proves_nothing(shop: World, buyer: Client) -> None:
    order = ordered(buyer)
    page = shop.citizen.get("/v1/payment-returns/done?Ds_Order=" + order["DS_MERCHANT_ORDER"])
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Pago enviado" in page.body.decode()
    assert "Vuelva a la página desde la que pagó" in page.body.decode(), "a video case has no personal area"
    undone = shop.citizen.get("/v1/payment-returns/not-done", headers={"Accept-Language": "ca"})
    assert "Si el banc no ho ha autoritzat, no es cobra." in undone.body.decode()
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "pending"
    assert shop.citizen.get("/v1/payment-returns/elsewhere").slug == "not-found"


# Whose, and how often


def test_the_same_key_is_the_same_payment(shop: World, buyer: Client) -> None:
    first, again = begin(buyer, key="one-payment"), begin(buyer, key="one-payment")
    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert begin(buyer, "certificate-in-person", key="one-payment").slug == "idempotency-key-reused"
    assert begin(buyer, key="another-payment").json["id"] != first.json["id"]
    assert len(events("payment.created")) == 2


def test_R27_nobody_sees_pays_or_gets_a_receipt_of_anothers_payment(shop: World, buyer: Client) -> None:
    payment = paid(shop, buyer)
    other = log_in(shop, nif=register(shop, 31).nif)
    for answer in (
        other.get(f"/v1/me/payments/{payment}"),
        form_of(other, payment),
        other.post(f"/v1/me/payments/{payment}/receipts"),
        other.get("/v1/me/payments/free-" + "0" * 32),
        other.get("/v1/me/payments/" + "x" * 300),
    ):
        assert answer.slug == "not-found"
    assert other.get("/v1/me/payments").json == {"payments": []}
    (mine,) = buyer.get("/v1/me/payments").json["payments"]
    assert (mine["id"], mine["state"]) == (payment, "paid")
    assert shop.citizen.get("/v1/me/payments").slug == "session-required"


def test_the_same_key_of_two_people_is_two_payments(shop: World, buyer: Client) -> None:
    other = log_in(shop, nif=register(shop, 32).nif)
    assert begin(buyer, key="one-payment").json["id"] != begin(other, key="one-payment").json["id"]


def test_without_a_contract_nothing_is_paid(authority: World) -> None:
    """And prices are still told."""
    client = register(authority).log_in_with_pin()
    payment = begin(client).json["id"]
    assert form_of(client, payment).slug == "payments-unavailable"
    assert state(client, payment) == "created"
    order = {"Ds_SignatureVersion": "HMAC_SHA512_V2", "Ds_MerchantParameters": "e30", "Ds_Signature": "AA"}
    assert send(authority, order).slug == "payments-unavailable"


def test_the_key_is_in_no_table_no_setting_and_no_log(
    shop: World, buyer: Client, caplog: pytest.LogCaptureFixture
) -> None:
    paid(shop, buyer)
    assert pay.KEY not in repr(shop.cloud.settings)
    assert pay.KEY not in caplog.text
    assert pay.KEY not in str([row.attribute_values for row in PaymentRow.scan()])


# Notices


@pytest.mark.parametrize("version", ["HMAC_SHA512_V2", "HMAC_SHA256_V1"])
def test_either_signature_is_sent_and_accepted(authority: World, version: str) -> None:
    """The bank decides which one a terminal uses, and may move it while a payment waits."""
    world = with_contract(authority, redsys_signature=version)
    client = register(world).log_in_with_pin()
    for answered, order in [(each, ordered(client)) for each in ("HMAC_SHA512_V2", "HMAC_SHA256_V1")]:
        assert notify(world, order, version=answered).status == 200
        assert state(client, order["DS_MERCHANT_ORDER"]) == "paid"


def test_a_forged_notice_changes_and_writes_nothing(
    shop: World, buyer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ordered(buyer)
    before = len(list(every_event()))
    good = pay.notice(order, "0000", "HMAC_SHA512_V2").fields()
    refused = pay.notice(order, "0190", "HMAC_SHA512_V2").fields()
    with monkeypatch.context() as patched:
        patched.setattr(pay, "KEY", FORGED[::-1].replace("/", "a"))
        other_key = pay.notice(order, "0000", "HMAC_SHA512_V2").fields()
    for fields in (
        other_key,
        good | {"Ds_Signature": refused["Ds_Signature"]},
        good | {"Ds_SignatureVersion": "HMAC_SHA256_V1"},
        good | {"Ds_Signature": ""},
    ):
        answer = send(shop, fields)
        assert answer.slug in {"payment-signature-wrong", "payment-notification-malformed"}
        assert answer.status in {403, 422}
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "pending"
    assert len(list(every_event())) == before
    assert list(PaymentNotificationRow.scan()) == []
    assert notify(shop, order).status == 200, "and the true one still counts"


def test_what_is_no_notice_is_refused(shop: World) -> None:
    for fields in ({}, {"Ds_Signature": "x"}, {"a": "b"}):
        assert send(shop, fields).slug == "payment-notification-malformed"
    assert send(shop, {}, content_type="application/json").slug == "media-type-not-supported"
    assert send(shop, {"a": "b" * 20_000}).slug == "body-too-large"


def test_the_same_notice_again_is_nothing_new(shop: World, buyer: Client) -> None:
    """The gateway repeats until it is answered; who recorded a notice may repeat it for ever."""
    order = ordered(buyer)
    fields = pay.notice(order, "0000", "HMAC_SHA512_V2").fields()
    for _ in range(3):
        assert send(shop, fields).json == {"taken": True}
    assert len(events("payment.authorised")) == 1
    assert len(list(PaymentNotificationRow.scan())) == 1


def test_a_refusal_before_the_authorisation_does_not_lose_the_money(shop: World, buyer: Client) -> None:
    """A second card after a refused one."""
    order = ordered(buyer)
    payment = order["DS_MERCHANT_ORDER"]
    assert notify(shop, order, "0190").status == 200
    assert state(buyer, payment) == "refused"
    assert form_of(buyer, payment).slug == "payment-not-possible"
    assert buyer.post(f"/v1/me/payments/{payment}/receipts").slug == "payment-not-possible"
    assert notify(shop, order).status == 200
    assert state(buyer, payment) == "paid"
    (event,) = events("payment.authorised")
    assert (event.details["before"], event.details["after"]) == ("refused", "paid")


def test_a_refusal_after_the_authorisation_takes_nothing_away(shop: World, buyer: Client) -> None:
    """Nor is it lost: an operator finds it by its name."""
    order = ordered(buyer)
    assert notify(shop, order).status == 200
    assert notify(shop, order, "0190").status == 200
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "paid"
    (event,) = events("payment.refused-after-paid")
    assert event.details["response"] == "0190"
    assert PaymentRow.get(order["DS_MERCHANT_ORDER"]).response == "0000"


def test_a_second_authorisation_is_told_apart(shop: World, buyer: Client) -> None:
    """Money may have been taken twice: it is an event, and the payment still pays for one thing."""
    order = ordered(buyer)
    assert notify(shop, order).status == 200
    assert notify(shop, order, Ds_AuthorisationCode="654321").status == 200
    assert len(events("payment.authorised-again")) == 1
    assert PaymentRow.get(order["DS_MERCHANT_ORDER"]).authorisation == "123456"


def test_an_authorisation_after_the_time_counts(shop: World, buyer: Client) -> None:
    order = ordered(buyer)
    shop.clock.turn(minutes=20)
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "pending"
    shop.clock.turn(minutes=25)
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "pending"
    shop.clock.turn(minutes=15)
    late = Person(shop, {"nif": "12345678Z", "mobile": "+34612345678"}, "", Client(shop.app))
    later = late.log_in_with_pin()
    assert state(later, order["DS_MERCHANT_ORDER"]) == "lapsed"
    assert form_of(later, order["DS_MERCHANT_ORDER"]).slug == "payment-not-possible"
    assert notify(shop, order).status == 200
    assert state(later, order["DS_MERCHANT_ORDER"]) == "paid"


def test_a_form_asked_for_again_and_again_prolongs_no_price(shop: World, buyer: Client) -> None:
    """For an hour there is a form, and the gateway's half hour after the last one; then it has lapsed."""
    payment = begin(buyer).json["id"]
    begun = shop.clock.at
    told = []
    for _ in range(3):
        told.append(form_of(buyer, payment))
        shop.clock.turn(minutes=28)
    assert [answer.status for answer in told] == [200, 200, 200]
    lapses = [datetime.fromisoformat(answer.json["lapses_at"]) - begun for answer in told]
    assert lapses == [timedelta(hours=1), timedelta(hours=1), timedelta(minutes=86)]
    assert state(buyer, payment) == "pending", "the page may be open at the gateway"
    assert form_of(buyer, payment).slug == "payment-not-possible"
    assert PaymentRow.get(payment).lapses_at == begun + timedelta(minutes=86)
    shop.clock.turn(minutes=2)
    assert state(buyer, payment) == "lapsed"
    assert form_of(buyer, payment).slug == "payment-not-possible"


def test_a_notice_after_the_purchase_changes_nothing(shop: World, buyer: Client) -> None:
    order = ordered(buyer)
    assert notify(shop, order).status == 200
    settle(shop, FEE, "delivery:1")
    assert notify(shop, order, "9915").status == 200
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "spent"


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"Ds_Amount": "1"}, "amount"),
        ({"Ds_Amount": "70000"}, "amount"),
        ({"Ds_Currency": "840"}, "currency"),
        ({"Ds_MerchantCode": "999008882"}, "merchant"),
        ({"Ds_Terminal": "002"}, "terminal"),
        ({"Ds_TransactionType": "3"}, "transaction-type"),
        ({"Ds_Order": "0000UNKNOWN1"}, "order"),
    ],
)
def test_a_signed_notice_of_something_else_pays_nothing_and_is_kept(
    shop: World, buyer: Client, changes: dict[str, str], differs: str
) -> None:
    """Somebody with the key says that money was taken: not for this, and an operator must know."""
    order = ordered(buyer)
    fields = pay.notice(order, "0000", "HMAC_SHA512_V2", **changes).fields()
    for _ in range(2):
        answer = send(shop, fields)
        assert (answer.status, answer.slug) == (422, "payment-differs")
    assert state(buyer, order["DS_MERCHANT_ORDER"]) == "pending"
    (event,) = events("payment.differs")
    assert event.details["differs"] == differs


def test_the_notice_of_one_order_pays_no_other(shop: World, buyer: Client) -> None:
    one, two = ordered(buyer), ordered(buyer)
    assert notify(shop, one).status == 200
    assert state(buyer, two["DS_MERCHANT_ORDER"]) == "pending"


# What it pays for


def test_a_payment_pays_for_one_thing(shop: World, buyer: Client) -> None:
    payment = paid(shop, buyer)
    settled = settle(shop, FEE, "delivery:1", payment=payment)
    assert (settled.payment, settled.state, settled.decision.cents) == (payment, "spent", 700)
    with pytest.raises(PaymentRequired):
        settle(shop, FEE, "delivery:2", payment=payment)
    with pytest.raises(PaymentRequired):
        settle(shop, FEE, "delivery:2")
    (event,) = events("payment.spent")
    assert event.details["spent_by"] == "delivery:1"
    assert state(buyer, payment) == "spent"


def test_what_is_prepared_twice_is_written_once(shop: World, buyer: Client) -> None:
    """Two rooms see it paid; the second to commit gives nothing."""
    paid(shop, buyer)
    one, two = Transaction(), Transaction()
    for transaction, thing in ((one, "delivery:1"), (two, "delivery:2")):
        require_paid(shop.cloud, transaction, holder=holder_of("12345678Z"), product=FEE, spent_by=thing)
    one.commit()
    with pytest.raises(ConditionFailed) as failed:
        two.commit()
    assert failed.value.labels == {SPEND}
    assert len(events("payment.spent")) == 1


def test_what_is_not_paid_is_not_given(shop: World, buyer: Client) -> None:
    """Not begun, not finished, refused, for another product, or somebody else's."""
    with pytest.raises(PaymentRequired):
        settle(shop, FEE, "delivery:1")
    order = ordered(buyer)
    with pytest.raises(PaymentRequired):
        settle(shop, FEE, "delivery:1", payment=order["DS_MERCHANT_ORDER"])
    notify(shop, order, "0190")
    with pytest.raises(PaymentRequired):
        settle(shop, FEE, "delivery:1")
    reader = paid(shop, buyer, "card-reader")  # spent on its order
    others = paid(shop, log_in(shop, nif=register(shop, 33).nif))
    for payment in (reader, others, "0000UNKNOWN1"):
        with pytest.raises(PaymentRequired):
            settle(shop, FEE, "delivery:1", payment=payment)
    assert events("payment.spent") == []


def test_what_is_free_is_recorded_with_its_reason(shop: World, buyer: Client) -> None:
    settled = settle(shop, "certificate-in-person", "identification:1")
    assert settled.state == "free"
    shown = buyer.get(f"/v1/me/payments/{settled.payment}").json
    assert (shown["state"], shown["price"]["rule"]) == ("free", "no-valid-certificate")
    assert shown["price"]["why"] == "Es gratis: en ese momento no tenía ningún certificado válido."
    assert [event.details["rule"] for event in events("fee.waived")] == ["no-valid-certificate"]
    with pytest.raises(ConditionFailed):
        settle(shop, "certificate-in-person", "identification:1")


def test_X18_what_is_paid_afterwards_is_given_and_owed(shop: World) -> None:
    settled = settle(shop, "card", "delivery:1", tariff=AFTERWARDS)
    assert (settled.state, settled.decision.cents) == (OWED, 3135)
    (event,) = events("fee.owed")
    assert event.object == "delivery:1"
