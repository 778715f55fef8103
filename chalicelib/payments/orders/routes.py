"""Orders over HTTP: what is confirmed before, the order and its payment, where the parcel is."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN, Citizen
from chalicelib.notices import catalogue
from chalicelib.payments.orders import points
from chalicelib.payments.orders.placing import (
    Delivery,
    NewOrder,
    QuantityNotSold,
    TooManyOrders,
    TooYoungForCard,
    cancel,
    pay_again,
    place,
    readdress,
)
from chalicelib.payments.orders.points import PointsNotConfirmed
from chalicelib.payments.orders.rows import order_of, orders_of
from chalicelib.payments.orders.states import OrderNotPossible
from chalicelib.payments.states import PaymentNotPossible
from chalicelib.payments.tables import OrderRow, PaymentRow
from chalicelib.payments.tariff import DELIVERED, Delivered, NotForSale
from chalicelib.payments.views import LANGUAGES, Payment, language_for, own_language, payment_view
from chalicelib.registry.me.views import OWN
from chalicelib.registry.registration import IdempotencyKeyReused
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("orders")


class Point(msgspec.Struct):
    """One point to be confirmed."""

    id: str
    words: str


class Points(msgspec.Struct):
    """What is to be confirmed, all of it, before a product is ordered."""

    product: Delivered
    version: str
    language: str
    points: list[Point]


class Order(msgspec.Struct):
    """An order as its owner sees it."""

    id: str
    product: str
    name: str
    quantity: int
    state: str
    """`ordered`, `paid`, `preparing`, `shipped`, `delivered`, `returned`, `loaded` or `cancelled`."""
    delivery: Delivery | None
    """None once it was cancelled."""
    confirmed: str
    """The edition of the preliminary points."""
    payment: Payment | None
    """To be made, or made, and why; None for what is paid afterwards."""
    carrier: str | None
    tracking: str | None
    return_reason: str | None
    placed_at: datetime
    changed_at: datetime
    shipped_at: datetime | None


class OrderList(msgspec.Struct):
    """The newest first."""

    orders: list[Order]


@routes.get(
    "/v1/preliminary-points/{product}",
    summary="What is confirmed before an order",
    answers={200: Points},
    problems=[NotFound],
)
def show_points(request: Request) -> Reply:
    """The points of the current edition, in the language of Accept-Language; none for a card reader."""
    product = request.path["product"]
    if product not in DELIVERED:
        raise NotFound
    language = language_for(request, LANGUAGES[0])
    edition = points.current(product)
    listed = [Point(point.id, point.words[language]) for point in edition.points]
    body = Points(product, edition.version, language, listed)
    return Reply(body, headers={"Content-Language": language})


@routes.post(
    "/v1/me/orders",
    summary="Order a card or a card reader",
    body=NewOrder,
    answers={201: Order},
    problems=[
        TooYoungForCard,
        PointsNotConfirmed,
        QuantityNotSold,
        TooManyOrders,
        NotForSale,
        IdempotencyKeyReused,
        Conflict,
    ],
    caller=CITIZEN,
    idempotency_key=True,
)
def place_order(request: Request, citizen: Citizen) -> Reply:
    """Fixes the price and begins the payment, whose form comes from the payment's own route.

    The same Idempotency-Key finds the same order.
    """
    language = language_for(request, own_language(citizen.account))
    known = citizen.account.registration
    assert known is not None  # citizens are registered
    row = place(
        request.cloud,
        citizen.holder,
        request.body,
        request.idempotency_key,
        language,
        birth_date=date.fromisoformat(known.birth_date),
    )
    return _reply(request, citizen, row, 201)


@routes.get("/v1/me/orders", summary="My orders", answers={200: OrderList}, caller=CITIZEN)
def list_my_orders(request: Request, citizen: Citizen) -> Reply:
    """Each with its payment and where the parcel is. An order of the last second may be missing."""
    language = language_for(request, own_language(citizen.account))
    found = orders_of(citizen.holder)
    paid = {
        str(row.id): row for row in PaymentRow.find_many({str(row.payment) for row in found if row.payment})
    }
    shown = [_order(request, row, paid.get(str(row.payment)), language) for row in found]
    return Reply(OrderList(shown), headers={**OWN, "Content-Language": language})


@routes.get(
    "/v1/me/orders/{order}",
    summary="One of my orders",
    answers={200: Order},
    problems=[NotFound],
    caller=CITIZEN,
)
def show_my_order(request: Request, citizen: Citizen) -> Reply:
    """As of now."""
    return _reply(request, citizen, order_of(citizen.holder, request.path["order"]))


@routes.post(
    "/v1/me/orders/{order}/payments",
    summary="Pay an order with another card",
    answers={201: Order},
    problems=[NotFound, OrderNotPossible, NotForSale, Conflict],
    caller=CITIZEN,
    idempotency_key=True,
)
def pay_order_again(request: Request, citizen: Citizen) -> Reply:
    """After a payment that was refused or lapsed: another one, at the price of now."""
    row = order_of(citizen.holder, request.path["order"])
    pay_again(request.cloud, row, request.idempotency_key)
    return _reply(request, citizen, order_of(citizen.holder, request.path["order"]), 201)


@routes.post(
    "/v1/me/orders/{order}/delivery",
    summary="Send it to another address",
    body=Delivery,
    answers={200: Order},
    problems=[NotFound, OrderNotPossible, Conflict],
    caller=CITIZEN,
)
def change_delivery(request: Request, citizen: Citizen) -> Reply:
    """Until it is being prepared. What came back is sent again, to this address."""
    row = order_of(citizen.holder, request.path["order"])
    return _reply(request, citizen, readdress(request.cloud, row, request.body))


@routes.post(
    "/v1/me/orders/{order}/cancellation",
    summary="Cancel an order that is not paid",
    answers={200: Order},
    problems=[NotFound, OrderNotPossible, PaymentNotPossible, Conflict],
    caller=CITIZEN,
)
def cancel_order(request: Request, citizen: Citizen) -> Reply:
    """Its payment cannot be made any more, and the address is erased."""
    row = order_of(citizen.holder, request.path["order"])
    return _reply(request, citizen, cancel(request.cloud, row))


def _reply(request: Request, citizen: Citizen, row: OrderRow, status: int = 200) -> Reply:
    language = language_for(request, own_language(citizen.account))
    payment = PaymentRow.find(str(row.payment)) if row.payment else None
    headers = {**OWN, "Content-Language": language}
    return Reply(_order(request, row, payment, language), status, headers=headers)


def _order(request: Request, row: OrderRow, payment: PaymentRow | None, language: str) -> Order:
    where = (row.recipient, row.street, row.postcode, row.town)
    return Order(
        id=str(row.id),
        product=row.product,
        name=catalogue.LANGUAGES[language].PRODUCTS[row.product],
        quantity=int(row.quantity),
        state=str(row.state),
        delivery=Delivery(*where) if all(where) else None,
        confirmed=msgspec.json.decode(str(row.evidence))["version"],
        payment=payment_view(request, payment, language) if payment else None,
        carrier=row.carrier,
        tracking=row.tracking,
        return_reason=row.return_reason,
        placed_at=row.placed_at,
        changed_at=row.changed_at,
        shipped_at=row.shipped_at,
    )
