"""The payment gateway of a local authority: an order, and two buttons that answer as Redsys would.

It speaks with Redsys's public test key. Nothing is charged, and there is no field for a card.
"""

from __future__ import annotations

import dataclasses
import json
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from chalicelib.aws.cloud import Cloud
from chalicelib.errors import Problem
from chalicelib.payments import redsys
from chalicelib.payments.gateway import seal_merchant_key
from chalicelib.settings import Settings

PATH: Final = "/local/pay"
MERCHANT: Final = "999008881"
TERMINAL: Final = "1"
KEY: Final = "sq7HjrUOBfKmC576ILgskD5srU870gJ7"
"""Redsys publishes merchant and key for its test environment."""
ANSWERS: Final = {"authorise": "0000", "refuse": "0190"}
ADDRESSES: Final = ("DS_MERCHANT_MERCHANTURL", "DS_MERCHANT_URLOK", "DS_MERCHANT_URLKO")
ASSETS = Path(__file__).parent / "assets"

Send = Callable[[str, dict[str, str]], None]


@dataclass(frozen=True)
class Shown:
    """A page, or where the browser goes next."""

    status: int
    body: str = ""
    location: str = ""


def contract(cloud: Cloud) -> Settings:
    """The settings of an authority that is paid at this page."""
    return dataclasses.replace(
        cloud.settings,
        redsys_url=cloud.settings.api_url + PATH,
        redsys_merchant=MERCHANT,
        redsys_terminal=TERMINAL,
        redsys_key=seal_merchant_key(cloud, MERCHANT, KEY),
    )


def post(url: str, fields: dict[str, str]) -> None:
    """Post a form, as the gateway's servers do."""
    request = urllib.request.Request(url, urlencode(fields).encode())  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        answer.read()


def notice(order: dict[str, str], response: str, version: str, **changes: str) -> redsys.Envelope:
    """What Redsys says of an order that it was handed, signed."""
    said = {
        "Ds_Date": "22%2F11%2F2026",
        "Ds_Hour": "11%3A30",
        "Ds_SecurePayment": "1",
        "Ds_Amount": order["DS_MERCHANT_AMOUNT"],
        "Ds_Currency": order["DS_MERCHANT_CURRENCY"],
        "Ds_Order": order["DS_MERCHANT_ORDER"],
        "Ds_MerchantCode": order["DS_MERCHANT_MERCHANTCODE"],
        "Ds_Terminal": order["DS_MERCHANT_TERMINAL"].zfill(3),
        "Ds_Response": response,
        "Ds_TransactionType": order["DS_MERCHANT_TRANSACTIONTYPE"],
        "Ds_MerchantData": "",
        "Ds_AuthorisationCode": "123456" if response == "0000" else "++++++",
    } | changes
    return redsys.seal(version, KEY, said["Ds_Order"], said)


def order_in(fields: dict[str, str], authority: str) -> dict[str, str]:
    """The order of a form, if it bears the signature of this merchant, and leads back to the authority.

    Raises:
        ValueError: it does not.
    """
    text = fields.get("Ds_MerchantParameters", "")
    order: dict[str, str] = json.loads(redsys.octets_of(text))
    version = fields.get("Ds_SignatureVersion", "")
    if version not in redsys.VERSIONS:
        raise ValueError("unknown signature version")
    again = redsys.signature(version, KEY, order["DS_MERCHANT_ORDER"], text)
    if redsys.octets_of(again) != redsys.octets_of(fields.get("Ds_Signature", "")):
        raise ValueError("signature")
    # The key is public: any page in the same browser could sign a form that sends us elsewhere.
    if any(not order[name].startswith(f"{authority}/") for name in ADDRESSES):
        raise ValueError("address")
    return order


@dataclass
class PayPage:
    """Answers /local/pay: shows the order of a form, and tells the authority what was pressed."""

    authority: str = "http://localhost:8000"
    send: Send = post

    def show(self, form: str) -> Shown:
        """The order, for a form as a browser sends it (in a body or in an address)."""
        fields = _fields(form)
        try:
            order = order_in(fields, self.authority)
        except (ValueError, KeyError, Problem):
            # As Redsys's page does, which says SIS0042: nothing of a form that is not signed is shown.
            return Shown(400 if fields else 200, _page(_NOTHING if not fields else _WRONG))
        return Shown(200, _page(_order(order, fields)))

    def press(self, form: str) -> Shown:
        """The answer to a button: the notice goes first, then the person goes back."""
        fields = _fields(form)
        if fields.get("press") not in ANSWERS:
            return self.show(form)
        try:
            order = order_in(fields, self.authority)
        except (ValueError, KeyError, Problem):
            return Shown(400, _page(_WRONG))
        response = ANSWERS[fields["press"]]
        said = notice(order, response, fields["Ds_SignatureVersion"])
        self.send(order["DS_MERCHANT_MERCHANTURL"], said.fields())
        back = "DS_MERCHANT_URLOK" if response == "0000" else "DS_MERCHANT_URLKO"
        return Shown(303, location=order[back])


def _fields(form: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(form).items()}


def _order(order: dict[str, str], fields: dict[str, str]) -> str:
    cents = int(order["DS_MERCHANT_AMOUNT"])
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
        if name.startswith("Ds_")
    )
    rows: list[tuple[str, Any]] = [
        ("Comercio", f"{order.get('DS_MERCHANT_MERCHANTNAME', '')} ({order['DS_MERCHANT_MERCHANTCODE']})"),
        ("Terminal", order["DS_MERCHANT_TERMINAL"]),
        ("Producto", order.get("DS_MERCHANT_PRODUCTDESCRIPTION", "")),
        ("Número de pedido", order["DS_MERCHANT_ORDER"]),
        ("Firma", fields["Ds_SignatureVersion"]),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in rows)
    return (
        f'<p class="amount">{cents // 100},{cents % 100:02d} €</p><dl>{listed}</dl>'
        f'<form method="post" action="{PATH}">{hidden}'
        '<button name="press" value="authorise">Autorizar</button>'
        '<button name="press" value="refuse" class="refuse">Denegar</button></form>'
    )


def _page(content: str) -> str:
    template = (ASSETS / "pay.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{CONTENT\}\}", lambda _: content, template)


_NOTHING = (
    '<p class="empty">Aquí llega el formulario de un pago: los campos que devuelve '
    "<code>POST /v1/me/payments/…/form</code>, enviados por POST o en la dirección.</p>"
)
_WRONG = (
    '<p class="empty" role="alert">SIS0042: la firma del formulario no es correcta. No se ha hecho nada.</p>'
)
