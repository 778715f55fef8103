"""Rights follow from proofs: every service, every lack, and no way from less proof to more rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.registry import rights_words
from chalicelib.registry.assurance import (
    ASSURANCES,
    LEVELS,
    LOG_INS,
    METHODS,
    Proof,
    assurance,
    level,
    strong_until,
    years_later,
)
from chalicelib.registry.rights import QUICKEST, SERVICES, Standing, right, rights
from chalicelib.registry.states import (
    BARRED,
    REGISTERED,
    REGISTRATION_MOVES,
    RENOUNCED,
    STATES,
    UNREGISTERED,
    MoveNotAllowed,
    move,
)
from chalicelib.web.languages import preferred

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def standing(
    *proofs: Proof,
    way: str = "e-id",
    registered: bool = True,
    activation_code: bool = True,
    password: bool = True,
) -> Standing:
    proven = level(proofs) if registered else "none"
    return Standing(proofs, registered, activation_code, password, assurance(proven, way), way)


def proof(method: str, at: datetime = NOW) -> Proof:
    return Proof(method, at, "hash")


def may(service: str, held: Standing, now: datetime = NOW) -> bool:
    return right(SERVICES[service], held, now).may


def test_X08_a_certificate_alone_never_signs_in_the_cloud() -> None:
    """However often it is shown."""
    held = standing(*(proof("certificate") for _ in range(3)))
    assert held.level == "advanced"
    found = right(SERVICES["cloud-signature"], held, NOW)
    assert (found.may, found.missing, found.quickest) == (False, ("strong-proof",), ("e-id",))


@pytest.mark.parametrize("method", [m.name for m in METHODS.values() if m.strong])
def test_X08_a_strong_proof_carries_five_years_to_the_second(method: str) -> None:
    held = standing(proof(method))
    ends = years_later(NOW, 5)
    assert may("cloud-signature", held, ends - timedelta(seconds=1))
    found = right(SERVICES["cloud-signature"], held, ends)
    assert found.missing == ("strong-proof-expired",)
    assert found.until == ends


def test_X06_basic_activates_a_password_and_steps_up_to_nothing() -> None:
    held = standing(proof("letter"), way="password")
    assert may("password-activation", held)
    assert may("password", held)
    assert not may("password-step-up", held)
    assert not may("cloud-signature", held)


def test_2_8_the_telephone_is_changed_by_certificate_or_e_id_only() -> None:
    for way in LOG_INS:
        held = standing(proof("in-person"), way=way)
        assert may("change-mobile", held) == (way in {"certificate", "e-id"})
        assert not may("change-mobile", standing(proof("letter"), way=way)), "nor by a basic registration"


def test_X04_a_minor_gets_no_certificate_without_an_office() -> None:
    """However the log-in was made; told with what to do."""
    adult = msgspec.structs.replace(
        standing(proof("in-person"), way="certificate"), proves_until=NOW + timedelta(days=1)
    )
    assert right(SERVICES["certificate-online"], adult, NOW).may
    found = right(SERVICES["certificate-online"], msgspec.structs.replace(adult, of_age=False), NOW)
    assert (found.may, found.missing, found.quickest) == (False, ("of-age",), ("in-person",))


def test_who_is_not_registered_may_nothing() -> None:
    for each in rights(standing(proof("in-person"), registered=False), NOW):
        assert not each.may


def test_what_is_missing_is_enough_to_know() -> None:
    """Over all combinations: a right is given if and only if nothing is missing, and each lack has a way."""
    for methods, way, code, password in product(
        [(), *((name,) for name in METHODS)], LOG_INS, (True, False), (True, False)
    ):
        held = standing(*map(proof, methods), way=way, activation_code=code, password=password)
        for each in rights(held, NOW):
            assert each.may == (not each.missing)
            assert bool(each.quickest) == bool(each.missing)
            assert len(set(each.quickest)) == len(each.quickest)


@pytest.mark.parametrize("language", rights_words.LANGUAGES)
def test_every_language_has_words_for_all_of_it(language: str) -> None:
    assert rights_words.SERVICES[language].keys() == SERVICES.keys()
    assert rights_words.LACKS[language].keys() == QUICKEST.keys()
    assert rights_words.WAYS[language].keys() == {ways[0] for ways in QUICKEST.values()}


# --- no way from less proof to more rights ---------------------------------------------------------------

ACTS = [*sorted({event for _, event in REGISTRATION_MOVES}), "withdrawn"]
PROVING = {f"proven:{name}": name for name in METHODS}


def given_rights(state: str, held: list[Proof], way: str, now: datetime) -> set[str]:
    registered = state == REGISTERED
    return {each.service for each in rights(standing(*held, way=way, registered=registered), now) if each.may}


def reachable(method: str) -> set[str]:
    """The most that one proof of a method can ever give, in any state, by any log-in."""
    return set().union(*(given_rights(REGISTERED, [proof(method)], way, NOW) for way in LOG_INS))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 900)), max_size=14),
    st.sampled_from(sorted(LOG_INS)),
)
def test_no_walk_leads_from_less_proof_to_more_rights(walk: list[tuple[str, int]], way: str) -> None:
    """Random walks over the table of moves, with time passing: rights never exceed what the proofs that
    stand give one by one, only proofs add any, and the way back from renouncing is a strong one."""
    state, held, now = UNREGISTERED, list[Proof](), NOW
    for act, days in walk:
        now += timedelta(days=days)
        before = given_rights(state, held, way, now)
        if act == "withdrawn":
            held = held[:-1]
        else:
            try:
                following = move(REGISTRATION_MOVES, state, act)
            except MoveNotAllowed:
                assert (state, act) not in REGISTRATION_MOVES
                continue
            if state == RENOUNCED:
                assert METHODS[PROVING[act]].may_return
            if state == UNREGISTERED:
                assert act in PROVING, "nobody is registered without a proof"
            if act in PROVING:
                held = [*held, proof(PROVING[act], now)]
            state = following
        after = given_rights(state, held, way, now)
        if act not in PROVING:
            assert after <= before, f"{act} gave {after - before}"
        elif state == REGISTERED and before:
            assert before <= after, "a weaker proof takes nothing away (Q20)"
        assert after <= set().union(*(reachable(each.method) for each in held), set())
        if state != REGISTERED:
            assert not after
        carries = strong_until(held)
        if carries is None or carries <= now:
            assert not {"cloud-signature", "certificate-online"} & after
        assert after <= set().union(
            *(given_rights(state, held, stronger, now) for stronger in LOG_INS if _no_weaker(stronger, way))
        )


def _no_weaker(one: str, other: str) -> bool:
    return ASSURANCES.index(LOG_INS[one].assurance) >= ASSURANCES.index(LOG_INS[other].assurance)


def test_every_state_can_be_reached_and_every_move_is_between_states() -> None:
    reached, frontier = {UNREGISTERED}, [UNREGISTERED]
    while frontier:
        state = frontier.pop()
        for (origin, _), following in REGISTRATION_MOVES.items():
            if origin == state and following not in reached:
                reached.add(following)
                frontier.append(following)
    # A bar is no state that a registration moves to: it covers whichever there is.
    assert reached == set(STATES) - {BARRED}
    assert not [move for move in REGISTRATION_MOVES if BARRED in (move[0], REGISTRATION_MOVES[move])]


def test_a_higher_level_never_has_fewer_rights() -> None:
    by_level = {METHODS[name].level: reachable(name) for name in ("letter", "certificate", "in-person")}
    assert list(by_level) == [name for name in LEVELS if name in by_level]
    assert reachable("letter") <= reachable("certificate") <= reachable("in-person")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("fr, en;q=0.3", "en"),
        ("ca-ES-valencia, es;q=0.9", "ca"),
        ("es;q=0.1, en;q=0.9", "en"),
        ("*", "es"),
        ("en;q=0", "es"),
        ("en;q=7", "es"),
        ("x" * 5000, "es"),
        ("en-\r\nX: y", "es"),
    ],
)
def test_the_language_that_a_caller_reads_best(header: str, language: str) -> None:
    assert preferred(header, rights_words.LANGUAGES, "es") == language
