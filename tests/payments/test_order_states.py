"""Every state of an order, every event: nothing unpaid is sent, nothing paid cancelled; the five points."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.notices.catalogue import LANGUAGES
from chalicelib.payments.orders import points, shipping
from chalicelib.payments.orders.points import Confirmed, PointsNotConfirmed
from chalicelib.payments.orders.states import (
    AT_WORK,
    CANCELLED,
    LOADED,
    MOVES,
    ORDERED,
    STATES,
    OrderNotPossible,
    move,
)
from chalicelib.payments.tariff import DELIVERED

EVENTS = sorted({event for _, event in MOVES})
FIVE = ("blank-card", "load-in-person", "natural-person", "price-and-payment", "reader-and-pin")


def test_every_state_is_reached_and_every_move_is_between_states_that_there_are() -> None:
    assert {state for state, _ in MOVES} | set(MOVES.values()) == set(STATES)
    reached = {ORDERED}
    for _ in STATES:
        reached |= {after for (before, _), after in MOVES.items() if before in reached}
    assert reached == set(STATES)
    assert [
        *("cancelled", "delivered", "loaded", "paid", "prepared"),
        *("readdressed", "returned", "shipped"),
    ] == EVENTS


@settings(deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=16))
def test_no_walk_sends_what_is_not_paid_cancels_what_is_or_pays_twice(events: list[str]) -> None:
    state, happened = ORDERED, []
    for event in events:
        try:
            state = move(state, event)
        except OrderNotPossible:
            continue
        happened.append(event)
        assert happened.count("paid") <= 1
        if event in {"prepared", "shipped", "delivered", "returned", "loaded"}:
            assert "paid" in happened
        if event == "shipped":  # each parcel is packed, with the address of then
            assert happened[-2] == "prepared"
        assert ("cancelled" in happened) <= ("paid" not in happened)
        assert ("loaded" in happened) == (state == LOADED)


def test_the_ends_are_ends() -> None:
    assert {state for state in STATES if not any(before == state for before, _ in MOVES)} == {
        CANCELLED,
        LOADED,
    }


def test_what_is_at_work_is_what_the_operator_can_move_on() -> None:
    """And what the operator moves leads nowhere that the operator's list does not show, but the end."""
    acts = {"prepared", "shipped", "delivered"}
    assert {state for state, event in MOVES if event in acts} == AT_WORK
    assert all(hasattr(shipping, act) for act in ("prepare", "ship", "deliver", "take_back"))


def test_A15_a_card_has_five_points_in_three_languages() -> None:
    assert points.EDITIONS.keys() == set(DELIVERED)
    edition = points.current("card")
    assert tuple(point.id for point in edition.points) == FIVE
    for point in edition.points:
        assert point.words.keys() == LANGUAGES.keys()
        assert len(set(point.words.values())) == len(LANGUAGES)
    assert points.current("card-reader").points == ()


@pytest.mark.parametrize(
    "confirmed",
    [
        None,
        Confirmed("2026-10", FIVE),
        Confirmed("2026-11", FIVE[:4]),
        Confirmed("2026-11", (*FIVE[:4], FIVE[0])),
        Confirmed("2026-11", (*FIVE, FIVE[0])),
        Confirmed("2026-11", (*FIVE, "something-else")),
        Confirmed("2026-11", ()),
    ],
)
def test_A15_all_points_of_the_current_edition_or_none(confirmed: Confirmed | None) -> None:
    with pytest.raises(PointsNotConfirmed):
        points.confirm("card", confirmed)
    assert points.confirm("card", Confirmed("2026-11", FIVE[::-1])).version == "2026-11"
    assert points.confirm("card-reader", confirmed).version == "2026-11"
