"""What a log-in costs, how a stranger's looks from outside, and how many messages can be had (6.1, 6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.codes.kinds import PIN, SMS_OTP, chance_of_a_hit
from chalicelib.login.sending import PER_NUMBER, PER_PERSON, PER_RANGE, PER_SOURCE, country_allowed
from infra.bench.meter import Meter
from tests.support.citizens import CONTRAST, PASSWORD, Person, register
from tests.support.client import Answer, Client
from tests.support.later import Later
from tests.support.moto_state import moto_cloud
from tests.support.world import SETTINGS, World, make_world

STRANGER = "00000000T"


@pytest.fixture
def later() -> Iterator[tuple[World, Later, Meter]]:
    with moto_cloud():
        functions, meter = Later(), Meter()
        world = make_world(functions=functions)
        yield world, functions, meter


def watched(world: World, meter: Meter) -> None:
    """Count from here on, on clients that are already open, in a container that is warm."""
    from chalicelib.aws.tables import connection

    for client in (connection().client, world.cloud.kms):
        client.meta.events.register("before-call.*.*", meter._note)


def calls(meter: Meter, operation: Any) -> Counter[str]:
    return meter.measure(operation).calls


def test_a_log_in_takes_four_calls(later: tuple[World, Later, Meter]) -> None:
    """And asking for a PIN takes as many, and the same, for a stranger as for a person."""
    world, functions, meter = later
    maria = register(world)
    functions.run(world.cloud)
    request = maria.ask_pin().json["request"]
    functions.run(world.cloud)
    watched(world, meter)
    body = {"request": request, "pin": maria.code()}
    pin = calls(meter, lambda: maria.client.post("/v1/sessions/pin", body))
    assert pin.total() == 4, pin

    known = calls(meter, lambda: maria.ask_pin())
    assert known == calls(meter, lambda: maria.ask_pin(nif=STRANGER)), known

    sent = {"nif": maria.nif, "activation_code": maria.activation_code, "email": maria.data["email"]}
    activation = calls(meter, lambda: maria.client.post("/v1/passwords/activations", sent))
    other = sent | {"nif": STRANGER}
    assert activation == calls(meter, lambda: maria.client.post("/v1/passwords/activations", other))

    asked = maria.client.post("/v1/passwords/activations", sent).json["request"]
    functions.run(world.cloud)
    new = {"request": asked, "otp": maria.code(), "password": PASSWORD}
    assert maria.client.post("/v1/passwords", new).status == 204
    maria.try_password()
    password = calls(meter, lambda: maria.try_password())
    assert password.total() == 4, password
    wrong = calls(meter, lambda: maria.try_password("wrong wrong wrong"))
    body = {"nif": STRANGER, "password": "wrong wrong wrong"}
    assert wrong == calls(meter, lambda: maria.client.post("/v1/sessions/password", body))


def ask(world: World, person: Person, source: str) -> Answer:
    return Client(world.app, source=source).post("/v1/pins", {"nif": person.nif, "contrast": CONTRAST})


def test_one_person_gets_three_codes_in_ten_minutes(authority: World) -> None:
    maria = register(authority)
    answers = [ask(authority, maria, f"198.51.100.{n}") for n in range(5)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429, 429]
    assert int(answers[-1].headers["retry-after"]) <= 600
    assert len([text for text in maria.texts if "PIN" in text]) == 3
    stranger = [
        authority.citizen.post("/v1/pins", {"nif": STRANGER, "contrast": CONTRAST}).status for _ in range(4)
    ]
    assert stranger == [202, 202, 202, 429], "and a stranger's number is told the same"


def test_one_source_gets_ten_codes_in_ten_minutes(authority: World) -> None:
    """OTP pumping from one place, or one IPv6 subscriber with addresses at will."""
    answers = [
        Client(authority.app, source=f"2001:db8::{n:x}").post(
            "/v1/pins", {"nif": f"{n:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}", "contrast": CONTRAST}
        )
        for n in range(100, 115)
    ]
    assert [answer.status for answer in answers] == [202] * 10 + [429] * 5


def test_one_range_of_numbers_gets_thirty_messages_an_hour(authority: World, monkeypatch: Any) -> None:
    """The attackers' ranges are theirs, so they register many numbers of one: answers say nothing of it."""
    from chalicelib.codes.limits import Limit
    from chalicelib.login import sending

    monkeypatch.setattr(sending, "PER_RANGE", (Limit("messages-range", 4, 3600),))
    people = [register(authority, n, mobile=f"+3461234500{n}") for n in range(1, 7)]
    answers = [ask(authority, person, f"198.51.100.{n}") for n, person in enumerate(people)]
    assert [answer.status for answer in answers] == [202] * 6
    assert sum(len([text for text in person.texts if "PIN" in text]) for person in people) == 4


def test_only_countries_of_the_list_are_sent_to() -> None:
    allowed = SETTINGS.sms_countries
    assert country_allowed(allowed, "+34612345678")
    assert country_allowed(allowed, "+351912345678")
    assert not country_allowed(allowed, "+41791234567")
    assert not country_allowed(replace(SETTINGS, sms_countries="34").sms_countries, "+33612345678")


def test_what_can_be_guessed_and_what_can_be_pumped() -> None:
    """Within the limits: three tries a code, fifteen codes a person a day."""
    codes_a_day = PER_PERSON[1].most
    for kind in (PIN, SMS_OTP):
        assert chance_of_a_hit(kind, codes_a_day * (kind.tries or 1), 1) < 5e-5
    a_day = {"source": PER_SOURCE[1].most, "number": PER_NUMBER[1].most, "range": PER_RANGE[0].most * 24}
    assert a_day == {"source": 100, "number": 20, "range": 720}


def test_of_many_wrong_passwords_at_once_each_is_counted(authority: World) -> None:
    """A try is written over what it was judged by; one that comes too late is told to come again."""
    from chalicelib.aws.tables import Transaction
    from chalicelib.errors import Conflict
    from chalicelib.login.password import count_failure, judge
    from chalicelib.registry.accounts import holder_of, read_account

    maria = register(authority)
    maria.activate()
    account = read_account(holder_of(maria.nif))
    judged = judge(authority.cloud, account, "wrong wrong wrong")
    for number in range(2):
        transaction = Transaction()
        count_failure(authority.cloud, transaction, account, judged)
        if number == 0:
            transaction.commit_or_conflict()
        else:
            with pytest.raises(Conflict):
                transaction.commit_or_conflict()
