"""The story of an order: what is confirmed before, the money, the parcel out and back, the loaded card."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.notices.jobs import send_outbox
from chalicelib.payments.intents import OWED, decision_of
from chalicelib.payments.orders import placing, shipping
from chalicelib.payments.orders.loading import NoCardToLoad, load
from chalicelib.payments.orders.placing import NewOrder
from chalicelib.payments.orders.rows import LABEL
from chalicelib.payments.orders.states import OrderNotPossible
from chalicelib.payments.tables import OrderRow, PaymentRow
from chalicelib.payments.tariff import TARIFF, Edition, Policy, Price, replay
from chalicelib.registry.accounts import holder_of
from infra.commands import orders as commands
from tests.journeys.test_account import log_in
from tests.journeys.test_special_positions import FATHER
from tests.support import cards
from tests.support.citizens import register
from tests.support.client import Client
from tests.support.payments import (
    DELIVERY,
    confirmed,
    form_of,
    notify,
    order,
    order_in,
    state,
    with_contract,
)
from tests.support.world import START, World, another_person

NIF = "12345678Z"
OPERATOR = "operator:test"


@pytest.fixture
def shop(authority: World) -> World:
    return with_contract(authority)


@pytest.fixture
def buyer(shop: World) -> Client:
    register(shop)
    return log_in(shop)


def pay(world: World, client: Client, placed: Any, response: str = "0000") -> str:
    """Pay an order; its payment's number."""
    payment = str(placed["payment"]["id"])
    assert notify(world, order_in(client, form_of(client, payment)), response).status == 200
    return payment


def bought(world: World, client: Client, product: str = "card", **more: Any) -> str:
    """The number of an order that is paid."""
    placed = order(client, product, **more)
    assert placed.status == 201, placed.body
    pay(world, client, placed.json)
    return str(placed.json["id"])


def shipped(world: World, client: Client, product: str = "card") -> str:
    number = bought(world, client, product)
    shipping.prepare(world.cloud, number, OPERATOR)
    shipping.ship(world.cloud, number, "Correos", "PQ4F6P0704104480181750T", OPERATOR)
    return number


def shown(client: Client, number: str) -> Any:
    answer = client.get(f"/v1/me/orders/{number}")
    assert answer.status == 200, answer.body
    return answer.json


def acts(number: str) -> Counter[str]:
    return Counter(event.act for event in every_event() if event.object == f"order:{number}")


def load_card(world: World, certificate: str, nif: str = NIF) -> str:
    """What loading a card does, in the transaction that stores the certificate."""
    transaction = Transaction()
    actor = "officer:one"
    number = load(world.cloud, transaction, holder=holder_of(nif), certificate=certificate, actor=actor)
    transaction.commit()
    return number


def mails(world: World, number: str) -> list[str]:
    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
    return [mail.body for mail in world.phone.emails() if number in mail.body]


