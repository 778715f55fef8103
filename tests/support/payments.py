"""People who pay, in tests: an authority with a contract, and the gateway's side of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from infra.local import pay
from tests.support.client import Answer, Client
from tests.support.world import World

NOTIFICATIONS = "/v1/redsys-notifications"


def with_contract(world: World, **changes: Any) -> World:
    """The same authority, with the gateway's test contract and other settings."""
    world.cloud.settings = replace(pay.contract(world.cloud), **changes)
    return world


def begin(client: Client, product: str = "card", key: str = "new") -> Answer:
    return client.post("/v1/me/payments", {"product": product}, key=key)


def form_of(client: Client, payment: str) -> Answer:
    return client.post(f"/v1/me/payments/{payment}/form")


def ordered(client: Client, product: str = "card", key: str = "new") -> dict[str, str]:
    """What the gateway reads in the form of a new payment."""
    begun = begin(client, product, key)
    assert begun.status == 201, begun.body
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


def paid(world: World, client: Client, product: str = "card") -> str:
    """The order number of a payment that was made."""
    order = ordered(client, product)
    assert notify(world, order).status == 200
    return order["DS_MERCHANT_ORDER"]


def state(client: Client, payment: str) -> str:
    answer = client.get(f"/v1/me/payments/{payment}")
    assert answer.status == 200, answer.body
    return str(answer.json["state"])
