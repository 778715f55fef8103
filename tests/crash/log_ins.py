"""Log-in by PIN, certificate and password, step-up, and log-out."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.registry.accounts import PASSWORD as PASSWORD_ITEM
from tests.crash.operation import Case, Operation, acts, told
from tests.crash.people import (
    account,
    code_in,
    is_open,
    mails_to,
    newest_code,
    opens,
    pem,
    registered,
    session,
    settle,
    texts_to,
)
from tests.support.citizens import PASSWORD, Person
from tests.support.client import Answer, Client

WRONG_PASSWORD = "wrong wrong wrong"


@dataclass(frozen=True)
class Typed:
    """A person with a code on the telephone, and the request that it belongs to."""

    person: Person
    request: str
    code: str


# PIN


def _ask_pin(case: Case) -> Answer:
    return told(case.kept.ask_pin(), 202)


def _pin_came(case: Case, answer: Answer) -> None:
    """One text message, and what it brought opens a session; it belongs to what the client was told."""
    before = 1  # the welcome
    assert len(texts_to(case)) == before + 1, "one PIN, however often it was asked for"
    body = {"request": answer.json["request"], "pin": newest_code(case)}
    opened = case.kept.client.post("/v1/sessions/pin", body)
    assert opened.status == 201, opened.body
    opens(case, opened)


def _ask_pin_for_a_stranger(case: Case) -> Answer:
    return told(case.kept.ask_pin(nif="00000000T"), 202)


def _nothing_came(case: Case, _: Answer) -> None:
    assert len(texts_to(case)) == len(case.world.phone.sms()) == 1, "the welcome"


def with_pin(case: Case) -> Typed:
    person = registered(case)
    request = person.ask_pin().json["request"]
    settle(case)
    return Typed(person, request, code_in(texts_to(case)[-1]))


def _log_in_with_pin(case: Case) -> Answer:
    typed: Typed = case.kept
    answer = typed.person.client.post("/v1/sessions/pin", {"request": typed.request, "pin": typed.code})
    if case.again and answer.status == 401 and answer.slug == "log-in-refused":
        # The PIN was spent, and the token is lost with the answer: as the person is told, another PIN.
        asked = told(typed.person.ask_pin(), 202)
        body = {"request": asked.json["request"], "pin": newest_code(case)}
        answer = typed.person.client.post("/v1/sessions/pin", body)
    return told(answer, 201)


def _logged_in_with_pin(case: Case, answer: Answer) -> None:
    typed: Typed = case.kept
    opens(case, answer)
    assert acts("session.opened") == 1 + acts("pin.requested"), "the officer's, and one for each PIN"
    spent = typed.person.client.post("/v1/sessions/pin", {"request": typed.request, "pin": typed.code})
    assert spent.slug == "log-in-refused"


def _wrong_pin(case: Case) -> Answer:
    typed: Typed = case.kept
    wrong = "111111" if typed.code != "111111" else "222222"
    body = {"request": typed.request, "pin": wrong}
    return told(typed.person.client.post("/v1/sessions/pin", body), 401, "log-in-refused")


def _wrong_pin_counted(case: Case, _: Answer) -> None:
    """Each request is one try at most: the third is left to the person."""
    typed: Typed = case.kept
    right = {"request": typed.request, "pin": typed.code}
    assert typed.person.client.post("/v1/sessions/pin", right).status == 201


# Certificate


def _certificate_before(case: Case) -> Client:
    registered(case)
    return Client(case.world.app, certificate=pem(case.world.certificate_of()))


def _log_in_with_certificate(case: Case) -> Answer:
    return told(case.kept.post("/v1/sessions/certificate"), 201)


def _logged_in(case: Case, answer: Answer) -> None:
    opens(case, answer)


# Log-out


def _two_sessions(case: Case) -> tuple[Client, Client]:
    registered(case)
    return session(case), session(case, "pin")


def _log_out(case: Case) -> Answer:
    return told(case.kept[0].send("DELETE", "/v1/me/sessions/current"), 200)


def _logged_out(case: Case, answer: Answer) -> None:
    one, other = case.kept
    assert answer.json["advice"] == "close-browser"
    assert (is_open(one), is_open(other)) == (False, True)
    assert acts("session.ended") == 1


def _end_the_other(case: Case) -> Answer:
    one, _ = case.kept
    listed = told(one.get("/v1/me/sessions"), 200).json["sessions"]
    others = [each["id"] for each in listed if not each["current"]]
    if case.again and not others:
        return told(one.get("/v1/me/sessions"), 200)  # as the person sees: it is gone
    return told(one.send("DELETE", f"/v1/me/sessions/{others[0]}"), 204)


def _other_ended(case: Case, _: Answer) -> None:
    one, other = case.kept
    assert (is_open(one), is_open(other)) == (True, False)
    assert acts("session.ended") == 1


def _log_out_everywhere(case: Case) -> Answer:
    answer = case.kept[0].send("DELETE", "/v1/me/sessions")
    if case.again and answer.status == 401:
        return told(answer, 401, "session-required")
    return told(answer, 204)


def _out_everywhere(case: Case, _: Answer) -> None:
    assert not any(is_open(each) for each in case.kept)


# Password


def with_password(case: Case) -> Person:
    """The standard person, with a password since a minute ago."""
    person = registered(case)
    body = {"nif": person.nif, "activation_code": person.activation_code, "email": person.data["email"]}
    request = person.client.post("/v1/passwords/activations", body).json["request"]
    settle(case)
    chosen = {"request": request, "otp": code_in(texts_to(case)[-1]), "password": PASSWORD}
    assert person.client.post("/v1/passwords", chosen).status == 204
    settle(case)
    return person


def _log_in_with_password(case: Case) -> Answer:
    return told(case.kept.try_password(), 201)


def _logged_in_with_password(case: Case, answer: Answer) -> None:
    opens(case, answer)
    assert failures() == 0


def _type_wrong_password(case: Case) -> Answer:
    return told(case.kept.try_password(WRONG_PASSWORD), 401, "log-in-refused")


def failures() -> int:
    return int(account().credentials[PASSWORD_ITEM].failures)


def _failure_counted(case: Case, _: Answer) -> None:
    """At least once, and for each request once: the answer to a try that was not counted is not told."""
    assert 1 <= failures() <= (2 if case.again else 1)
    assert case.kept.try_password().status == 201
    assert failures() == 0


def _four_failures(case: Case) -> Person:
    person = with_password(case)
    for _ in range(4):
        assert person.try_password(WRONG_PASSWORD).status == 401
    return person


def _blocked(case: Case, _: Answer) -> None:
    assert failures() == 5, "no try within a block makes it longer"
    assert case.kept.try_password().slug == "log-in-refused"
    assert len([mail for mail in mails_to(case) if "bloqueada" in mail.body]) == 1
    case.world.clock.turn(minutes=15)
    assert case.kept.try_password().status == 201


# Step-up


@dataclass(frozen=True)
class SteppingUp:
    """A session that a password opened, and with what it is to become surer."""

    person: Person
    client: Client
    request: str = ""
    code: str = ""


def _password_session(case: Case) -> SteppingUp:
    person = with_password(case)
    return SteppingUp(person, person.logged_in(person.try_password()))


def _ask_step_up(case: Case) -> Answer:
    return told(case.kept.client.post("/v1/me/step-ups"), 202)


def _step_up_came(case: Case, answer: Answer) -> None:
    assert len(texts_to(case)) == 3, "welcome, activation, and one code"
    body = {"request": answer.json["request"], "otp": newest_code(case)}
    surer = case.kept.client.post("/v1/sessions/step-up", body)
    assert surer.status == 201, surer.body


def _stepping_up(case: Case) -> SteppingUp:
    ready = _password_session(case)
    request = ready.client.post("/v1/me/step-ups").json["request"]
    settle(case)
    return SteppingUp(ready.person, ready.client, request, code_in(texts_to(case)[-1]))


def _step_up(case: Case) -> Answer:
    ready: SteppingUp = case.kept
    body = {"request": ready.request, "otp": ready.code}
    answer = ready.client.post("/v1/sessions/step-up", body)
    if case.again and answer.status == 401 and answer.slug == "session-required":
        # The session became the surer one, whose token is lost with the answer: the person logs in again.
        again = told(ready.person.try_password(), 201)
        client = ready.person.logged_in(again)
        asked = told(client.post("/v1/me/step-ups"), 202)
        body = {"request": asked.json["request"], "otp": newest_code(case)}
        answer = client.post("/v1/sessions/step-up", body)
    return told(answer, 201)


def _stepped_up(case: Case, answer: Answer) -> None:
    assert answer.json["assurance"] == "substantial"
    opens(case, answer)
    assert not is_open(case.kept.client), "the token from before opens nothing"
    assert acts("session.ended") == acts("step-up.requested")


OPERATIONS = (
    Operation("ask for a PIN", registered, _ask_pin, _pin_came),
    Operation("ask for a PIN, a stranger", registered, _ask_pin_for_a_stranger, _nothing_came, reads=False),
    Operation("log in with a PIN", with_pin, _log_in_with_pin, _logged_in_with_pin),
    Operation("type a wrong PIN", with_pin, _wrong_pin, _wrong_pin_counted, reads=False),
    Operation("log in with a certificate", _certificate_before, _log_in_with_certificate, _logged_in),
    Operation("log out, a citizen", _two_sessions, _log_out, _logged_out),
    Operation("end another session", _two_sessions, _end_the_other, _other_ended, reads=False),
    Operation("log out everywhere", _two_sessions, _log_out_everywhere, _out_everywhere),
    Operation("log in with a password", with_password, _log_in_with_password, _logged_in_with_password),
    Operation("type a wrong password", with_password, _type_wrong_password, _failure_counted, reads=False),
    Operation("type a fifth wrong password", _four_failures, _type_wrong_password, _blocked, reads=False),
    Operation("ask for a step-up", _password_session, _ask_step_up, _step_up_came, reads=False),
    Operation("step up", _stepping_up, _step_up, _stepped_up, reads=False),
)
