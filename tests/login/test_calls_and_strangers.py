"""What a log-in costs, how a stranger's looks from outside, and how many messages can be had (6.1, 6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app import FUNCTIONS
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.codes.kinds import PIN, SMS_OTP, chance_of_a_hit
from chalicelib.login.sending import PER_NUMBER, PER_PERSON, PER_RANGE, PER_SOURCE, country_allowed
from infra.bench.citizens import Citizens
from infra.bench.meter import Meter
from infra.bench.public_routes import COMPARISONS, NOT_COMPARED, Comparison
from tests.support.citizens import CONTRAST, PASSWORD, Person, register
from tests.support.client import Answer, Client
from tests.support.moto_state import moto_cloud
from tests.support.world import POINT, SETTINGS, World, make_world

STRANGER = "00000000T"
TRIES = 6
"""Half of them about people, half about strangers."""


class Later(InProcessFunctions):
    """As in AWS: what is only started runs later, and apart."""

    def __init__(self) -> None:
        super().__init__(FUNCTIONS)
        self.waiting: list[tuple[str, Any]] = []

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        self.waiting.append((function, detail))

    def run(self, cloud: Cloud) -> None:
        waiting, self.waiting = self.waiting, []
        for function, detail in waiting:
            super().start(cloud, function, detail)


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


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_strangers_and_people_get_the_same(later: tuple[World, Later, Meter], comparison: Comparison) -> None:
    """F16: status, length and headers. The time it takes is measured by `make bench` (strangers)."""
    world, _, _ = later
    citizens = Citizens(world.cloud, world.app, "officer-1", POINT)
    shapes: dict[str, list[str]] = {}
    for number in range(TRIES):
        known = number % 2 == 0
        person = getattr(citizens, comparison.who)() if known else citizens.stranger()
        body, path = comparison.send(citizens, person, known)
        key = f"try-{number:05d}" if comparison.key else ""
        answer = citizens.answer(citizens.request(comparison.route, body, path, key=key))
        assert answer.status == comparison.status, answer.body
        told = repr((len(answer.body), sorted(answer.headers.items())))
        shapes.setdefault(told, []).append(f"{person.nif} {'known' if known else 'stranger'}")
    assert len(shapes) == 1, shapes


def test_every_route_without_log_in_is_compared_or_says_why_not(authority: World) -> None:
    """A new public route stops here until somebody has thought of strangers."""
    public = {
        f"{method} {path}"
        for path, methods in authority.app.table.items()
        for method, route in methods.items()
        if route.caller is None
    }
    compared = {f"POST {comparison.route}" for comparison in COMPARISONS}
    assert public == compared | set(NOT_COMPARED)
    assert not compared & set(NOT_COMPARED)
    assert all(NOT_COMPARED.values())


def test_a_person_is_told_nothing_but_by_message(later: tuple[World, Later, Meter]) -> None:
    """The comparison is not between two strangers: what was asked about people did happen."""
    world, functions, _ = later
    citizens = Citizens(world.cloud, world.app, "officer-1", POINT)
    maria = citizens.registered()
    body = {"nif": maria.nif, "contrast": CONTRAST}
    citizens.recall(maria, "/v1/pins", body)
    citizens.recall(citizens.stranger(), "/v1/pins", body | {"nif": STRANGER})
    functions.run(world.cloud)
    assert [number for number, text in world.phone.sms() if "PIN" in text] == [maria.mobile]


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
    from chalicelib.login.password import _commit, count_failure, judge
    from chalicelib.registry.accounts import holder_of, read_account

    maria = register(authority)
    maria.activate()
    account = read_account(holder_of(maria.nif))
    judged = judge(authority.cloud, account, "wrong wrong wrong")
    for number in range(2):
        transaction = Transaction()
        count_failure(authority.cloud, transaction, account, judged)
        if number == 0:
            _commit(transaction)
        else:
            with pytest.raises(Conflict):
                _commit(transaction)
