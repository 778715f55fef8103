"""Of passwords tried at once only one is told that it was right (6.3), wherever a password is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.login import argon2
from tests.support.citizens import PASSWORD, Person, register
from tests.support.client import Answer
from tests.support.world import World

WRONG = "wrong wrong wrong"
OTHER = "cinc rates menjaven formatge vell"


@pytest.fixture
def maria(authority: World) -> Person:
    return register(authority)


def overtaken(
    monkeypatch: pytest.MonkeyPatch, right: Callable[[], Answer], wrong: Callable[[], Answer]
) -> Answer:
    """The right one, while whose hash is computed a wrong one comes and goes."""
    real, waiting = argon2.is_right, [wrong]

    def is_right(password: str, kept: str) -> bool:
        found = real(password, kept)
        if waiting and found:
            waiting.pop()()
        return found

    monkeypatch.setattr(argon2, "is_right", is_right)
    answer = right()
    assert not waiting
    return answer


def test_of_a_password_that_has_expired(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = maria.world.cloud
    cloud.settings = replace(cloud.settings, password_preset="clave")
    assert maria.activate().status == 204
    maria.world.clock.turn(days=400)
    answer = overtaken(
        monkeypatch, maria.try_password, lambda: maria.try_password(WRONG, source="198.51.100.1")
    )
    assert answer.slug == "conflict", answer.body
    assert maria.try_password().slug == "password-expired"


def test_of_a_password_that_is_set_again(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"nif": maria.nif, "activation_code": maria.activation_code, "email": maria.data["email"]}
    request = maria.client.post("/v1/passwords/activations", body).json["request"]

    def choose(password: str = PASSWORD) -> Answer:
        chosen = {"request": request, "otp": maria.code(), "password": password}
        return maria.client.post("/v1/passwords", chosen)

    assert choose().status == 204
    answer = overtaken(monkeypatch, choose, lambda: choose(WRONG))
    assert answer.slug == "conflict", answer.body
    assert choose().status == 204, "the same request again is well"


def test_of_a_password_that_is_changed_again(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    maria.activate()
    client = maria.logged_in(maria.try_password())

    def change(password: str = OTHER) -> Answer:
        return client.post("/v1/me/password-changes", {"current": PASSWORD, "password": password})

    assert change().status == 204
    answer = overtaken(monkeypatch, change, lambda: change(WRONG))
    assert answer.slug == "conflict", answer.body
    assert change().status == 204, "the same request again is well"
