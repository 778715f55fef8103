"""The states of passwords and activation codes, walked at random: less proof never gives more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.registry import states

TABLES = (states.PASSWORD_MOVES, states.ACTIVATION_CODE_MOVES)
TABLE = st.sampled_from(TABLES)
EVENTS = {event for table in TABLES for _, event in table}
WALK = st.lists(st.sampled_from(sorted(EVENTS)), max_size=40)


@given(walk=WALK)
def test_a_password_comes_to_life_by_proof_only(walk: list[str]) -> None:
    """Absent it never opens anything, and nothing but an activation ends that."""
    state = states.ABSENT
    for event in walk:
        following = states.PASSWORD_MOVES.get((state, event))
        if following is None:
            continue
        if state == states.ABSENT and following != states.ABSENT:
            assert event == "activated"
        if state == states.BLOCKED and following == states.ACTIVE:
            assert event in {"recovered", "waited"}
        state = following


@given(walk=WALK)
def test_a_blocked_activation_code_is_replaced_and_never_revived(walk: list[str]) -> None:
    """X09: by a new one, after a log-in of another kind."""
    state = states.ABSENT
    for event in walk:
        following = states.ACTIVATION_CODE_MOVES.get((state, event))
        if following is None:
            continue
        if state in {states.BLOCKED, states.ABSENT, states.SPENT} and following == states.ACTIVE:
            assert event == "issued"
        state = following


@given(table=TABLE, walk=WALK)
def test_every_walk_stays_in_the_list_of_states(table: dict[tuple[str, str], str], walk: list[str]) -> None:
    state = states.ABSENT
    for event in walk:
        try:
            state = states.move(table, state, event)
        except states.MoveNotAllowed:
            continue
        assert state in states.CREDENTIAL_STATES


def test_whatever_is_lost_can_be_had_again() -> None:
    """From every state of the password there is a way back to an active one: no stranger ends it for good."""
    for start in (states.ABSENT, states.ACTIVE, states.BLOCKED):
        seen, reached = {start}, [start]
        while reached:
            here = reached.pop()
            for (state, _), following in states.PASSWORD_MOVES.items():
                if state == here and following not in seen:
                    seen.add(following)
                    reached.append(following)
        assert states.ACTIVE in seen


def test_removing_is_possible_from_everywhere() -> None:
    """P05."""
    for state in (states.ABSENT, states.ACTIVE, states.BLOCKED):
        assert states.move(states.PASSWORD_MOVES, state, "removed") == states.ABSENT