def test_A13_A15_A23_a_card_from_its_points_to_its_certificate(
    shop: World, buyer: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = buyer.get("/v1/preliminary-points/card", headers={"Accept-Language": "ca"}).json
    assert len(asked["points"]) == 5
    assert asked["points"][0]["words"] == "Rebré la targeta en blanc, sense certificat."
    body = {
        "product": "card",
        "delivery": DELIVERY,
        "confirmed": {"version": asked["version"], "points": [point["id"] for point in asked["points"]]},
    }
    placed = buyer.post("/v1/me/orders", body, key="order-of-my-card", headers={"Accept-Language": "ca"}).json
    number = placed["id"]
    assert (placed["state"], placed["payment"]["price"]["cents"]) == ("ordered", 3135)
    # The evidence has the words in which it was said, and the event its digest.
    row = OrderRow.get(number)
    evidence = json.loads(row.evidence)
    assert evidence["points"] == [[point["id"], point["words"]] for point in asked["points"]]
    assert (evidence["version"], evidence["language"]) == ("2026-11", "ca")
    (event,) = [event for event in every_event() if event.act == "order.placed"]
    assert event.evidence == row.evidence_digest == hashlib.sha256(row.evidence.encode()).hexdigest()

    assert commands.show("paid") == 0
    assert capsys.readouterr().out.count('"id"') == 0, "what is not paid is not sent"
    pay(shop, buyer, placed)
    assert (shown(buyer, number)["state"], shown(buyer, number)["payment"]["state"]) == ("paid", "spent")
    assert commands.show("paid") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"id"')]
    assert (json.loads(line)["id"], json.loads(line)["street"]) == (number, "C. Colón, 1")
    assert commands.prepare(shop.cloud, number, OPERATOR) == 0
    assert commands.ship(shop.cloud, number, "Correos", "PQ4F6P0704104480181750T", OPERATOR) == 0
    assert commands.deliver(shop.cloud, number, OPERATOR) == 0
    listed = buyer.get("/v1/me/orders").json["orders"]
    assert [(one["id"], one["state"], one["tracking"]) for one in listed] == [
        (number, "delivered", "PQ4F6P0704104480181750T")
    ]
    assert load_card(shop, "ca#1") == number
    assert shown(buyer, number)["state"] == "loaded"
    assert acts(number) == Counter(
        ["order.placed", "order.paid", "order.prepared", "order.shipped", "order.delivered", "order.loaded"]
    )
    told = mails(shop, number)
    assert sorted(("31,35 euros" in text, "PQ4F6P" in text) for text in told) == [
        (False, True),
        (True, False),
    ]
    assert buyer.post(f"/v1/me/payments/{number}/receipts").status == 201
    for command in ("paid", "preparing", "shipped"):
        assert shipping.at_work(command) == []


def test_A32_readers_are_ordered_by_number_and_without_points(shop: World, buyer: Client) -> None:
    placed = order(buyer, "card-reader", quantity=2, confirmed=None)
    price = placed.json["payment"]["price"]
    assert (price["cents"], price["quantity"]) == (3630, 2)
    assert price["why"].startswith("Cuesta 36,30 euros (2 x 18,15 euros)")
    decision = decision_of(PaymentRow.get(placed.json["id"]))
    assert replay(decision) == decision
    assert order(buyer, "card-reader", quantity=6).slug == "quantity-not-sold"
    assert order(buyer, "card", quantity=2).slug == "quantity-not-sold"
    pay(shop, buyer, placed.json)
    assert shown(buyer, placed.json["id"])["state"] == "paid"
    with pytest.raises(NoCardToLoad):
        load_card(shop, "ca#1")


def test_A15_without_the_five_points_nothing_is_ordered(shop: World, buyer: Client) -> None:
    for wrong in (None, confirmed("card") | {"version": "2020-01"}, confirmed("card") | {"points": []}):
        assert order(buyer, confirmed=wrong).slug == "preliminary-points-not-confirmed"
    assert list(OrderRow.scan()) == []
    assert list(PaymentRow.scan()) == []


def test_A04_nobody_orders_a_card_that_nothing_could_be_loaded_onto(shop: World) -> None:
    """Until the fourteenth birthday in Madrid; a reader is of use to everybody."""
    person = register(shop, 31, birth_date="2012-11-23", guardian=FATHER)
    shop.clock.at = datetime(2026, 11, 22, 22, 59, 50, tzinfo=UTC)
    child = person.log_in_with_pin()
    refused = order(child)
    assert (refused.status, refused.slug) == (409, "too-young-for-a-card")
    assert not [*OrderRow.scan(), *PaymentRow.scan()]
    assert order(child, "card-reader").status == 201
    shop.clock.turn(seconds=10)
    assert order(child).status == 201


def test_what_is_sent_is_not_paid_without_an_order(shop: World, buyer: Client) -> None:
    """Nobody pays for what cannot be delivered."""
    for product in ("card", "card-reader"):
        assert buyer.post("/v1/me/payments", {"product": product}, key="new").slug == "order-needed"
    for wrong in ({"postcode": "99999"}, {"street": "a\nb"}, {"town": ""}):
        assert order(buyer, delivery=DELIVERY | wrong).slug == "body-invalid"


def test_the_same_key_is_the_same_order(shop: World, buyer: Client) -> None:
    first, again = order(buyer, key="one-order"), order(buyer, key="one-order")
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    assert order(buyer, "card-reader", key="one-order").slug == "idempotency-key-reused"
    assert len(list(OrderRow.scan())) == len(list(PaymentRow.scan())) == 1
    for _ in range(4):
        assert order(buyer).status == 201
    assert order(buyer).slug == "too-many-orders"
    assert order(buyer, key="one-order").status == 201, "which is there already"


def test_R27_nobody_sees_or_changes_anothers_order(shop: World, buyer: Client) -> None:
    number = bought(shop, buyer)
    other = log_in(shop, nif=register(shop, 31).nif)
    for answer in (
        other.get(f"/v1/me/orders/{number}"),
        other.post(f"/v1/me/orders/{number}/delivery", DELIVERY),
        other.post(f"/v1/me/orders/{number}/cancellation"),
        other.post(f"/v1/me/orders/{number}/payments", key="new"),
        other.get("/v1/me/orders/" + "x" * 300),
    ):
        assert answer.slug == "not-found"
    assert other.get("/v1/me/orders").json == {"orders": []}
    assert shop.citizen.get("/v1/me/orders").slug == "session-required"


def test_another_card_after_a_refused_one(shop: World, buyer: Client) -> None:
    placed = order(buyer).json
    number = placed["id"]
    assert buyer.post(f"/v1/me/orders/{number}/payments", key="second-card").slug == "order-not-possible"
    first = order_in(buyer, form_of(buyer, number))
    assert notify(shop, first, "0190").status == 200
    again = buyer.post(f"/v1/me/orders/{number}/payments", key="second-card")
    assert (again.status, again.json["state"], again.json["payment"]["state"]) == (201, "ordered", "created")
    assert buyer.post(f"/v1/me/orders/{number}/payments", key="second-card").json == again.json
    assert buyer.post(f"/v1/me/orders/{number}/payments", key="third-card").slug == "order-not-possible"
    assert pay(shop, buyer, again.json) != number
    assert shown(buyer, number)["state"] == "paid"
    # The first card is authorised after all: the money is not forgotten, and the order is not paid twice.
    assert notify(shop, first).status == 200
    assert state(buyer, number) == "paid"
    assert [event.object for event in every_event() if event.act == "payment.without-order"] == [
        f"payment:{number}"
    ]
    assert acts(number)["order.paid"] == 1
    # It pays for the next one.
    assert order(buyer).json["state"] == "paid"
    assert (state(buyer, number), PaymentRow.get(number).spent_by[:6]) == ("spent", "order:")
    assert order(buyer).json["state"] == "ordered"


def test_an_order_is_cancelled_before_it_is_paid_and_its_address_erased(shop: World, buyer: Client) -> None:
    placed = order(buyer).json
    number = placed["id"]
    handed_out = order_in(buyer, form_of(buyer, number))
    path = f"/v1/me/orders/{number}/cancellation"
    for _ in range(2):
        cancelled = buyer.post(path)
        assert (cancelled.status, cancelled.json["state"], cancelled.json["delivery"]) == (
            200,
            "cancelled",
            None,
        )
    assert "Colón" not in str(OrderRow.get(number).attribute_values)
    assert state(buyer, number) == "cancelled"
    assert form_of(buyer, number).slug == "payment-not-possible"
    # The form was open at the gateway: what is taken there is kept, for the next order.
    assert notify(shop, handed_out).status == 200
    assert (state(buyer, number), shown(buyer, number)["state"]) == ("paid", "cancelled")
    again = order(buyer).json
    assert (again["state"], again["payment"]["id"]) == ("paid", number)
    assert buyer.post(f"/v1/me/orders/{again['id']}/cancellation").slug == "order-not-possible"


def test_what_came_back_is_sent_to_another_address(shop: World, buyer: Client) -> None:
    number = shipped(shop, buyer)
    elsewhere = DELIVERY | {"street": "Av. del Port, 2", "postcode": "46021"}
    path = f"/v1/me/orders/{number}/delivery"
    assert buyer.post(path, elsewhere).slug == "order-not-possible", "it is on its way"
    for _ in range(2):
        assert commands.take_back(shop.cloud, number, "not-collected", OPERATOR) == 0
    assert shown(buyer, number)["return_reason"] == "not-collected"
    again = buyer.post(path, elsewhere)
    assert (again.json["state"], again.json["delivery"]["street"]) == ("paid", "Av. del Port, 2")
    assert buyer.post(path, elsewhere).json["changed_at"] == again.json["changed_at"]
    shipping.prepare(shop.cloud, number, OPERATOR)
    assert buyer.post(path, DELIVERY).slug == "order-not-possible", "the label is written"
    shipping.ship(shop.cloud, number, "Correos", "SECOND", OPERATOR)
    told = mails(shop, number)
    assert len(told) == 4
    assert sum("nadie lo recogió a tiempo" in text for text in told) == 1
    assert sum("Seguimiento: SECOND" in text for text in told) == 1


def test_the_operator_repeats_and_errs(shop: World, buyer: Client) -> None:
    number = bought(shop, buyer)
    cloud = shop.cloud
    with pytest.raises(OrderNotPossible):
        shipping.ship(cloud, number, "Correos", "A1", OPERATOR)
    for _ in range(2):
        shipping.prepare(cloud, number, OPERATOR)
    for _ in range(2):
        shipping.ship(cloud, number, "Correos", "A1", OPERATOR)
    with pytest.raises(OrderNotPossible):
        shipping.ship(cloud, number, "Correos", "another parcel", OPERATOR)
    for carrier, tracking in (("", "A1"), ("Correos", "A\n1"), ("Correos", "1" * 41)):
        with pytest.raises(shipping.ParcelInvalid):
            shipping.ship(cloud, number, carrier, tracking, OPERATOR)
    with pytest.raises(shipping.ParcelInvalid):
        shipping.take_back(cloud, number, "who knows", OPERATOR)
    assert acts(number)["order.shipped"] == acts(number)["order.prepared"] == 1


def test_A23_a_card_is_loaded_once_and_for_its_holder(shop: World, buyer: Client) -> None:
    first = shipped(shop, buyer)
    shop.clock.turn(seconds=1)
    second = shipped(shop, buyer)
    with pytest.raises(NoCardToLoad):
        load_card(shop, "ca#9", nif=register(shop, 31).nif)
    assert load_card(shop, "ca#1") == first, "the oldest, though no carrier has said that it arrived"
    before = acts(first)
    again = Transaction()
    told = load(shop.cloud, again, holder=holder_of(NIF), certificate="ca#1", actor="officer:one")
    assert (told, acts(first), again._updates) == (first, before, [])
    # Two officers at once: one card each, or the second asks again.
    one, two = Transaction(), Transaction()
    for transaction, certificate in ((one, "ca#2"), (two, "ca#3")):
        load(shop.cloud, transaction, holder=holder_of(NIF), certificate=certificate, actor="officer:one")
    one.commit()
    with pytest.raises(ConditionFailed) as failed:
        two.commit()
    assert failed.value.labels == {LABEL}
    assert OrderRow.get(second).certificate == "ca#2"
    with pytest.raises(NoCardToLoad):
        load_card(shop, "ca#3")


def test_A23_the_loading_at_the_point_ends_the_order(shop: World, buyer: Client) -> None:
    """Sent again because its answer was lost, it ends no second order; a card nobody ordered loads too."""
    first = shipped(shop, buyer)
    shop.clock.turn(seconds=1)
    second = shipped(shop, buyer)
    body = cards.loading(shop.code_for(), attested=False)
    for _ in range(2):
        assert cards.load(shop, body).status == 200
        assert [shown(buyer, number)["state"] for number in (first, second)] == ["loaded", "shipped"]
    other = cards.TestCard(serial="0002-TEST")
    handed_out = cards.loading(shop.code_for(**another_person(3)), card=other, attested=False)
    assert cards.load(shop, handed_out).status == 200


def test_X18_free_and_afterwards_are_ready_at_once(shop: World, buyer: Client) -> None:
    """Where a tariff says so: what is free is written down, what is paid later is owed."""
    holder = holder_of(NIF)
    wanted = NewOrder(product="card-reader", delivery=placing.Delivery(**DELIVERY))
    prices: list[tuple[int, Policy, str]] = [(0, "never", "free"), (1815, "after-issue", OWED)]
    for number, (cents, policy, payment) in enumerate(prices):
        edition = Edition("2026-11", START, 70, 2, 365, (Price("card-reader", cents, policy, "by-law"),))
        row = placing.place(
            shop.cloud,
            holder,
            wanted,
            f"key-{number}",
            "es",
            (*TARIFF, edition),
            birth_date=date(1985, 2, 28),
        )
        assert row.state == "paid"
        assert (PaymentRow.get(row.payment).state if row.payment else OWED) == payment
    assert len(shipping.at_work("paid")) == 2
