"""Authenticators (F13): enrolled, used for step-up, blocked, removed by their person and at the desk."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from chalicelib.login import totp
from chalicelib.registry.accounts import TOTP
from tests.crash.accounts import PRESENT
from tests.crash.log_ins import with_password
from tests.crash.operation import Case, Operation, acts, told
from tests.crash.people import account, is_open, mails_to, opens, session, settle
from tests.support.citizens import Person
from tests.support.client import Answer, Client


@dataclass(frozen=True)
class Authenticator:
    """A person with a password, and the secret that an authenticator was given."""

    person: Person
    client: Client
    secret: bytes = b""
    typed: dict[str, str] = field(default_factory=dict)


def _code(case: Case, secret: bytes, steps: int = 0) -> dict[str, str]:
    return {"code": totp.code_at(secret, totp.step_of(case.world.clock.at) + steps)}


def _sure(case: Case) -> Authenticator:
    person = with_password(case)
    return Authenticator(person, session(case))


def _begin(case: Case) -> Answer:
    return told(case.kept.client.post("/v1/me/authenticator"), 201)


def _begun(case: Case, answer: Answer) -> None:
    """Nothing counts yet; the secret that was told last is the one."""
    assert account().credential(TOTP) == "pending"
    secret = _octets(case, answer)
    confirmed = case.kept.client.post("/v1/me/authenticator/confirmation", _code(case, secret))
    assert confirmed.status == 204, confirmed.body
    _in_use(case, secret)


def _octets(case: Case, answer: Answer) -> bytes:
    secret = base64.b32decode(answer.json["secret"])
    case.secrets += [answer.json["secret"], secret.hex()]
    return secret


def _in_use(case: Case, secret: bytes) -> None:
    assert account().credential(TOTP) == "active"
    assert int(account().credentials[TOTP].failures) == 0
    assert acts("authenticator-added") == 1
    case.world.clock.turn(seconds=30)
    client = session(case, "password")
    assert client.post("/v1/sessions/authenticator", _code(case, secret)).status == 201


def _confirming(case: Case) -> Authenticator:
    """The code of the step before, in the last second in which it counts: who types slowly."""
    ready = _sure(case)
    secret = _octets(case, ready.client.post("/v1/me/authenticator"))
    case.world.clock.turn(seconds=59 - int(case.world.clock.at.timestamp()) % 30)
    return Authenticator(ready.person, ready.client, secret, _code(case, secret, -1))


def _confirm(case: Case) -> Answer:
    ready: Authenticator = case.kept
    answer = ready.client.post("/v1/me/authenticator/confirmation", ready.typed)
    if case.again and answer.status == 401:
        # It was not taken into use, and is too old by now: the person types what the app shows.
        shown = _code(case, ready.secret)
        answer = ready.client.post("/v1/me/authenticator/confirmation", shown)
    return told(answer, 204)


def _confirmed(case: Case, _: Answer) -> None:
    _in_use(case, case.kept.secret)
    assert len({mail.body for mail in mails_to(case) if "aplicación de códigos" in mail.body}) == 1


def with_authenticator(case: Case) -> Authenticator:
    """In use, and a session that a password opened."""
    ready = _sure(case)
    secret = _octets(case, ready.client.post("/v1/me/authenticator"))
    typed = _code(case, secret)
    assert ready.client.post("/v1/me/authenticator/confirmation", typed).status == 204
    settle(case)
    return Authenticator(ready.person, session(case, "password"), secret)


def _step_up(case: Case) -> Answer:
    ready: Authenticator = case.kept
    answer = ready.client.post("/v1/sessions/authenticator", _code(case, ready.secret))
    if case.again and answer.status == 401 and answer.slug == "session-required":
        # The surer session's token is lost with its answer: a new log-in, and the next code.
        client = ready.person.logged_in(told(ready.person.try_password(), 201))
        case.world.clock.turn(seconds=30)
        answer = client.post("/v1/sessions/authenticator", _code(case, ready.secret))
    return told(answer, 201)


def _stepped_up(case: Case, answer: Answer) -> None:
    ready: Authenticator = case.kept
    assert answer.json["assurance"] == "substantial"
    opens(case, answer)
    assert not is_open(ready.client)
    used = totp.code_at(ready.secret, int(account().credentials[TOTP].last_step))
    again = session(case, "password").post("/v1/sessions/authenticator", {"code": used})
    assert again.slug == "log-in-refused", "a code counts once"


def _wrong(case: Case, secret: bytes) -> dict[str, str]:
    near = {_code(case, secret, steps)["code"] for steps in range(-2, 3)}
    return {"code": next(code for code in (f"{n:06d}" for n in range(6)) if code not in near)}


def _four_wrong(case: Case) -> Authenticator:
    ready = with_authenticator(case)
    typed = _wrong(case, ready.secret)
    for _ in range(4):
        assert ready.client.post("/v1/sessions/authenticator", typed).slug == "log-in-refused"
    return Authenticator(ready.person, ready.client, ready.secret, typed)


def _fifth_wrong(case: Case) -> Answer:
    answer = case.kept.client.post("/v1/sessions/authenticator", case.kept.typed)
    return told(answer, 401, "log-in-refused")


def _blocked(case: Case, _: Answer) -> None:
    ready: Authenticator = case.kept
    kept = account().credentials[TOTP]
    assert (kept.state, int(kept.failures)) == ("blocked", 5), "no try within a block makes it longer"
    assert acts("authenticator-blocked") == 1
    right = ready.client.post("/v1/sessions/authenticator", _code(case, ready.secret))
    assert right.slug == "log-in-refused"
    case.world.clock.turn(minutes=15)
    assert ready.client.post("/v1/sessions/authenticator", _code(case, ready.secret)).status == 201


def _removing(case: Case) -> tuple[Authenticator, Client]:
    return with_authenticator(case), session(case)


def _remove(case: Case) -> Answer:
    return told(case.kept[1].send("DELETE", "/v1/me/authenticator"), 204)


def _remove_at_desk(case: Case) -> Answer:
    return told(case.world.officer.post(f"{case.world.point}/authenticator-removals", PRESENT), 204)


def _removed(case: Case, _: Answer) -> None:
    ready: Authenticator = case.kept[0]
    kept = account().credentials[TOTP]
    assert (kept.state, kept.secret) == ("absent", "removed")
    assert acts("authenticator-removed") == 1
    refused = ready.client.post("/v1/sessions/authenticator", _code(case, ready.secret, 1))
    assert refused.slug == "log-in-refused"


OPERATIONS = (
    Operation("begin an authenticator", _sure, _begin, _begun, reads=False),
    Operation("confirm an authenticator", _confirming, _confirm, _confirmed, reads=False),
    Operation("step up with an authenticator", with_authenticator, _step_up, _stepped_up),
    Operation("a fifth wrong code of an authenticator", _four_wrong, _fifth_wrong, _blocked, reads=False),
    Operation("remove an authenticator", _removing, _remove, _removed, reads=False),
    Operation("remove an authenticator at the desk", _removing, _remove_at_desk, _removed, reads=False),
)
