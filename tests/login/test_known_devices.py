"""Strangers may block a password for strangers; never for its owner on a device of theirs (6.3)."""

from __future__ import annotations

import pytest

from chalicelib.login.known_devices import FAILURES
from tests.support.citizens import CONTRAST, PASSWORD, Person, register
from tests.support.client import Answer, Client
from tests.support.world import World

WRONG = "wrong wrong wrong"
OTHER = "cinc rates menjaven formatge vell"


@pytest.fixture
def maria(authority: World) -> Person:
    person = register(authority)
    person.activate()
    return person


def log_in(person: Person, device: str, password: str = PASSWORD, source: str = "203.0.113.9") -> Answer:
    body = {"nif": person.nif, "password": password, "device": device}
    return Client(person.world.app, source=source).post("/v1/sessions/password", body)


def block(person: Person) -> None:
    for number in range(5):
        assert person.try_password(WRONG, source=f"198.51.100.{number}").status == 401
    assert person.try_password().slug == "log-in-refused", "blocked for whoever is not known"


def test_strangers_do_not_block_a_known_device(maria: Person) -> None:
    device = maria.try_password().json["device"]
    block(maria)
    answer = log_in(maria, device)
    assert answer.status == 201, answer.body
    assert maria.logged_in(answer).get("/v1/me/sessions").status == 200
    assert maria.try_password().slug == "log-in-refused", "and it stays blocked for strangers"


def test_a_known_device_has_five_tries_of_its_own(maria: Person) -> None:
    device = maria.try_password().json["device"]
    for _ in range(FAILURES):
        assert log_in(maria, device, WRONG).slug == "log-in-refused"
    assert maria.try_password().status == 201, "which block nobody else"
    block(maria)
    assert log_in(maria, device).slug == "log-in-refused", "it has become a stranger"
    maria.world.clock.turn(days=400)
    block(maria)
    assert log_in(maria, device).slug == "log-in-refused", "for good"


def test_each_log_in_gives_another_token(maria: Person) -> None:
    first = maria.try_password().json["device"]
    second = log_in(maria, first).json["device"]
    assert first != second
    block(maria)
    assert {log_in(maria, device).status for device in (first, second)} == {201}


def test_a_token_is_of_one_person_and_one_password(maria: Person) -> None:
    jon = register(maria.world, 7)
    jon.activate()
    hers, his = maria.try_password().json["device"], jon.try_password().json["device"]
    block(maria)
    for device in (his, hers[:32] + "0" * 40, hers[:-1], "é" * 72, "0" * 100, ""):
        assert log_in(maria, device).slug == "log-in-refused"
    assert log_in(maria, hers).status == 201
    body = {"nif": maria.nif, "activation_code": maria.activation_code, "contrast": CONTRAST}
    request = maria.client.post("/v1/passwords/recoveries", body).json["request"]
    new = {"request": request, "otp": maria.code(), "password": OTHER}
    assert maria.client.post("/v1/passwords", new).status == 204
    block_with = [maria.try_password(WRONG, source=f"192.0.2.{n}").status for n in range(5)]
    assert block_with == [401] * 5
    assert log_in(maria, hers, OTHER).slug == "log-in-refused"


def test_a_token_opens_nothing_by_itself(maria: Person) -> None:
    device = maria.try_password().json["device"]
    assert Client(maria.world.app, token=device).get("/v1/me/sessions").status == 401
    assert log_in(maria, device, WRONG).slug == "log-in-refused"


def test_a_token_outlives_a_new_cost_of_the_hash(maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log-in that hashes the password anew answers with a token of the new hash."""
    from chalicelib.login import argon2

    dearer = argon2.Cost(kibibytes=8 * 1024, passes=2, lanes=1)
    monkeypatch.setattr(argon2, "COST", dearer)
    monkeypatch.setattr(argon2.needs_rehash, "__defaults__", (dearer,))
    monkeypatch.setattr(argon2.hash_password, "__defaults__", (dearer,))
    device = maria.try_password().json["device"]
    block(maria)
    assert log_in(maria, device).status == 201
