"""Second factors at once: one app of one key, one authenticator, one session for one code (F13, F14)."""

from __future__ import annotations

import base64
from functools import partial

from chalicelib.audit.events import every_event
from chalicelib.login import totp
from chalicelib.notices.tables import InboxRow
from chalicelib.registry.accounts import TOTP, active_apps, holder_of, read_account
from chalicelib.registry.apps import enrolling
from tests.journeys.test_account import log_in
from tests.journeys.test_apps import Telephone
from tests.races.test_accounts_at_once import registered, sessions_of
from tests.support import tally
from tests.support.citizens import Person
from tests.support.client import Answer, Client
from tests.support.invariants import check_accounts
from tests.support.races import CALLERS, Arena, at_once, until_done


def enrolment(client: Client, telephone: Telephone) -> dict[str, str]:
    """What an app sends, for this session."""
    mine = client.get("/v1/me/sessions").json["sessions"]
    current = next(each["id"] for each in mine if each["current"])
    signature = telephone.sign(enrolling(current, telephone.public_key))
    return {"name": "App", "public_key": telephone.public_key, "signature": signature}


def acts_of(who: Person, act: str) -> int:
    holder = holder_of(who.nif)
    return sum(event.act == act and event.object == holder for event in every_event())


def code(arena: Arena, secret: bytes, steps: int = 0) -> dict[str, str]:
    return {"code": totp.code_at(secret, totp.step_of(arena.world.clock.at) + steps)}


def begun(client: Client) -> bytes:
    answer = client.post("/v1/me/authenticator")
    assert answer.status == 201, answer.body
    return base64.b32decode(answer.json["secret"])


def test_sixteen_who_enrol_one_key_enrol_one_app(arena: Arena) -> None:
    """Whoever is not told that it is there may ask again, and is."""
    for _ in range(2):
        who = registered(arena)
        session = log_in(arena.world, "certificate", who.nif)
        telephone = Telephone(arena.world)
        body = enrolment(session, telephone)
        same = [Client(session.app, token=session.token) for _ in range(CALLERS)]
        calls = [partial(each.post, "/v1/me/apps", body) for each in same]
        told = at_once(calls)
        assert {answer.slug for answer in told if answer.status != 201} <= {"conflict"}
        done = [until_done(call) for call in calls]
        assert {answer.status for answer in done} == {201}
        assert len({answer.json["id"] for answer in done}) == 1
        (app,) = active_apps(read_account(holder_of(who.nif)))
        assert app.app_id == done[0].json["id"]
        assert acts_of(who, "app.enrolled") == 1
        tally.add("races", "16 enrolments of one key", 1)


def test_one_key_sent_by_two_persons_at_once_is_one_persons_app(arena: Arena) -> None:
    for _ in range(2):
        people = [registered(arena) for _ in range(2)]
        telephone = Telephone(arena.world)
        calls = []
        for who in people:
            session = log_in(arena.world, "certificate", who.nif)
            calls.append(partial(session.post, "/v1/me/apps", enrolment(session, telephone)))
        at_once(calls)
        done = [until_done(call) for call in calls]
        assert sorted(answer.status for answer in done) == [201, 409]
        assert {answer.slug for answer in done if answer.status == 409} == {"not-possible-now"}
        accounts = [read_account(holder_of(who.nif)) for who in people]
        assert sum(len(active_apps(account)) for account in accounts) == 1
        tally.add("races", "one key of an app, two persons", 1)


def test_an_app_removed_many_times_at_once_is_removed_once(arena: Arena) -> None:
    who = registered(arena)
    session = log_in(arena.world, "certificate", who.nif)
    telephone = Telephone(arena.world)
    assert telephone.enrol(session).status == 201
    same = [Client(session.app, token=session.token) for _ in range(6)]
    calls = [partial(each.send, "DELETE", f"/v1/me/apps/{telephone.app}") for each in same]
    assert {answer.status for answer in at_once(calls)} <= {204, 409}
    assert {until_done(call).status for call in calls} == {204}
    assert acts_of(who, "app.removed") == 1
    assert InboxRow.get(telephone.app, "key", consistent_read=True).removed_at
    tally.add("races", "6 removals of one app", 1)


def test_a_code_confirmed_many_times_at_once_is_taken_once(arena: Arena) -> None:
    for _ in range(2):
        who = registered(arena)
        session = log_in(arena.world, "certificate", who.nif)
        typed = code(arena, begun(session))
        same = [Client(session.app, token=session.token) for _ in range(6)]
        calls = [partial(each.post, "/v1/me/authenticator/confirmation", typed) for each in same]
        told = at_once(calls)
        assert {answer.slug for answer in told if answer.status != 204} <= {"conflict"}
        assert {until_done(call).status for call in calls} == {204}
        item = read_account(holder_of(who.nif)).credentials[TOTP]
        assert (item.state, int(item.failures)) == ("active", 0)
        assert acts_of(who, "authenticator-added") == 1
        tally.add("races", "6 confirmations of one authenticator", 1)


def test_of_authenticators_begun_at_once_the_kept_one_was_told(arena: Arena) -> None:
    """Whose secret is kept was told so: at most one of those told can be confirmed."""
    who = registered(arena)
    session = log_in(arena.world, "certificate", who.nif)
    same = [Client(session.app, token=session.token) for _ in range(4)]
    told = at_once([partial(each.post, "/v1/me/authenticator") for each in same])
    assert {answer.status for answer in told} <= {201, 409}
    typed = [code(arena, base64.b32decode(each.json["secret"])) for each in told if each.status == 201]
    took = [session.post("/v1/me/authenticator/confirmation", each) for each in typed]
    assert [answer.status for answer in took].count(204) == 1
    tally.add("races", "4 authenticators begun", 1)


def test_one_step_used_in_two_sessions_at_once_opens_one(arena: Arena) -> None:
    """RFC 6238 section 5.2: a code counts once, whichever session it is typed in."""
    for _ in range(4):
        who = registered(arena)
        secret = begun(sure := log_in(arena.world, "certificate", who.nif))
        confirmed = sure.post("/v1/me/authenticator/confirmation", code(arena, secret, -1))
        assert confirmed.status == 204
        sessions = [log_in(arena.world, "password", who.nif) for _ in range(2)]
        calls = [partial(each.post, "/v1/sessions/authenticator", code(arena, secret)) for each in sessions]
        told = at_once(calls)
        assert sorted(answer.status for answer in told)[0] == 201
        assert _lost(told) <= {"conflict", "log-in-refused"}
        again = [until_done(call) for call in calls]
        assert {answer.slug for answer in again} == {"log-in-refused", "session-required"}
        surer = [row for row in sessions_of(who) if row.way == "password+totp"]
        assert len(surer) == 1
        tally.add("races", "2 sessions, one code of an authenticator", 1)


def _lost(told: list[Answer]) -> set[str]:
    lost = [answer.slug for answer in told if answer.status != 201]
    assert len(lost) == 1, "one code opened both"
    return set(lost)


def test_the_accounts_balance_after_all_races(arena: Arena) -> None:
    """Messages, inboxes, sessions and events, over everything that ran in this file."""
    arena.settle()
    check_accounts(arena.world, arena.faults.signed)
