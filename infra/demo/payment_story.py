"""A card is ordered and paid (A13 to A15, A23, F22): the gateway's page, its notice, the receipt, the parcel.

The local page stands for the gateway, with the key that Redsys publishes for tests; nothing is charged.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from infra.demo import certificate_story, papers
from infra.demo.acts import expect_refusal
from infra.demo.caller import Answer, Caller
from infra.demo.login_acts import log_in_with_certificate
from infra.demo.people import JORDI, full_name
from infra.demo.stage import Stage
from infra.local import pay

HOME = {"recipient": full_name(JORDI), "street": "C. Cavallers, 9", "postcode": "46001", "town": "València"}
TRACKING = "PQ4F6P0704104480181750T"
EMAIL = str(JORDI["email"])
BUYER = JORDI | {"mobile": "+34600100012"}
"""He has a telephone by now."""


@dataclass(frozen=True)
class Bought:
    """Somebody with a session, and the order that was placed in it."""

    client: Caller
    order: str

    @property
    def now(self) -> Any:
        """The order as its owner sees it."""
        return self.client.get(f"/v1/me/orders/{self.order}", Accept_Language="en").json


def tell(stage: Stage) -> Bought:
    """Jordi buys a blank card, which is loaded in the next chapter."""
    stage.narrator.chapter("Jordi orders a card, and pays for it")
    bought = _order(stage)
    _pay(stage, bought)
    _receipt(stage, bought)
    _parcel(stage, bought)
    return bought


def loaded(stage: Stage, bought: Bought) -> None:
    """What became of the order once the card was loaded."""
    order = bought.now
    stage.narrator.check("with that his order has come to its end: loaded", order["state"] == "loaded", order)


def _order(stage: Stage) -> Bought:
    tell = stage.narrator
    registered = certificate_story.register(stage.with_certificate("jordi"), BUYER)
    tell.check("he registers with the certificate out of his file", registered.status == 201, registered)
    client = log_in_with_certificate(stage, "jordi")
    told = client.get("/v1/preliminary-points/card", Accept_Language="en").json
    points = [point["id"] for point in told["points"]]
    first = told["points"][0]["words"]
    tell.check(f"he is told five points before anything else, as: “{first}”", len(points) == 5, told)
    wanted: dict[str, Any] = {"product": "card", "delivery": HOME}
    key = "jordis-first-card"
    unread = client.post("/v1/me/orders", wanted, Idempotency_Key=key)
    expect_refusal(stage, "unless he confirms them all", unread, 422, "preliminary-points-not-confirmed")
    wanted["confirmed"] = {"version": told["version"], "points": points}
    placed = client.post("/v1/me/orders", wanted, Idempotency_Key=key)
    ordered = placed.status == 201 and placed.json["payment"]["price"]["cents"] == 3135
    tell.check("the card is ordered, for 31.35 EUR", ordered and placed.json["state"] == "ordered", placed)
    return Bought(client, placed.json["id"])


def _pay(stage: Stage, bought: Bought) -> None:
    tell, payment = stage.narrator, bought.now["payment"]["id"]
    form = bought.client.post(f"/v1/me/payments/{payment}/form", Accept_Language="en").json
    shown = _post(stage, pay.PATH, form["fields"])
    page = shown.body.decode()
    tell.check("his browser posts the signed form; the gateway's page says 31,35 €", "31,35 €" in page, page)
    signed = pay.notice(pay.order_in(form["fields"], stage.instance.url), "0000", _version(form)).fields()
    denied = pay.notice(pay.order_in(form["fields"], stage.instance.url), "0190", _version(form)).fields()
    forged = signed | {"Ds_Signature": denied["Ds_Signature"]}
    expect_refusal(
        stage, "somebody forges a notice that he paid", _notify(stage, forged), 403, "payment-signature-wrong"
    )
    tell.check("and nothing is paid by it", bought.now["payment"]["state"] == "pending", bought.now)
    pressed = _post(stage, pay.PATH, form["fields"] | {"press": "authorise"})
    back = pressed.headers.get("location", "")
    tell.check("he pays; the gateway sends its notice, and him back", back.endswith("/done"), pressed)
    paid = bought.now
    both = (paid["payment"]["state"], paid["state"]) == ("spent", "paid")
    tell.check("with the notice the money has paid his order", both, paid)
    replayed = _notify(stage, signed)
    same = replayed.status == 200 and bought.now == paid
    tell.check("the same notice again is taken, and changes nothing", same, replayed)
    after = _notify(stage, denied)
    tell.check("a late refusal takes nothing away", after.status == 200 and bought.now == paid, after)
    text = stage.awaited(EMAIL, payment)
    tell.check("he is written to, once, that the money came", "31.35 euros" in text, text)
    letters = [each for each in stage.instance.phone.received(EMAIL) if payment in each.text]
    tell.check("and not for each notice", len(letters) == 1, letters)


def _receipt(stage: Stage, bought: Bought) -> None:
    payment = bought.now["payment"]["id"]
    shown = bought.client.get(f"/v1/me/payments/{payment}", Accept_Language="en").json["price"]
    why = " ".join((shown["why"], *shown["conditions"]))
    stage.narrator.check(f"why was he charged? “{why}”", "31.35 euros" in why, shown)
    answer = bought.client.post(f"/v1/me/payments/{payment}/receipts")
    paper = papers.take_home(stage, JORDI, "jordi-payment", answer, "payment")
    stage.narrator.check("what is printed on it: 31.35 euros", "31.35 euros" in paper.text, paper)


def _parcel(stage: Stage, bought: Bought) -> None:
    tell = stage.narrator
    packed = _operator("prepare", bought.order)
    tell.check(f"the operator packs it, for {packed['town']}", packed["street"] == HOME["street"], packed)
    away = bought.client.post(f"/v1/me/orders/{bought.order}/delivery", HOME | {"town": "Alzira"})
    expect_refusal(stage, "another address now", away, 409, "order-not-possible")
    sent = _operator("ship", bought.order, "Correos", TRACKING)
    tell.check("and hands it to the carrier", sent["state"] == "shipped", sent)
    text = stage.awaited(EMAIL, TRACKING)
    tell.check("Jordi gets the number by which the parcel is followed", bought.order in text, text)


def _operator(*arguments: str) -> Any:
    """An operator's command about an order; what it prints."""
    command = [sys.executable, "-m", "infra.commands", "order", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _version(form: dict[str, Any]) -> str:
    return str(form["fields"]["Ds_SignatureVersion"])


def _notify(stage: Stage, fields: dict[str, str]) -> Answer:
    return _post(stage, "/v1/redsys-notifications", fields)


def _post(stage: Stage, path: str, fields: dict[str, str]) -> Answer:
    """A form, as browsers and the gateway's servers send it."""
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    return stage.citizen.send("POST", path, urlencode(fields).encode(), kind)
