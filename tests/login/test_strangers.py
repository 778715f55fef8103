"""What is told of a stranger is what is told of a person, on every route without log-in (6.6, F16)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.bench.citizens import CONTRAST, Citizens
from infra.bench.public_routes import COMPARISONS, NOT_COMPARED, Comparison
from tests.support.later import Later
from tests.support.moto_state import moto_cloud
from tests.support.world import POINT, Clock, World, make_world

TRIES = 6
"""Half of them about people, half about strangers."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One authority for all comparisons: each try is about somebody else, from elsewhere."""
    with moto_cloud():
        yield make_world(functions=Later())


@pytest.fixture
def citizens(world: World) -> Citizens:
    """People of that authority, in an hour of their own: an officer's cap is of an hour."""
    assert isinstance(world.clock, Clock)
    world.clock.turn(hours=1)
    return Citizens(world.cloud, world.app, "officer-1", POINT)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_strangers_and_people_get_the_same(citizens: Citizens, comparison: Comparison) -> None:
    """Status, length and headers. The time it takes is measured by `make bench` (strangers)."""
    shapes: dict[str, list[str]] = {}
    for number in range(TRIES):
        known = number % 2 == 0
        person = getattr(citizens, comparison.who)() if known else citizens.stranger()
        body, path = comparison.send(citizens, person, known)
        key = f"{comparison.who}-{person.nif}" if comparison.key else ""
        answer = citizens.answer(citizens.request(comparison.route, body, path, key=key))
        assert answer.status == comparison.status, answer.body
        told = repr((len(answer.body), sorted(answer.headers.items())))
        shapes.setdefault(told, []).append(f"{person.nif} {'known' if known else 'stranger'}")
    assert len(shapes) == 1, shapes


def test_every_route_without_log_in_is_compared_or_says_why_not(world: World) -> None:
    """A new public route stops here until somebody has thought of strangers."""
    public = {
        f"{method} {path}"
        for path, methods in world.app.table.items()
        for method, route in methods.items()
        if route.caller is None
    }
    compared = {f"POST {comparison.route}" for comparison in COMPARISONS}
    assert public == compared | set(NOT_COMPARED)
    assert not compared & set(NOT_COMPARED)
    assert all(NOT_COMPARED.values())


def test_what_was_asked_about_people_did_happen(world: World, citizens: Citizens) -> None:
    """The comparison is not one of two strangers: only the person's telephone rings."""
    functions = world.cloud.functions
    assert isinstance(functions, Later)
    functions.waiting.clear()
    maria, nobody = citizens.registered(), citizens.stranger()
    for person in (maria, nobody):
        citizens.recall(person, "/v1/pins", {"nif": person.nif, "contrast": CONTRAST})
    before = len(world.phone.sms())
    functions.run(world.cloud)
    sent = [(number, "PIN" in text) for number, text in world.phone.sms()[before:]]
    assert sent == [(maria.mobile, True)]
