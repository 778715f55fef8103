"""The dated tariff: what a product costs, for whom, by which rule (A10 to A14, A32, X01, X02).

A decision keeps the facts that it was made on. Made again from them at its own date it comes out the same,
whatever the tariff says by then (F22): editions are only ever added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

import msgspec

from chalicelib.errors import Problem

Product = Literal["certificate-in-person", "certificate-online", "certificate-video", "card", "card-reader"]
PRODUCTS: Final[tuple[Product, ...]] = get_args(Product)
Delivered = Literal["card", "card-reader"]
DELIVERED: Final[tuple[Delivered, ...]] = get_args(Delivered)
"""What is sent to an address: paid by its order, and by nothing else."""
VIDEO: Final = "certificate-video"
"""Paid by the video's case, whose applicant may have no account: by nothing else, and by no facts."""
Policy = Literal["before-issue", "after-issue", "never"]
"""When a product is paid for (X18)."""
Refund = Literal["none", "by-law"]
"""`none`: what was paid is not given back (A21). `by-law`: as for anything that is bought at a distance."""
CURRENCY: Final = "EUR"


class NotForSale(Problem):
    """No edition of the tariff has this product at this date."""

    slug = "not-for-sale"
    status = 409
    title = "This is not for sale at present"


class Facts(msgspec.Struct, frozen=True):
    """What a decision looks at, of one person at one moment."""

    valid_until: datetime | None
    """The end of the valid certificate that lasts longest; None without one."""
    issued: tuple[datetime, ...]
    """When certificates were issued to the person in person (A11), one for each identification."""
    enforced: bool
    """Whether the operator charges for issuing at all (X02)."""
    unused: tuple[datetime, ...] = ()
    """When codes were granted without a fee at an office that can still be used, and were not."""


class Price(msgspec.Struct, frozen=True):
    """One line of an edition."""

    product: Product
    cents: int
    policy: Policy
    refund: Refund
    waivers: tuple[str, ...] = ()
    """Rules that make it free, in the order in which they are asked."""

    def __post_init__(self) -> None:
        if self.cents < 0 or (self.policy == "never" and self.cents):
            raise ValueError(f"{self.product}: a price that cannot be")
        if unknown := set(self.waivers) - WAIVERS.keys():
            raise ValueError(f"{self.product}: no such rules: {sorted(unknown)}")
        if self.product == VIDEO and self.waivers:
            raise ValueError(f"{self.product}: what a person has is not asked before it is reviewed")


class Edition(msgspec.Struct, frozen=True):
    """The whole tariff from a date on."""

    version: str
    valid_from: datetime
    renewal_days: int
    """A28: how long before its end a certificate can be renewed."""
    free_issues: int
    """A11: how many issues in `window_days` are free in person."""
    window_days: int
    prices: tuple[Price, ...]

    def price(self, product: str) -> Price:
        """The line of a product.

        Raises:
            NotForSale
        """
        for price in self.prices:
            if price.product == product:
                return price
        raise NotForSale


Tariff = tuple[Edition, ...]


class Decision(msgspec.Struct, frozen=True):
    """What a product costs somebody at a moment, and why: to be kept, and to be made again."""

    product: Product
    at: datetime
    facts: Facts
    version: str
    """The edition of the tariff."""
    rule: str
    """One of WAIVERS, or `listed-free`, or `listed-price`."""
    cents: int
    currency: str
    policy: Policy
    refund: Refund
    quantity: int = 1
    """For how many `cents` is the price."""


def decide(
    product: str, facts: Facts, at: datetime, tariff: Tariff | None = None, quantity: int = 1
) -> Decision:
    """What a product costs at `at`.

    Raises:
        NotForSale
    """
    edition = in_force(at, tariff)
    price = edition.price(product)
    waived = next((name for name in price.waivers if WAIVERS[name](facts, at, edition)), None)
    cents = 0 if waived else price.cents * quantity
    return Decision(
        product=price.product,
        at=at,
        facts=facts,
        version=edition.version,
        rule=waived or ("listed-price" if cents else "listed-free"),
        cents=cents,
        currency=CURRENCY,
        policy=price.policy,
        refund=price.refund,
        quantity=quantity,
    )


def replay(decision: Decision, tariff: Tariff | None = None) -> Decision:
    """The decision made again from its own facts at its own date."""
    return decide(decision.product, decision.facts, decision.at, tariff, decision.quantity)


def in_force(at: datetime, tariff: Tariff | None = None) -> Edition:
    """The edition of a date.

    Raises:
        NotForSale: there was none yet.
    """
    begun = [edition for edition in (TARIFF if tariff is None else tariff) if edition.valid_from <= at]
    if not begun:
        raise NotForSale
    return max(begun, key=lambda edition: edition.valid_from)


def renewal_opens(facts: Facts, edition: Edition) -> datetime | None:
    """When the renewal period begins (A28)."""
    return facts.valid_until - timedelta(days=edition.renewal_days) if facts.valid_until else None


def issues_counted(facts: Facts, at: datetime, edition: Edition) -> int:
    """How many issues, and codes that can become one, lie in the window that ends at `at` (A11)."""
    begin = at - timedelta(days=edition.window_days)
    return sum(begin < issue <= at for issue in (*facts.issued, *facts.unused))


def _no_valid_certificate(facts: Facts, at: datetime, _: Edition) -> bool:
    # Who has a code that nobody used has a certificate for the asking.
    # The last second of a certificate still counts (RFC 5280 section 4.1.2.5).
    return not facts.unused and (facts.valid_until is None or facts.valid_until < at)


def _renewal_window(facts: Facts, at: datetime, edition: Edition) -> bool:
    opens = renewal_opens(facts, edition)
    if opens is None or facts.valid_until is None or facts.unused:
        return False
    return opens <= at <= facts.valid_until


def _free_allowance(facts: Facts, at: datetime, edition: Edition) -> bool:
    return issues_counted(facts, at, edition) < edition.free_issues


def _not_enforced(facts: Facts, _at: datetime, _edition: Edition) -> bool:
    return not facts.enforced


WAIVERS: Final[Mapping[str, Callable[[Facts, datetime, Edition], bool]]] = MappingProxyType(
    {
        "no-valid-certificate": _no_valid_certificate,
        "renewal-window": _renewal_window,
        "free-allowance": _free_allowance,
        "not-enforced": _not_enforced,
    }
)
RULES: Final = (*WAIVERS, "listed-free", "listed-price")

TARIFF: Final[Tariff] = (
    Edition(
        version="2026-01",
        valid_from=datetime(2025, 12, 31, 23, tzinfo=UTC),  # the first of January in Madrid
        renewal_days=70,
        # No public source says how many are free, nor what the fee for a certificate and a reader are: an
        # operator who enforces the fee adds an edition with its own numbers.
        free_issues=2,
        window_days=365,
        prices=(
            Price(
                "certificate-in-person",
                1000,
                "before-issue",
                "by-law",
                ("no-valid-certificate", "renewal-window", "free-allowance", "not-enforced"),
            ),
            Price(
                "certificate-online",
                1000,
                "before-issue",
                "by-law",
                ("no-valid-certificate", "renewal-window", "not-enforced"),
            ),
            Price("certificate-video", 0, "before-issue", "none"),
            Price("card", 3135, "before-issue", "by-law"),
            Price("card-reader", 1815, "before-issue", "by-law"),
        ),
    ),
)
