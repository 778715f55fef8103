"""Prices and payments over HTTP: what it costs and why, the form for the gateway, the gateway's notices."""

from __future__ import annotations

from datetime import datetime
from html import escape

import msgspec

from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN, Citizen
from chalicelib.notices import catalogue
from chalicelib.payments.gateway import NOTIFY_PATH, PaymentsUnavailable, form
from chalicelib.payments.intents import (
    NothingToPay,
    OrderNeeded,
    VideoCaseNeeded,
    begin,
    hand_over,
    payment_of,
    payments_of,
    price_of,
)
from chalicelib.payments.notifications import PaymentDiffers, take
from chalicelib.payments.receipt import payment_receipt
from chalicelib.payments.redsys import BadMerchantKey, NotificationMalformed, SignatureWrong
from chalicelib.payments.states import PaymentNotPossible
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import CURRENCY, PRODUCTS, NotForSale, Product, in_force
from chalicelib.payments.views import (
    LANGUAGES,
    GatewayForm,
    Payment,
    Price,
    language_for,
    own_language,
    payment_view,
    price_view,
)
from chalicelib.registry.me.views import OWN, ActReceipt, act_receipt
from chalicelib.registry.registration import IdempotencyKeyReused
from chalicelib.web.request import Request
from chalicelib.web.routes import Media, Reply, Routes

routes = Routes("payments")

PAGE = Media("text/html; charset=utf-8")
FORM = Media("application/x-www-form-urlencoded", limit=16 * 1024)


class ListedPrice(msgspec.Struct):
    """What a product costs where nothing makes it free."""

    product: Product
    name: str
    cents: int
    currency: str
    policy: str
    """`before-issue`, `after-issue` or `never`."""
    refund: str
    """`none` or `by-law`."""


class PriceList(msgspec.Struct):
    """The edition of the tariff that is in force."""

    version: str
    valid_from: datetime
    language: str
    fee_enforced: bool
    """Whether the fee for another certificate is charged at present."""
    prices: list[ListedPrice]


class PaymentList(msgspec.Struct):
    """The newest first."""

    payments: list[Payment]


class NewPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be bought."""

    product: Product


class Taken(msgspec.Struct):
    """The notice was dealt with, now or before."""

    taken: bool


@routes.get("/v1/prices", summary="The price list", answers={200: PriceList}, problems=[NotForSale])
def list_prices(request: Request) -> Reply:
    """Every product and its price at present. What it costs a person is told after a log-in."""
    language = language_for(request, LANGUAGES[0])
    edition = in_force(request.cloud.now())
    names = catalogue.LANGUAGES[language].PRODUCTS
    prices = [
        ListedPrice(line.product, names[line.product], line.cents, CURRENCY, line.policy, line.refund)
        for line in edition.prices
    ]
    enforced = request.cloud.settings.fee_if_enforced == "yes"
    body = PriceList(edition.version, edition.valid_from, language, enforced, prices)
    return Reply(body, headers={"Content-Language": language})


@routes.get(
    "/v1/me/prices/{product}",
    summary="What it costs me, and why",
    answers={200: Price},
    problems=[NotFound, NotForSale],
    caller=CITIZEN,
)
def show_my_price(request: Request, citizen: Citizen) -> Reply:
    """The price of now, with the rule that decided it, in the language of Accept-Language."""
    if request.path["product"] not in PRODUCTS:
        raise NotFound
    language = language_for(request, own_language(citizen.account))
    decision = price_of(request.cloud, citizen.holder, request.path["product"])
    return Reply(price_view(decision, language), headers={**OWN, "Content-Language": language})


@routes.post(
    "/v1/me/payments",
    summary="Begin a payment",
    body=NewPayment,
    answers={201: Payment},
    problems=[OrderNeeded, VideoCaseNeeded, NotForSale, NothingToPay, IdempotencyKeyReused, Conflict],
    caller=CITIZEN,
    idempotency_key=True,
)
def begin_payment(request: Request, citizen: Citizen) -> Reply:
    """Fixes the price and says why. The same Idempotency-Key finds the same payment.

    What is sent to an address is paid with its order, a certificate by video with its case, and not here.
    """
    row = begin(request.cloud, citizen.holder, request.body.product, request.idempotency_key)
    return _reply(request, citizen, row, 201)


@routes.post(
    "/v1/me/payments/{payment}/form",
    summary="Pay",
    answers={200: GatewayForm},
    problems=[NotFound, PaymentNotPossible, PaymentsUnavailable, BadMerchantKey, Conflict],
    caller=CITIZEN,
)
def hand_out_form(request: Request, citizen: Citizen) -> Reply:
    """The signed form for the gateway. The page there is in the language of Accept-Language."""
    row = payment_of(citizen.holder, request.path["payment"])
    language = language_for(request, own_language(citizen.account))
    envelope = form(request.cloud, row, language, catalogue.LANGUAGES[language].PRODUCTS[row.product])
    lapses_at = hand_over(request.cloud, row)
    body = GatewayForm(request.cloud.settings.redsys_url, envelope.fields(), lapses_at)
    return Reply(body, headers=OWN)


@routes.get("/v1/me/payments", summary="My payments", answers={200: PaymentList}, caller=CITIZEN)
def list_my_payments(request: Request, citizen: Citizen) -> Reply:
    """Each with what it cost, and why. A payment of the last second may be missing."""
    language = language_for(request, own_language(citizen.account))
    shown = [payment_view(request, row, language) for row in payments_of(citizen.holder)]
    return Reply(PaymentList(shown), headers={**OWN, "Content-Language": language})


@routes.get(
    "/v1/me/payments/{payment}",
    summary="One of my payments",
    answers={200: Payment},
    problems=[NotFound],
    caller=CITIZEN,
)
def show_my_payment(request: Request, citizen: Citizen) -> Reply:
    """What it cost, by which rule, and what became of it."""
    return _reply(request, citizen, payment_of(citizen.holder, request.path["payment"]))


@routes.post(
    "/v1/me/payments/{payment}/receipts",
    summary="A receipt of my payment",
    answers={201: ActReceipt},
    problems=[NotFound, PaymentNotPossible, Conflict],
    caller=CITIZEN,
)
def make_my_receipt(request: Request, citizen: Citizen) -> Reply:
    """A PDF with a verification code of its own."""
    row = payment_of(citizen.holder, request.path["payment"])
    language = language_for(request, own_language(citizen.account))
    known = citizen.account.registration
    if known is None:
        raise PaymentNotPossible("A receipt is of who is registered")
    receipt = payment_receipt(request.cloud, row, str(known.nif), language)
    return Reply(act_receipt(receipt), 201, headers=OWN)


@routes.post(
    NOTIFY_PATH,
    summary="The gateway's notice of a payment",
    body=FORM,
    answers={200: Taken},
    problems=[
        NotificationMalformed,
        SignatureWrong,
        PaymentDiffers,
        PaymentsUnavailable,
        BadMerchantKey,
        Conflict,
    ],
)
def take_notification(request: Request) -> Reply:
    """From Redsys's servers, signed with the merchant's key. The same notice again changes nothing."""
    take(request.cloud, request.body)
    return Reply(Taken(True), headers=OWN)


@routes.get(
    "/v1/payment-returns/{outcome}",
    summary="Where the gateway sends a person back to",
    answers={200: PAGE},
    problems=[NotFound],
)
def show_return(request: Request) -> Reply:
    """A page for people. It proves nothing: only the gateway's notice changes a payment."""
    language = language_for(request, LANGUAGES[0])
    words = catalogue.LANGUAGES[language].PAYMENT_RETURNS.get(request.path["outcome"])
    if words is None:
        raise NotFound
    title, text = (escape(each) for each in words)
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    )
    return Reply(page.encode(), content_type=PAGE.content_type, headers=OWN)


def _reply(request: Request, citizen: Citizen, row: PaymentRow, status: int = 200) -> Reply:
    language = language_for(request, own_language(citizen.account))
    headers = {**OWN, "Content-Language": language}
    return Reply(payment_view(request, row, language), status, headers=headers)
