"""Second factors beside the text message: apps that PINs go to (C25, F14), and authenticators (F13)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chalicelib.notices.jobs import send_outbox
from chalicelib.registry.accounts import active_apps
from chalicelib.registry.apps import enrolling
from tests.crash import authenticators
from tests.crash.operation import NIF, Case, Operation, acts, run, told
from tests.crash.people import account, opens, registered, session, settle, texts_to
from tests.journeys.test_apps import Telephone, pin_in
from tests.support.citizens import Person
from tests.support.client import Answer, Client


@dataclass(frozen=True)
class Apps:
    """A person with an app that has been in use, and what another sends to be enrolled."""

    person: Person
    client: Client
    old: Telephone
    new: Telephone
    body: dict[str, Any]
    texts: int


def with_app(case: Case) -> Apps:
    """The first app is a day old, so that a second can come."""
    person = registered(case)
    old, new = Telephone(case.world), Telephone(case.world)
    assert old.enrol(session(case)).status == 201
    settle(case)
    case.world.clock.turn(days=1)
    client = session(case)
    mine = client.get("/v1/me/sessions").json["sessions"]
    current = next(each["id"] for each in mine if each["current"])
    signature = new.sign(enrolling(current, new.public_key))
    body = {"name": "New", "public_key": new.public_key, "signature": signature}
    return Apps(person, client, old, new, body, len(texts_to(case)))


def _enrol(case: Case) -> Answer:
    return told(case.kept.client.post("/v1/me/apps", case.kept.body), 201)


def _enrolled(case: Case, answer: Answer) -> None:
    """There once; the app from before was told once, by the code that stops the new one."""
    ready: Apps = case.kept
    assert [app.app_id for app in active_apps(account())] == [ready.old.app, answer.json["id"]]
    assert acts("app.enrolled") == 2
    (notice,) = ready.old.texts()
    code = re.search(r"\b([0-9A-Z]{10})\b", notice)[1]  # type: ignore[index]
    case.secrets.append(code)
    assert code in texts_to(case)[-1]
    assert len(set(texts_to(case)[ready.texts :])) == 1
    stops = {"nif": NIF, "code": code}
    assert case.world.citizen.post("/v1/contact-changes/stops", stops).status == 204
    assert [app.app_id for app in active_apps(account())] == [ready.old.app]


def _remove_app(case: Case) -> Answer:
    return told(case.kept.client.send("DELETE", f"/v1/me/apps/{case.kept.old.app}"), 204)


def _app_removed(case: Case, _: Answer) -> None:
    ready: Apps = case.kept
    assert not active_apps(account())
    assert acts("app.removed") == 1
    assert ready.old.fetch().slug == "app-refused"
    assert ready.person.ask_pin(via="app").status == 202
    case.faults.run_started(case.world.cloud)
    assert len(texts_to(case)) == ready.texts + 1, "where there is no app, a text message"


def _ask_pin(case: Case) -> Answer:
    return told(case.kept.person.ask_pin(via="app"), 202)


def _pin_came(case: Case, answer: Answer) -> None:
    """One, in the app only, and it opens a session."""
    ready: Apps = case.kept
    (text,) = ready.old.texts()
    assert len(texts_to(case)) == ready.texts
    pin = pin_in(text)
    case.secrets.append(pin)
    typed = {"request": answer.json["request"], "pin": pin}
    opened = ready.person.client.post("/v1/sessions/pin", typed)
    assert opened.status == 201, opened.body
    opens(case, opened)


def _asked(case: Case) -> tuple[Apps, Answer]:
    """A PIN was asked for, and the function that was to lay it into the inbox never began."""
    ready = with_app(case)
    answer = ready.person.ask_pin(via="app")
    case.world.clock.turn(minutes=2)
    return ready, answer


def _send_pin(case: Case) -> None:
    run("send_outbox", lambda: send_outbox(case.world.cloud))


def _pin_waits(case: Case, _: object) -> None:
    """Laid into the inbox twice it is there once."""
    ready, answer = case.kept
    _pin_came(Case(case.world, case.faults, ready, secrets=case.secrets), answer)


def _delivered(case: Case) -> tuple[Apps, Answer]:
    asked = _asked(case)
    settle(case)
    return asked


def _fetch(case: Case) -> Answer:
    return told(case.kept[0].old.fetch(), 200)


OPERATIONS = (
    Operation("enrol an app", with_app, _enrol, _enrolled, reads=False),
    Operation("remove an app", with_app, _remove_app, _app_removed, reads=False),
    Operation("ask for a PIN in an app", with_app, _ask_pin, _pin_came, reads=False),
    Operation("lay a PIN into an inbox", _asked, _send_pin, _pin_waits, reads=False),
    Operation("fetch what waits in an inbox", _delivered, _fetch, _pin_waits),
    *authenticators.OPERATIONS,
)
