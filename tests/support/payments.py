"""People who pay, in tests: an authority with a contract, and the gateway's side of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from msgspec import structs

from chalicelib.payments.orders import points
from chalicelib.payments.tariff import DELIVERED, TARIFF
from infra.local import pay
from tests.support.client import Answer, Client
from tests.support.world import START, World

FEE = "certificate-online"
VIDEO = "certificate-video"
NOTIFICATIONS = "/v1/redsys-notifications"


def with_contract(world: World, **changes: Any) -> World:
    """The same authority, with the gateway's test contract and other settings."""
    world.cloud.settings = replace(pay.contract(world.cloud), **changes)
    return world


ALL_PAY = (
    *TARIFF,
    structs.replace(
        TARIFF[-1],
        version="2026-11",
        valid_from=START - timedelta(days=1),
        prices=tuple(
            structs.replace(price, cents=700, waivers=()) if price.product in {FEE, VIDEO} else price
            for price in TARIFF[-1].prices
        ),
    ),
)
"""A tariff in which everybody pays for a certificate on line, which needs no order, and for a video (X01)."""
DELIVERY = {"recipient": "María Núñez", "street": "C. Colón, 1", "postcode": "46004", "town": "València"}


def confirmed(product: str) -> dict[str, Any]:
    """All the preliminary points of a product."""
    edition = points.current(product)
    return {"version": edition.version, "points": [point.id for point in edition.points]}


def order(client: Client, product: str = "card", key: str = "new", **changes: Any) -> Answer:
    """Order something that is sent to an address."""
    body = {"product": product, "delivery": DELIVERY, "confirmed": confirmed(product)} | changes
    return client.post("/v1/me/orders", body, key=key)


def begin(client: Client, product: str = FEE, key: str = "new") -> Answer:
    """A payment; of what is sent, with its order."""
    if product not in DELIVERED:
        return client.post("/v1/me/payments", {"product": product}, key=key)
    placed = order(client, product, key)
    if placed.status != 201:
        return placed
    return client.get(f"/v1/me/payments/{placed.json['payment']['id']}")


def form_of(client: Client, payment: str) -> Answer:
    return client.post(f"/v1/me/payments/{payment}/form")


def ordered(client: Client, product: str = FEE, key: str = "new") -> dict[str, str]:
    """What the gateway reads in the form of a new payment."""
    begun = begin(client, product, key)
    assert begun.status in {200, 201}, begun.body
    return order_in(client, form_of(client, begun.json["id"]))


def order_in(client: Client, form: Answer) -> dict[str, str]:
    """The order of a form, as the gateway accepts it."""
    assert form.status == 200, form.body
    return pay.order_in(form.json["fields"], client.app.cloud.settings.api_url)


def notify(
    world: World, order: dict[str, str], response: str = "0000", version: str = "", **changes: str
) -> Answer:
    """The gateway's notice of an order."""
    version = version or world.cloud.settings.redsys_signature
    return send(world, pay.notice(order, response, version, **changes).fields())


def send(world: World, fields: dict[str, str], **options: Any) -> Answer:
    """Post a form to where the gateway does."""
    kind = options.pop("content_type", "application/x-www-form-urlencoded")
    return Client(world.app, source="195.76.9.187").post(
        NOTIFICATIONS, urlencode(fields).encode(), content_type=kind, **options
    )


def paid(world: World, client: Client, product: str = FEE) -> str:
    """The order number of a payment that was made."""
    order = ordered(client, product)
    assert notify(world, order).status == 200
    return order["DS_MERCHANT_ORDER"]


def state(client: Client, payment: str) -> str:
    answer = client.get(f"/v1/me/payments/{payment}")
    assert answer.status == 200, answer.body
    return str(answer.json["state"])
