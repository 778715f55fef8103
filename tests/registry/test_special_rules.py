"""The tables and rules of special positions, walked: reports, bars, guardians, deeds."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pki.catalogue import PERSON_REASONS
from chalicelib.registry import guardianship, states
from chalicelib.registry.evidence import Power, ProxyPresence
from chalicelib.registry.people import age_on
from chalicelib.registry.powers import kept_of, power_id
from chalicelib.registry.reports import POLICIES
from tests.registry.people_of_the_tests import born, guardian, identified, proxy

TABLES = (states.REPORT_MOVES, states.BAR_MOVES, guardianship.MOVES)
DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def test_every_state_of_a_report_is_reached_and_two_are_the_end() -> None:
    reached, frontier = {states.UNWRITTEN}, [states.UNWRITTEN]
    while frontier:
        here = frontier.pop()
        following = {after for (origin, _), after in states.REPORT_MOVES.items() if origin == here}
        frontier += following - reached
        reached |= following
    origins = {origin for origin, _ in states.REPORT_MOVES}
    assert reached == origins | set(states.REPORT_MOVES.values())
    assert reached - origins == {states.REJECTED, states.LIFTED}


def test_nothing_is_carried_out_that_nobody_decided() -> None:
    into = {move for move, after in states.REPORT_MOVES.items() if after == states.CARRYING_OUT}
    assert into == {(states.UNWRITTEN, "reported"), (states.AWAITING, "confirmed")}
    undone = {origin for (origin, event) in states.REPORT_MOVES if event == "lifted"}
    assert undone == {states.DONE, states.CLOSED}, "what is half done is finished first"


@given(st.lists(st.sampled_from(["barred", "one-lifted", "last-lifted"]), max_size=30))
def test_a_bar_ends_with_the_last_report_only(walk: list[str]) -> None:
    state = states.FREE
    for event in walk:
        following = states.BAR_MOVES.get((state, event))
        if following is None:
            continue
        assert (following == states.FREE) == (event == "last-lifted")
        state = following


def test_every_move_is_made_by_the_code() -> None:
    """An event that no module names would be a way that nobody can go."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in Path("chalicelib").rglob("*.py")
        if path.name != "states.py"
    )
    for table in TABLES:
        assert not {event for _, event in table if f'"{event}"' not in source}


def test_each_reason_is_one_that_a_persons_certificate_may_have() -> None:
    """R14; and death and incapacity are told apart by nobody who reads a CRL."""
    allowed = {reason.value for reason in PERSON_REASONS}
    reasons = {policy.reason for policy in POLICIES.values() if policy.reason}
    assert reasons == {"cessationOfOperation"} <= allowed
    assert POLICIES["incapacity"].two_people
    assert POLICIES["mistake"].two_people


@given(DAYS)
def test_the_guardian_ends_on_the_day_on_which_the_age_is_reached(birth_date: date) -> None:
    day = guardianship.of_age_on(birth_date)
    assert age_on(day, birth_date) == 18
    assert age_on(day - timedelta(days=1), birth_date) == 17


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        ({"birth_date": born(17), "guardian": guardian()}, guardianship.GUARDED),
        ({"birth_date": born(18, days_later=1), "guardian": guardian()}, guardianship.GUARDED),
        ({"birth_date": born(17), "emancipated": {"document": "Escritura 1/2026"}}, guardianship.ALONE),
        ({"birth_date": born(40)}, guardianship.ALONE),
    ],
)
def test_who_has_somebody_beside(evidence: dict[str, Any], state: str) -> None:
    newest = identified(**evidence)
    assert guardianship.state_on(date(2026, 11, 22), newest) == state
    assert guardianship.state_on(guardianship.of_age_on(newest.birth_date), newest) == guardianship.ALONE


def test_a_deed_is_known_by_proxy_protocol_and_day() -> None:
    def of(number: str = "1", **changes: object) -> str:
        told = proxy()["power"] | changes
        return power_id(number, msgspec.convert(told, Power, strict=False))

    assert of() == of(notary="Somebody Else") == of(protocol_number="01234") == of(scope=["revoke"])
    assert len({of(), of("2"), of(protocol_number="1235/2025"), of(granted_on="2025-03-02")}) == 4
    presence = identified(presence=proxy()).presence
    assert isinstance(presence, ProxyPresence)
    assert kept_of(presence).power.scope == ("obtain", "collect-code"), "as deeds of before are read"
