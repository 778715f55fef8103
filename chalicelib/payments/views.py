"""What people are shown of prices and payments, by the doors of payments and of orders."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chalicelib.notices import catalogue
from chalicelib.payments import states
from chalicelib.payments.intents import decision_of
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import Decision, Product
from chalicelib.payments.words import conditions, explain
from chalicelib.registry.accounts import Account
from chalicelib.web.languages import preferred
from chalicelib.web.request import Request

LANGUAGES = tuple(catalogue.LANGUAGES)


class Price(msgspec.Struct):
    """What a product costs a person, and why."""

    product: Product
    name: str
    quantity: int
    cents: int
    """For all of them."""
    currency: str
    rule: str
    why: str
    conditions: list[str]
    tariff: str
    """The edition of the tariff."""
    decided_at: datetime


class Payment(msgspec.Struct):
    """A payment as its owner sees it."""

    id: str
    """The order number."""
    state: str
    """`created`, `pending`, `paid`, `refused`, `cancelled`, `lapsed`, `spent`, or `free`: nothing to pay."""
    price: Price
    """As it was decided then, and why."""
    created_at: datetime
    paid_at: datetime | None
    spent_at: datetime | None
    spent_by: str | None
    """What it paid for, such as `order:...` or `identification:...`."""


class GatewayForm(msgspec.Struct):
    """What the browser posts to the gateway, where the card is typed."""

    url: str
    fields: dict[str, str]
    lapses_at: datetime


def language_for(request: Request, otherwise: str) -> str:
    """The one that Accept-Language asks for."""
    return preferred(request.headers.get("accept-language", ""), LANGUAGES, otherwise)


def own_language(account: Account) -> str:
    """The one that a person registered with."""
    known = account.registration
    return str(known.language) if known else LANGUAGES[0]


def price_view(decision: Decision, language: str) -> Price:
    """A decision in the words of a language."""
    return Price(
        product=decision.product,
        name=catalogue.LANGUAGES[language].PRODUCTS[decision.product],
        quantity=decision.quantity,
        cents=decision.cents,
        currency=decision.currency,
        rule=decision.rule,
        why=explain(decision, language),
        conditions=conditions(decision, language),
        tariff=decision.version,
        decided_at=decision.at,
    )


def payment_view(request: Request, row: PaymentRow, language: str) -> Payment:
    """A payment as of now."""
    return Payment(
        id=str(row.id),
        state=states.at(str(row.state), row.lapses_at, request.cloud.now()),
        price=price_view(decision_of(row), language),
        created_at=row.created_at,
        paid_at=row.authorised_at,
        spent_at=row.spent_at,
        spent_by=row.spent_by,
    )
