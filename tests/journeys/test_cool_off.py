"""A new number: its first day, and who can stop it (F14, Q05, 6.2, 6.7)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.notices.outbox import send_due
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.cool_off import COOL_OFF, number_state
from tests.journeys.test_account import log_in, mails_to, sms_to
from tests.support.citizens import CONTRAST, PASSWORD, Person, activation_code, register
from tests.support.client import Answer, Client
from tests.support.world import World

OLD, NEW, NEWEST = "+34612345678", "+34699000111", "+34699000222"
STOPS = "/v1/contact-changes/stops"


@pytest.fixture
def maria(authority: World) -> Person:
    person = register(authority)
    assert person.activate().status == 204
    return person


def session(person: Person, way: str = "certificate") -> Client:
    return log_in(person.world, way, nif=person.nif)


def move(person: Person, number: str = NEW) -> str:
    """Another number, on line, with a certificate; the code by which it can be stopped."""
    client = session(person)
    assert client.post("/v1/me/mobile", {"mobile": number}).status == 202
    code = sms_to(person.world, number)[-1].rpartition("#")[2]
    done = client.post("/v1/me/mobile/confirmation", {"code": code})
    assert done.status == 200, done.body
    person.data = person.data | {"mobile": number}
    return stop_code(person)


def stop_code(person: Person) -> str:
    bodies = [mail.body for mail in mails_to(person.world, "maria@example.org")]
    codes: list[str] = re.findall(r"^    (\S{10})$", bodies[-1], re.M)
    return codes[0]


def stop(person: Person, code: str, source: str = "203.0.113.9") -> Answer:
    return Client(person.world.app, source=source).post(STOPS, {"nif": person.nif, "code": code})


def state(person: Person) -> str:
    return number_state(read_account(holder_of(person.nif)), person.world.clock.at)


def recover(person: Person) -> Answer:
    body = {"nif": person.nif, "activation_code": person.activation_code, "contrast": CONTRAST}
    return person.client.post("/v1/passwords/recoveries", body)


def strongest(person: Person) -> dict[str, bool]:
    """Which of the strongest operations the number opens now."""
    before = len(person.texts)
    assert recover(person).status == 202, "the same answer, whatever comes of it"
    recovery = len(person.texts) > before
    password = person.logged_in(person.try_password())
    surer = password.post("/v1/me/step-ups")
    assert surer.status == 202 or surer.slug == "new-number-waits"
    made = session(person, "pin").post("/v1/me/activation-codes")
    assert made.status == 201 or made.slug == "new-number-waits"
    if made.status == 201:
        person.activation_code = activation_code(made)
    person.world.clock.turn(minutes=11)
    return {"recovery": recovery, "step-up": surer.status == 202, "activation code": made.status == 201}


NONE = {"recovery": False, "step-up": False, "activation code": False}
ALL = {"recovery": True, "step-up": True, "activation code": True}


def test_for_a_day_a_new_number_logs_in_with_a_pin_and_no_more(maria: Person) -> None:
    assert strongest(maria) == ALL
    move(maria)
    assert strongest(maria) == NONE
    assert maria.log_in_with_pin().get("/v1/me").json["number"] == "cooling"


def test_the_day_ends_to_the_second(maria: Person) -> None:
    move(maria)
    maria.world.clock.turn(seconds=COOL_OFF.total_seconds() - 1)
    refused = session(maria, "password").post("/v1/me/step-ups")
    assert (refused.slug, refused.headers["retry-after"]) == ("new-number-waits", "1")
    maria.world.clock.turn(seconds=1)
    assert session(maria, "password").post("/v1/me/step-ups").status == 202
    assert strongest(maria) == ALL


def test_a_clock_that_goes_back_opens_nothing(maria: Person) -> None:
    move(maria)
    maria.world.clock.turn(hours=-2)
    assert state(maria) == "cooling"


def test_what_is_surer_than_the_number_goes_on(maria: Person) -> None:
    move(maria)
    client = session(maria)
    assert client.post("/v1/me/activation-codes").status == 201
    assert client.post("/v1/me/authenticator").status == 201
    assert client.post("/v1/me/email", {"email": "new@example.org"}).status == 202


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/me/email", {"email": "new@example.org"}), ("/v1/me/renunciation", None)],
)
def test_a_pin_to_a_new_number_silences_nobody_and_ends_nothing(
    maria: Person, path: str, body: dict[str, Any] | None
) -> None:
    move(maria)
    assert session(maria, "pin").post(path, body).slug == "new-number-waits"


def test_removing_the_password_is_no_way_round(maria: Person) -> None:
    """Removed and activated again would be recovered."""
    move(maria)
    pin = session(maria, "pin")
    assert pin.post("/v1/me/password-removals", {"confirm": "remove-password"}).status == 200
    before = len(maria.texts)
    body = {"nif": maria.nif, "activation_code": maria.activation_code, "email": maria.data["email"]}
    assert maria.client.post("/v1/passwords/activations", body).status == 202
    assert len(maria.texts) == before


def test_no_second_change_hides_the_first(maria: Person) -> None:
    """It would void the code that the owner was sent."""
    move(maria)
    assert session(maria).post("/v1/me/mobile", {"mobile": NEWEST}).slug == "new-number-waits"
    maria.world.clock.turn(days=1)
    assert session(maria).post("/v1/me/mobile", {"mobile": NEWEST}).status == 202


def test_the_owner_stops_it_from_the_old_telephone(maria: Person) -> None:
    code = move(maria)
    assert code in sms_to(maria.world, OLD)[-1]
    thief = maria.log_in_with_pin()
    # In the very second of the thief's log-in.
    assert stop(maria, code.lower()).status == 204
    assert state(maria) == "held"
    assert thief.get("/v1/me").status == 401
    assert "parado el cambio" in sms_to(maria.world, NEW)[-1]
    before = len(maria.texts)
    assert maria.ask_pin().status == 202
    assert len(maria.texts) == before, "no PIN goes to a number that is disputed"
    maria.world.clock.turn(days=30)
    assert strongest(maria) == NONE, "time does not settle it"
    assert [event.act for event in every_event()].count("contact.change-stopped") == 1


def test_a_session_of_the_very_second_ends_too(maria: Person) -> None:
    code = move(maria)
    thief = maria.log_in_with_pin()
    assert stop(maria, code).status == 204
    assert thief.get("/v1/me").status == 401


def test_the_number_of_before_does_not_come_back(maria: Person) -> None:
    """Perhaps it was the old telephone that was stolen: its thief must gain nothing by stopping."""
    code = move(maria)
    stop(maria, code)
    known = read_account(holder_of(maria.nif)).registration
    assert known is not None
    assert known.mobile == NEW


def test_a_held_number_leaves_the_other_ways_in(maria: Person) -> None:
    stop(maria, move(maria))
    maria.world.clock.turn(seconds=1)
    assert maria.try_password().status == 201
    client = session(maria)
    assert client.get("/v1/me").json["number"] == "held"
    assert client.post("/v1/me/activation-codes").status == 201
    assert client.post("/v1/me/mobile", {"mobile": NEWEST}).slug == "new-number-waits"


def test_an_officer_ends_the_hold_by_the_same_number(maria: Person) -> None:
    code = move(maria)
    stop(maria, code)
    maria.world.clock.turn(minutes=1)
    again = register(maria.world, mobile=NEW)
    maria.activation_code = again.activation_code
    assert state(maria) == "settled"
    assert stop(maria, code).status == 204, "told as done"
    assert state(maria) == "settled", "and not done twice"
    assert strongest(maria) == ALL


def test_an_officer_ends_the_hold_by_another_number(maria: Person) -> None:
    stop(maria, move(maria))
    base = {"person": {"nif": maria.nif, "document": maria.data["document"]}, "what": "mobile"}
    changes = f"{maria.world.point}/contact-changes"
    assert maria.world.officer.post(changes, base | {"value": NEWEST}).status == 202
    code = sms_to(maria.world, NEWEST)[-1].rpartition("#")[2]
    assert maria.world.officer.post(f"{changes}/confirmations", base | {"code": code}).status == 200
    assert state(maria) == "cooling"
    assert "datos de contacto" in sms_to(maria.world, NEW)[-1], "the old number is told, without the code"
    assert stop_code(maria), "which goes by e-mail"


def test_coming_back_after_a_renunciation_does_not_end_a_hold(maria: Person) -> None:
    from tests.journeys.test_account import register_online

    certificate = maria.world.certificate_of()
    stop(maria, move(maria))
    maria.world.clock.turn(seconds=1)
    assert session(maria).post("/v1/me/renunciation").status == 200
    assert register_online(maria.world, certificate, mobile=NEWEST).status == 201
    assert state(maria) == "held"


def test_the_code_stops_once_in_time_and_only_the_newest(maria: Person) -> None:
    first = move(maria)
    maria.world.clock.turn(days=1)
    second = move(maria, NEWEST)
    assert stop(maria, first).slug == "code-not-accepted"
    maria.world.clock.turn(days=4)
    assert stop(maria, second).slug == "code-not-accepted"
    assert state(maria) == "settled"


def test_a_stranger_locks_nobody_out(maria: Person) -> None:
    """Wrong codes void nothing; a person with a change, one without, and nobody are told the same."""
    other = register(maria.world, 7)
    code = move(maria)
    told = set()
    for nif in (maria.nif, other.nif, "00000000T"):
        for number in range(10):
            client = Client(maria.world.app, source=f"198.51.100.{number}")
            answer = client.post(STOPS, {"nif": nif, "code": "0000000000"})
            told.add((answer.slug, len(answer.body)))
    assert {slug for slug, _ in told} == {"code-not-accepted"}
    assert len(told) == 1
    assert state(maria) == "cooling"
    one = [stop(maria, "0000000000", source="192.0.2.1").slug for _ in range(11)]
    assert one == ["code-not-accepted"] * 10 + ["too-many-tries"]
    assert stop(maria, code).status == 204, "and the owner, elsewhere, is heard"


def test_a_code_on_its_way_when_the_number_is_stopped_opens_nothing(maria: Person) -> None:
    """Asked for after the day, stopped before it was typed."""
    code = move(maria)
    maria.world.clock.turn(hours=25)
    request = recover(maria).json["request"]
    chosen = {"request": request, "otp": maria.code(), "password": PASSWORD + " i pa"}
    assert stop(maria, code).status == 204
    assert maria.client.post("/v1/passwords", chosen).slug == "log-in-refused"


def test_a_pin_on_its_way_when_the_number_is_stopped_opens_nothing(maria: Person) -> None:
    code = move(maria)
    pin = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    assert stop(maria, code).status == 204
    assert maria.client.post("/v1/sessions/pin", pin).slug == "log-in-refused"


def test_a_pin_to_the_number_of_before_opens_nothing(maria: Person) -> None:
    pin = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    move(maria)
    assert maria.client.post("/v1/sessions/pin", pin).slug == "log-in-refused"


def test_coming_back_with_another_number_can_be_stopped(maria: Person) -> None:
    """Renouncing in the owner's name and registering again is no way round the notice."""
    from tests.journeys.test_account import register_online

    certificate = maria.world.certificate_of()
    assert session(maria).post("/v1/me/renunciation").status == 200
    maria.world.clock.turn(minutes=2)
    send_due(maria.world.cloud)
    texts = len(sms_to(maria.world, OLD))
    other = {"mobile": NEW, "email": "thief@example.org"}
    assert register_online(maria.world, certificate, **other).status == 201
    maria.world.clock.turn(minutes=2)
    send_due(maria.world.cloud)
    assert len(sms_to(maria.world, OLD)) == texts, "it is free, and may be somebody else's"
    assert state(maria) == "cooling"
    assert stop(maria, stop_code(maria)).status == 204
    assert state(maria) == "held"


def test_a_first_number_has_no_first_day(maria: Person) -> None:
    """There is no old address to be told, and the proof of identity is fresh."""
    assert state(maria) == "settled"
    again = register(maria.world)
    assert state(again) == "settled", "nor has the same one, confirmed"


def test_what_is_told_is_what_is_enforced(maria: Person) -> None:
    move(maria)
    listed = session(maria, "pin").get("/v1/me/can", headers={"Accept-Language": "en"}).json["services"]
    waiting = {each["service"] for each in listed if "less than 24 hours" in " ".join(each["missing"])}
    assert waiting == {
        "password-activation",
        "password-step-up",
        "new-activation-code",
        "change-email",
        "change-mobile",
        "renunciation",
    }
    assert timedelta(hours=24) == COOL_OFF
