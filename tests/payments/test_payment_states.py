"""Every state, every event: nothing that was paid is ever unpaid, and one payment pays once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.payments import states
from chalicelib.payments.states import MOVES, STATES, PaymentNotPossible, at, move
from tests.support.world import START

EVENTS = sorted({event for _, event in MOVES})
NOTICES = ("authorised", "refused")


def test_every_move_is_between_states_that_there_are() -> None:
    assert {state for state, _ in MOVES} | set(MOVES.values()) <= set(STATES)
    assert EVENTS == ["authorised", "cancelled", "handed-over", "refused", "spent", "time-passed"]


def test_every_notice_is_possible_in_every_state_that_a_person_may_be_paying_in() -> None:
    """A notice may always come; what it says is never lost."""
    for state in set(STATES) - {states.FREE}:
        for notice in NOTICES:
            assert (state, notice) in MOVES


@settings(deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_no_walk_leads_from_paid_to_unpaid_or_spends_twice(events: list[str]) -> None:
    state, spent, authorised = states.CREATED, 0, False
    for event in events:
        try:
            state = move(state, event)
        except PaymentNotPossible:
            continue
        spent += event == "spent"
        authorised |= event == "authorised"
        assert (state in {states.PAID, states.SPENT}) == authorised
        assert spent <= 1
        assert (state == states.SPENT) == (spent == 1)


def test_only_what_is_paid_is_spent() -> None:
    assert [state for state in STATES if (state, "spent") in MOVES] == [states.PAID]


def test_only_what_waits_lapses() -> None:
    for state in STATES:
        lapsed = at(state, START, START)
        assert lapsed == (states.LAPSED if state in {states.CREATED, states.PENDING} else state)
        assert at(state, START + timedelta(seconds=1), START) == state


@pytest.mark.parametrize(
    "state",
    [states.PAID, states.REFUSED, states.CANCELLED, states.LAPSED, states.SPENT, states.FREE],
)
def test_a_payment_that_is_over_is_not_handed_out_again(state: str) -> None:
    """The gateway refuses an order number that it has seen end."""
    with pytest.raises(PaymentNotPossible):
        move(state, "handed-over")
