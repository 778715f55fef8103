"""The tariff: who pays what, by which rule; and every decision can be made again (F22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notices.catalogue import LANGUAGES
from chalicelib.payments.tariff import (
    PRODUCTS,
    RULES,
    TARIFF,
    WAIVERS,
    Decision,
    Edition,
    Facts,
    NotForSale,
    Price,
    decide,
    in_force,
    replay,
)
from chalicelib.payments.words import RULES as WORDS
from chalicelib.payments.words import conditions, euros, explain

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = Facts(valid_until=None, issued=(), enforced=True)
FAR = Facts(valid_until=NOW + 900 * DAY, issued=(NOW - 190 * DAY,) * 2, enforced=True)
"""A valid certificate, far from its renewal, and the free issues used up."""
COLLECTED = Facts(valid_until=None, issued=(), enforced=True, unused=(NOW - DAY,) * 2)
"""No certificate, and two codes to get one with."""
LATER = (
    *TARIFF,
    Edition(
        "2027-03",
        datetime(2027, 3, 1, tzinfo=UTC),
        60,
        1,
        90,
        (
            Price("certificate-video", 700, "before-issue", "none"),
            Price("card", 3500, "before-issue", "by-law"),
        ),
    ),
)
MOMENTS = st.integers(0, 14 * 365 * 86_400).map(
    lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
FACTS = st.builds(
    Facts,
    valid_until=st.none() | MOMENTS,
    issued=st.lists(MOMENTS, max_size=6).map(tuple),
    enforced=st.booleans(),
)


def rule(product: str, facts: Facts, at: datetime = NOW) -> tuple[str, int]:
    decision = decide(product, facts, at)
    return decision.rule, decision.cents


@pytest.mark.parametrize("product", ["certificate-in-person", "certificate-online"])
def test_A10_without_a_valid_certificate_it_is_free(product: str) -> None:
    assert rule(product, NOTHING) == ("no-valid-certificate", 0)
    expired = msgspec.structs.replace(FAR, valid_until=NOW - timedelta(seconds=1))
    assert rule(product, expired) == ("no-valid-certificate", 0)


@pytest.mark.parametrize("product", ["certificate-in-person", "certificate-online"])
def test_A10_in_the_renewal_period_it_is_free(product: str) -> None:
    """70 days, to the second at both ends (A28)."""
    for left, free in (
        (timedelta(0), True),
        (70 * DAY, True),
        (70 * DAY + timedelta(seconds=1), False),
    ):
        facts = msgspec.structs.replace(FAR, valid_until=NOW + left)
        assert rule(product, facts) == (("renewal-window", 0) if free else ("listed-price", 1000))


def test_A11_in_person_only_what_exceeds_the_free_ones_is_paid() -> None:
    one = msgspec.structs.replace(FAR, issued=(NOW - DAY,))
    assert rule("certificate-in-person", one) == ("free-allowance", 0)
    assert rule("certificate-in-person", FAR) == ("listed-price", 1000)
    assert rule("certificate-online", one) == ("listed-price", 1000), "online nothing is counted (A10)"


def test_A11_a_code_that_nobody_used_counts_as_what_it_can_become() -> None:
    """Neither without a certificate nor in the renewal period are there any number of them."""
    for facts in (COLLECTED, msgspec.structs.replace(COLLECTED, valid_until=NOW + 69 * DAY)):
        assert rule("certificate-in-person", facts) == ("listed-price", 1000)
        one = msgspec.structs.replace(facts, unused=facts.unused[:1])
        assert rule("certificate-in-person", one) == ("free-allowance", 0)
    said = explain(decide("certificate-in-person", COLLECTED, NOW), "es")
    assert "con un código que aún no ha usado puede descargar un certificado sin pagar nada" in said
    assert said.endswith(
        "en 365 días: 2; los suyos de los 365 días anteriores, expedidos o con un código sin usar: 2."
    )


def test_A11_the_window_rolls() -> None:
    issued = (NOW - 365 * DAY + timedelta(seconds=1), NOW - DAY)
    facts = msgspec.structs.replace(FAR, issued=issued)
    assert rule("certificate-in-person", facts)[0] == "listed-price"
    assert rule("certificate-in-person", facts, NOW + timedelta(seconds=1))[0] == "free-allowance"


def test_X02_the_fee_is_charged_only_where_an_operator_enforces_it() -> None:
    facts = msgspec.structs.replace(FAR, enforced=False)
    for product in ("certificate-in-person", "certificate-online"):
        assert rule(product, facts) == ("not-enforced", 0)
    assert rule("card", facts) == ("listed-price", 3135), "what is sold is always paid (A14)"


def test_A12_video_is_free_today_and_X01_paid_when_it_has_a_price() -> None:
    assert rule("certificate-video", FAR) == ("listed-free", 0)
    later = decide("certificate-video", NOTHING, datetime(2027, 3, 1, tzinfo=UTC), LATER)
    assert (later.rule, later.cents, later.version) == ("listed-price", 700, "2027-03")
    assert decide("certificate-video", NOTHING, datetime(2027, 2, 28, tzinfo=UTC), LATER).cents == 0


def test_A21_what_was_paid_for_video_is_not_given_back() -> None:
    for edition in LATER:
        assert edition.price("certificate-video").refund == "none"


def test_A13_a_card_costs_31_euros_and_35_cents_for_everybody() -> None:
    for facts in (NOTHING, FAR):
        assert rule("card", facts) == ("listed-price", 3135)
    assert euros(3135, "es") == euros(3135, "ca") == "31,35 euros"
    assert euros(3135, "en") == "31.35 euros"


def test_A14_A32_cards_and_readers_are_paid_before_they_are_sent() -> None:
    for product in ("card", "card-reader", "certificate-video"):
        assert in_force(NOW).price(product).policy == "before-issue"


@pytest.mark.parametrize("product", PRODUCTS)
@given(facts=FACTS, at=MOMENTS)
def test_F22_a_stored_decision_is_made_again_the_same(product: str, facts: Facts, at: datetime) -> None:
    """From what is in the table, whatever editions came since."""
    decision = decide(product, facts, at)
    stored = msgspec.json.decode(msgspec.json.encode(decision), type=Decision)
    assert stored == decision
    assert replay(stored) == decision
    if at < LATER[-1].valid_from:
        assert replay(stored, LATER) == decision


@given(facts=FACTS, at=MOMENTS)
def test_nobody_pays_for_a_certificate_who_has_none_or_may_renew_it(facts: Facts, at: datetime) -> None:
    for product in ("certificate-in-person", "certificate-online"):
        decision = decide(product, facts, at)
        if facts.valid_until is None or facts.valid_until - 70 * DAY <= at or not facts.enforced:
            assert decision.cents == 0
        assert decision.cents in (0, in_force(at).price(product).cents)
        assert (decision.cents == 0) == (decision.rule != "listed-price")


@given(facts=FACTS, at=MOMENTS, order=st.randoms())
def test_the_order_in_which_facts_are_listed_does_not_matter(
    facts: Facts, at: datetime, order: object
) -> None:
    issued = list(facts.issued)
    order.shuffle(issued)  # type: ignore[attr-defined]
    other = msgspec.structs.replace(facts, issued=tuple(issued))
    for product in PRODUCTS:
        assert rule(product, other, at) == rule(product, facts, at)


def test_before_the_first_edition_nothing_is_sold() -> None:
    with pytest.raises(NotForSale):
        decide("card", NOTHING, datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC))
    with pytest.raises(NotForSale):
        decide("card-reader", NOTHING, datetime(2027, 3, 1, tzinfo=UTC), LATER)


def test_editions_are_in_order_and_each_has_a_version_of_its_own() -> None:
    assert [edition.valid_from for edition in TARIFF] == sorted({edition.valid_from for edition in TARIFF})
    assert len({edition.version for edition in TARIFF}) == len(TARIFF)
    for edition in TARIFF:
        assert {price.product for price in edition.prices} <= set(PRODUCTS)


def test_a_price_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Price("card", -1, "before-issue", "none")
    with pytest.raises(ValueError, match="cannot be"):
        Price("card", 1, "never", "none")
    with pytest.raises(ValueError, match="no such rules"):
        Price("card", 1, "before-issue", "none", ("friend-of-the-house",))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_its_words_and_every_decision_its_reason(language: str) -> None:
    assert set(WORDS[language]) == {*RULES, "issue-fee", "codes-fee"}
    seen = set()
    for product in PRODUCTS:
        for facts in (
            NOTHING,
            FAR,
            msgspec.structs.replace(FAR, valid_until=NOW + DAY),
            msgspec.structs.replace(FAR, issued=()),
            msgspec.structs.replace(FAR, enforced=False),
            COLLECTED,
        ):
            decision = decide(product, facts, NOW)
            text = explain(decision, language)
            assert not set("{}") & set(text)
            assert "None" not in text
            assert bool(conditions(decision, language)) == bool(decision.cents)
            seen.add(decision.rule)
    assert seen == {*WAIVERS, "listed-free", "listed-price"}


def test_a_fee_says_which_certificate_it_is_for() -> None:
    said = explain(decide("certificate-online", FAR, NOW), "es")
    assert said.startswith("Cuesta 10,00 euros: ya tiene un certificado que vale hasta el 10 de mayo de 2029")
