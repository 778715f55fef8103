"""A password's life, and the activation code by which it begins again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.registry.accounts import ACTIVATION
from chalicelib.registry.accounts import PASSWORD as PASSWORD_ITEM
from tests.crash.log_ins import WRONG_PASSWORD, failures, with_password
from tests.crash.operation import Case, Operation, acts, told
from tests.crash.people import (
    account,
    code_in,
    holds_the_live_code,
    is_open,
    mails_to,
    newest_code,
    registered,
    session,
    settle,
    texts_to,
    verified,
)
from tests.support.citizens import CONTRAST, PASSWORD, Person
from tests.support.client import Answer, Client

OTHER = "tres tristos tigres mengen blat"


@dataclass(frozen=True)
class Choosing:
    """A person about to choose a password, and the sessions that are open meanwhile."""

    person: Person
    request: str
    code: str
    sessions: tuple[Client, ...] = ()


def _activation(person: Person, **changes: str) -> dict[str, Any]:
    mine = {"nif": person.nif, "activation_code": person.activation_code, "email": person.data["email"]}
    return mine | changes


def _recovery(person: Person) -> dict[str, Any]:
    return {"nif": person.nif, "activation_code": person.activation_code, "contrast": CONTRAST}


def _begin_activation(case: Case) -> Answer:
    return told(case.kept.client.post("/v1/passwords/activations", _activation(case.kept)), 202)


def _begin_recovery(case: Case) -> Answer:
    return told(case.kept.client.post("/v1/passwords/recoveries", _recovery(case.kept)), 202)


def _code_came(texts: int) -> Any:
    def check(case: Case, answer: Answer) -> None:
        assert len(texts_to(case)) == texts, "one code, however often it was asked for"
        chosen = {"request": answer.json["request"], "otp": newest_code(case), "password": OTHER}
        assert case.kept.client.post("/v1/passwords", chosen).status == 204
        assert case.kept.try_password(OTHER).status == 201

    return check


def _four_wrong_codes(case: Case) -> Person:
    person = registered(case)
    for _ in range(4):
        wrong = _activation(person, activation_code="0" * 16)
        assert person.client.post("/v1/passwords/activations", wrong).status == 202
        case.world.clock.turn(minutes=10)
    settle(case)
    return person


def _wrong_code(case: Case) -> Answer:
    wrong = _activation(case.kept, activation_code="0" * 16)
    return told(case.kept.client.post("/v1/passwords/activations", wrong), 202)


def _code_blocked(case: Case, _: Answer) -> None:
    kept = account().credentials[ACTIVATION]
    assert (kept.state, int(kept.failures)) == ("blocked", 5)
    assert acts("activation-code-blocked") == 1
    assert len(mails_to(case)) == 1


# The password itself


def _activating(case: Case) -> Choosing:
    person = registered(case)
    request = person.client.post("/v1/passwords/activations", _activation(person)).json["request"]
    settle(case)
    return Choosing(person, request, code_in(texts_to(case)[-1]))


def _recovering(case: Case) -> Choosing:
    person = with_password(case)
    sessions = (session(case, "pin"), session(case, "password"))
    request = person.client.post("/v1/passwords/recoveries", _recovery(person)).json["request"]
    settle(case)
    return Choosing(person, request, code_in(texts_to(case)[-1]), (*sessions, session(case, "certificate")))


def _choose(case: Case) -> Answer:
    ready: Choosing = case.kept
    chosen = {"request": ready.request, "otp": ready.code, "password": OTHER}
    return told(ready.person.client.post("/v1/passwords", chosen), 204)


def _chosen(case: Case, _: Answer) -> None:
    """The password is in force once, every session from before is over, and the code is spent."""
    ready: Choosing = case.kept
    assert not [each for each in ready.sessions if is_open(each)]
    assert ready.person.try_password(OTHER).status == 201
    assert ready.person.try_password(PASSWORD).status == 401
    another = {"request": ready.request, "otp": ready.code, "password": PASSWORD}
    assert ready.person.client.post("/v1/passwords", another).slug == "log-in-refused"
    assert acts("password-recovered" if ready.sessions else "password-activated") == 1


def _changing(case: Case) -> tuple[Person, Client, Client, Client]:
    person = with_password(case)
    mine, other = session(case, "password"), session(case, "pin")
    case.world.clock.turn(seconds=5)
    return person, mine, other, session(case, "password")


def _change(case: Case) -> Answer:
    body = {"current": PASSWORD, "password": OTHER}
    return told(case.kept[1].post("/v1/me/password-changes", body), 204)


def _changed(case: Case, _: Answer) -> None:
    person, mine, *others = case.kept
    assert is_open(mine)
    assert not [each for each in others if is_open(each)], "every other session ends, this second's too"
    assert failures() == 0, "the same request again is no wrong try"
    assert person.try_password(OTHER).status == 201
    assert person.try_password(PASSWORD).status == 401
    assert acts("password-changed") == 1


def _change_wrongly(case: Case) -> Answer:
    body = {"current": WRONG_PASSWORD, "password": OTHER}
    return told(case.kept[1].post("/v1/me/password-changes", body), 401, "log-in-refused")


def _not_changed(case: Case, _: Answer) -> None:
    assert 1 <= failures() <= (2 if case.again else 1)
    assert all(is_open(each) for each in case.kept[1:])
    assert case.kept[0].try_password(PASSWORD).status == 201


def _removing(case: Case) -> tuple[Person, Client, Client]:
    person = with_password(case)
    by_password = session(case, "password")
    case.world.clock.turn(seconds=5)
    return person, session(case, "pin"), by_password


def _remove(case: Case) -> Answer:
    confirmed = {"confirm": "remove-password"}
    return told(case.kept[1].post("/v1/me/password-removals", confirmed), 200)


def _removed(case: Case, answer: Answer) -> None:
    person, by_pin, by_password = case.kept
    assert account().credential(PASSWORD_ITEM) == "absent"
    assert (is_open(by_pin), is_open(by_password)) == (True, False)
    assert verified(case, answer) == "deregistration"
    assert person.try_password().status == 401
    assert acts("password-removed") == 1


# The activation code


def _pin_session(case: Case) -> tuple[Person, Client]:
    return registered(case), session(case, "pin")


def _regenerate(case: Case) -> Answer:
    return told(case.kept[1].post("/v1/me/activation-codes"), 201)


def _regenerated(case: Case, answer: Answer) -> None:
    """Of all that were issued, the one that is in hand; each was told of."""
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "activation-code"
    assert len(mails_to(case)) == acts("activation-code-issued") <= 2


OPERATIONS = (
    Operation("begin to activate", registered, _begin_activation, _code_came(2), reads=False),
    Operation("begin to recover", with_password, _begin_recovery, _code_came(3), reads=False),
    Operation("a fifth wrong activation code", _four_wrong_codes, _wrong_code, _code_blocked, reads=False),
    Operation("activate a password", _activating, _choose, _chosen, reads=False),
    Operation("recover a password", _recovering, _choose, _chosen, reads=False),
    Operation("change a password", _changing, _change, _changed, reads=False),
    Operation("change a password wrongly", _changing, _change_wrongly, _not_changed, reads=False),
    Operation("remove a password", _removing, _remove, _removed, reads=False),
    Operation("regenerate an activation code", _pin_session, _regenerate, _regenerated),
)
