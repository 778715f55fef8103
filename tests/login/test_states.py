"""The states of every credential, walked at random: less proof never gives more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.codes.bound import usable
from chalicelib.codes.kinds import EMAIL_CONFIRMATION, LETTER, PIN, SMS_OTP, CodeKind, expires_at
from chalicelib.codes.tables import CodeRow
from chalicelib.registry import accounts, states
from chalicelib.registry.assurance import LOG_INS, METHODS, Proof, assurance, level
from chalicelib.registry.rights import BY_TELEPHONE, Standing, rights

TABLES = (*states.CREDENTIALS.values(), states.APP_MOVES, states.NUMBER_MOVES)
ALL_STATES = {*states.CREDENTIAL_STATES, states.ENDED, states.SETTLED, states.COOLING, states.HELD}
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
        if state in {states.BLOCKED, states.ABSENT} and following == states.ACTIVE:
            assert event == "issued"
        state = following


@given(table=TABLE, walk=WALK)
def test_every_walk_stays_in_the_list_of_states(table: dict[tuple[str, str], str], walk: list[str]) -> None:
    state = next(iter(table))[0]
    for event in walk:
        try:
            state = states.move(table, state, event)
        except states.MoveNotAllowed:
            continue
        assert state in ALL_STATES


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
    """P05, and of everything that renouncing must end."""
    for table in states.CREDENTIALS.values():
        for state in {origin for origin, _ in table}:
            assert states.move(table, state, "removed") == states.ABSENT


@given(walk=WALK)
def test_an_authenticator_comes_to_life_by_its_own_code_only(walk: list[str]) -> None:
    """A secret that was shown is none until an app has proven to hold it; and none slips in beside it."""
    state = states.ABSENT
    for event in walk:
        following = states.AUTHENTICATOR_MOVES.get((state, event))
        if following is None:
            continue
        if state in {states.ABSENT, states.PENDING} and following == states.ACTIVE:
            assert (state, event) == (states.PENDING, "confirmed")
        if state in {states.ACTIVE, states.BLOCKED} and event not in {"fifth-failure", "waited"}:
            assert following == states.ABSENT
        state = following


@given(walk=WALK)
def test_an_app_that_was_removed_is_gone(walk: list[str]) -> None:
    state = states.ABSENT
    for event in walk:
        following = states.APP_MOVES.get((state, event), state)
        assert state != states.ENDED or following == states.ENDED
        state = following


@given(walk=WALK)
def test_a_held_number_is_settled_by_an_officer_and_by_no_time(walk: list[str]) -> None:
    """And a new one never skips its first day, but before an officer with the number of before."""
    state = states.SETTLED
    for event in walk:
        following = states.NUMBER_MOVES.get((state, event))
        if following is None:
            continue
        if state == states.HELD and following != states.HELD:
            assert event.endswith("-in-person")
        if event == "changed":
            assert following == states.COOLING
        state = following


def test_every_credential_that_an_account_keeps_has_a_table() -> None:
    """What is added to accounts without one would outlive a renunciation."""
    names = {value for name, value in vars(accounts).items() if str(value).startswith("credential#")}
    assert names == set(states.CREDENTIALS)


def test_the_code_moves_nothing_that_the_tables_do_not_know() -> None:
    """Each event named in a call of `move` is one of a table, and each of a table is named in the code."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in Path("chalicelib").rglob("*.py")
        if path.name != "states.py"
    )
    events = {event for table in TABLES for _, event in table}
    unnamed = {event for event in events if f'"{event}"' not in source}
    assert unnamed == {"confirmed-in-person", "changed-in-person"}, "computed from two dates, never stored"


# --- codes that are bound to a request or a person ------------------------------------------------------

BOUND = [PIN, SMS_OTP, LETTER, EMAIL_CONFIRMATION]
HAPPENS = st.sampled_from(["right", "wrong", "voided", "later"])


@given(kind=st.sampled_from(BOUND), walk=st.lists(HAPPENS, max_size=12))
def test_a_bound_code_opens_once_in_time_and_within_its_tries(kind: CodeKind, walk: list[str]) -> None:
    """What `usable` says along any walk: spent, voided, late or worn out, nothing makes it good again."""
    now = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    row = CodeRow("x", digest="d", expires_at=expires_at(kind, now), tries=0)
    opened, dead = 0, False
    for happens in walk:
        if happens == "later":
            now += kind.life / 3 + timedelta(days=1) * (kind.life >= timedelta(days=1))
        good = usable(row, kind, now)
        assert not (dead and good)
        if happens == "voided":
            row.voided_at = now
        if happens == "wrong" and good:
            row.tries = int(row.tries or 0) + 1
        if happens == "right" and good:
            opened, row.spent_at = opened + 1, now
        dead = dead or not usable(row, kind, now)
    assert opened <= 1
    assert int(row.tries or 0) <= (kind.tries or 1)


# --- whole accounts -------------------------------------------------------------------------------------

WAYS_IN = st.sampled_from(sorted(LOG_INS))


@given(
    way=WAYS_IN, settled=st.booleans(), apps_settled=st.booleans(), method=st.sampled_from(sorted(METHODS))
)
def test_a_new_number_or_app_only_ever_takes_rights_away(
    way: str, settled: bool, apps_settled: bool, method: str
) -> None:
    """Less proof of the telephone never gives more; and what a stranger to it opened loses nothing by it."""
    now = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    proofs = (Proof(method, now, "hash"),)
    sure = assurance(level(proofs), way)

    def may(number: bool, app: bool) -> set[str]:
        held = Standing(proofs, True, True, True, sure, way, number, app)
        return {each.service for each in rights(held, now) if each.may}

    assert may(settled, apps_settled) <= may(True, True)
    assert may(False, apps_settled) <= may(settled, apps_settled)
    lost = may(True, True) - may(settled, apps_settled)
    if way not in BY_TELEPHONE:
        assert lost <= {"password-activation", "password-step-up", "change-mobile"}
