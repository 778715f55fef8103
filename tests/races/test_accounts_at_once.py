"""People and those who pose as them, all at once: one session, one password, one registration, one number."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from functools import partial
from typing import Any

from chalicelib.audit.events import every_event
from chalicelib.codes import bound
from chalicelib.codes.kinds import ACTIVATION as ACTIVATION_CODE
from chalicelib.codes.kinds import PIN
from chalicelib.codes.tables import CodeRow
from chalicelib.login.tables import SessionRow
from chalicelib.notices.tables import MessageRow
from chalicelib.registry.account_tables import PhoneRow
from chalicelib.registry.accounts import ACTIVATION, PASSWORD, holder_of, read_account
from chalicelib.registry.tables import VideoCaseRow
from tests.journeys import test_letter as letters
from tests.journeys import test_video as videos
from tests.journeys.test_account import BY_CERTIFICATE, log_in, pem
from tests.support import tally
from tests.support.citizens import CONTRAST, Person, activation_code, register
from tests.support.client import Answer, Client
from tests.support.invariants import check_accounts
from tests.support.races import CALLERS, Arena, at_once, until_done
from tests.support.world import person

_sources = (f"198.51.100.{number}" for number in itertools.count(1))
_ranges = itertools.count(1)


def somebody(arena: Arena) -> dict[str, Any]:
    """A person with a telephone that has no neighbours: those are sent a few messages only."""
    return arena.somebody(mobile=f"+346{next(_ranges) * 10_000 + 1234:08d}")


def registered(arena: Arena) -> Person:
    """A registered person, at an address of their own."""
    found = register(arena.world, **somebody(arena))
    found.client = client(arena)
    return found


def client(arena: Arena) -> Client:
    return Client(arena.world.app, source=next(_sources))


def pin_of(arena: Arena, who: Person) -> dict[str, str]:
    """A request for a PIN, and the PIN that came."""
    request = who.ask_pin().json["request"]
    arena.faults.run_started(arena.world.cloud)
    return {"request": request, "pin": who.code()}


def wrong(code: str) -> str:
    return "111111" if code != "111111" else "222222"


def sessions_of(who: Person) -> list[SessionRow]:
    holder = holder_of(who.nif)
    return [row for row in SessionRow.scan(consistent_read=True) if row.subject == holder]


def test_of_sixteen_with_one_pin_exactly_one_logs_in(arena: Arena) -> None:
    """C22. The others are told what everybody is told whose PIN is not right."""
    for _ in range(6):
        who = registered(arena)
        body = pin_of(arena, who)
        calls = [partial(client(arena).post, "/v1/sessions/pin", body) for _ in range(CALLERS)]
        told = at_once(calls)
        assert Counter(answer.status for answer in told)[201] == 1, [answer.status for answer in told]
        assert {answer.slug for answer in told if answer.status != 201} <= {"log-in-refused", "conflict"}
        assert {until_done(call).slug for call in calls} == {"log-in-refused"}
        assert len(sessions_of(who)) == 1
        tally.add("races", "16 callers, one PIN", 1)


def test_no_pin_is_guessed_more_often_than_three_times(arena: Arena) -> None:
    """Each answer that says "wrong" was counted, and after the third the right one is wrong too."""
    for _ in range(4):
        who = registered(arena)
        body = pin_of(arena, who)
        guess = body | {"pin": wrong(body["pin"])}
        for callers in (2, CALLERS):
            told = at_once([partial(client(arena).post, "/v1/sessions/pin", guess) for _ in range(callers)])
            tries = int(CodeRow.get(f"{PIN.name}#{body['request']}", consistent_read=True).tries)
            refused = sum(answer.slug == "log-in-refused" for answer in told)
            if callers == 2:
                assert tries == refused >= 1, "an answer that was not counted"
            assert tries <= 3
        until_done(partial(who.client.post, "/v1/sessions/pin", guess))
        until_done(partial(who.client.post, "/v1/sessions/pin", guess))
        assert until_done(partial(who.client.post, "/v1/sessions/pin", body)).slug == "log-in-refused"
        tally.add("races", "18 wrong PINs", 1)


def test_one_activation_makes_one_password(arena: Arena) -> None:
    """Whoever has the code: one password is in force, and it is that of the one who was told so."""
    for _ in range(3):
        who = registered(arena)
        body = {"nif": who.nif, "activation_code": who.activation_code, "email": who.data["email"]}
        request = who.client.post("/v1/passwords/activations", body).json["request"]
        arena.faults.run_started(arena.world.cloud)
        passwords = [f"{number} gats menjaven peix fregit" for number in range(6)]
        bodies = [{"request": request, "otp": who.code(), "password": password} for password in passwords]
        told = at_once([partial(client(arena).post, "/v1/passwords", each) for each in bodies])
        chosen = [password for password, answer in zip(passwords, told, strict=True) if answer.status == 204]
        assert len(chosen) == 1, [answer.status for answer in told]
        # The right one first: five wrong ones would block it.
        others = [each for each in passwords if each not in chosen]
        assert who.try_password(chosen[0], source=next(_sources)).status == 201
        assert {who.try_password(each, source=next(_sources)).status for each in others} == {401}
        tally.add("races", "6 passwords, one activation", 1)


def test_wrong_passwords_at_once_are_each_counted(arena: Arena) -> None:
    """Of any number of tries at once one counts, and one is worth something (2.10, 6.3)."""
    for _ in range(2):
        who = registered(arena)
        body = {"nif": who.nif, "activation_code": who.activation_code, "email": who.data["email"]}
        request = who.client.post("/v1/passwords/activations", body).json["request"]
        arena.faults.run_started(arena.world.cloud)
        chosen = {"request": request, "otp": who.code(), "password": "quatre gats menjaven peix fregit"}
        assert who.client.post("/v1/passwords", chosen).status == 204
        for callers in (3, 6):
            told = at_once(
                [partial(who.try_password, "wrong wrong", source=next(_sources)) for _ in range(callers)]
            )
            refused = sum(answer.slug == "log-in-refused" for answer in told)
            kept = read_account(holder_of(who.nif)).credentials[PASSWORD]
            if callers == 3:
                assert int(kept.failures) == refused >= 1, "an answer that was not counted"
            assert int(kept.failures) <= 5
        tally.add("races", "9 wrong passwords", 1)


def test_two_channels_register_one_person_once_each(arena: Arena) -> None:
    """At the office and with a certificate, at the same moment: one account, two proofs."""
    for _ in range(3):
        who = somebody(arena)
        certificate = pem(arena.certificate_of(who))
        online = Client(arena.world.app, source=next(_sources), certificate=certificate)
        body = BY_CERTIFICATE | {"mobile": who["mobile"]}
        at_office = {"identification": person(**who), "contrast": CONTRAST}
        calls = [
            partial(
                arena.officer().post,
                f"{arena.world.point}/registrations",
                at_office,
                key=f"office-{who['nif']}",
            ),
            partial(online.post, "/v1/registrations/certificate", body),
        ]
        at_once(calls)
        assert [until_done(call).status for call in calls] == [201, 201]
        account = read_account(holder_of(str(who["nif"])))
        assert sorted(proof.method for proof in account.proofs) == ["certificate", "in-person"]
        assert PhoneRow.get(who["mobile"]).holder == account.holder
        tally.add("races", "two channels, one person", 1)


def test_one_registration_sent_at_once_is_one_proof(arena: Arena) -> None:
    for _ in range(4):
        who = somebody(arena)
        body = {"identification": person(**who), "contrast": CONTRAST}
        path, key = f"{arena.world.point}/registrations", f"same-{who['nif']}"
        calls = [partial(arena.officer().post, path, body, key=key) for _ in range(4)]
        told = at_once(calls)
        assert {answer.status for answer in told} <= {201, 409}
        done = [until_done(call) for call in calls]
        assert {answer.status for answer in done} == {201}
        account = read_account(holder_of(str(who["nif"])))
        assert len(account.proofs) == 1
        assert live_receipts(arena, str(who["nif"]), done[-1:]) == 1, "the newest receipt"
        tally.add("races", "one registration, sent 4 times", 1)


def live_receipts(arena: Arena, nif: str, answers: list[Answer]) -> int:
    """How many of these receipts hold the activation code that works."""
    account = read_account(holder_of(nif))
    secret = account.credentials[ACTIVATION].secret
    codes = [activation_code(answer).replace(" ", "") for answer in answers]
    made = [bound.digest(arena.world.cloud, ACTIVATION_CODE, account.holder, code) for code in codes]
    return sum(each == secret for each in made)


def test_two_persons_and_one_number(arena: Arena) -> None:
    """2.8: it is the second factor of one of them."""
    for _ in range(4):
        one, other = somebody(arena), somebody(arena)
        other["mobile"] = one["mobile"]
        path = f"{arena.world.point}/registrations"
        calls = [
            partial(
                arena.officer().post,
                path,
                {"identification": person(**who), "contrast": CONTRAST},
                key=f"number-{who['nif']}",
            )
            for who in (one, other)
        ]
        at_once(calls)
        done = [until_done(call) for call in calls]
        assert sorted(answer.status for answer in done) == [201, 409]
        assert {answer.slug for answer in done if answer.status == 409} == {"phone-taken"}
        tally.add("races", "two persons, one number", 1)


def test_activation_codes_made_at_once_leave_one(arena: Arena) -> None:
    for _ in range(4):
        who = registered(arena)
        session = log_in(arena.world, "pin", who.nif)
        same = [Client(session.app, token=session.token) for _ in range(4)]
        told = at_once([partial(each.post, "/v1/me/activation-codes") for each in same])
        assert {answer.status for answer in told} <= {201, 409}
        made = [answer for answer in told if answer.status == 201]
        assert live_receipts(arena, who.nif, made) == 1
        tally.add("races", "4 activation codes", 1)


def test_nobody_is_logged_in_who_renounces_meanwhile(arena: Arena) -> None:
    """Whichever comes first: in the end there is no session that opens anything."""
    for _ in range(4):
        who = registered(arena)
        body = pin_of(arena, who)
        leaving = log_in(arena.world, "certificate", who.nif)
        calls = [
            partial(leaving.post, "/v1/me/renunciation"),
            partial(who.client.post, "/v1/sessions/pin", body),
        ]
        told = at_once(calls)
        assert until_done(calls[0]).status in {200, 401}
        assert read_account(holder_of(who.nif)).state == "renounced"
        assert told[1].status in {201, 401, 409}
        if told[1].status == 201:
            opened = Client(arena.world.app, token=told[1].json["token"])
            assert opened.get("/v1/me").status == 401
        tally.add("races", "renouncing and logging in", 1)


def test_changes_begun_at_once_leave_one_code_and_its_message(arena: Arena) -> None:
    """The last message to come is the one whose code counts."""
    for _ in range(3):
        who = registered(arena)
        session = log_in(arena.world, "certificate", who.nif)
        same = [Client(session.app, token=session.token) for _ in range(3)]
        address = {"mobile": f"+346{next(_ranges) * 10_000 + 1234:08d}"}
        told = at_once([partial(each.post, "/v1/me/mobile", address) for each in same])
        assert {answer.status for answer in told} <= {202, 409}
        assert 202 in {answer.status for answer in told}
        row = CodeRow.get(f"sms-otp#{holder_of(who.nif)}#mobile", consistent_read=True)
        assert MessageRow.get(row.message, consistent_read=True).sent_at
        begun = sum(event.act == "contact.change-begun" for event in every_event())
        rows = [row for row in MessageRow.scan(consistent_read=True) if row.id.startswith("mobile-code:")]
        assert begun == len(rows)
        tally.add("races", "3 changes of one number", 1)


def test_letters_asked_for_at_once_are_one(arena: Arena) -> None:
    for _ in range(3):
        nif = str(arena.somebody()["nif"])
        letters.enter(arena.world, nif=nif)
        body = {"nif": nif, "contrast": CONTRAST, "consent": True}
        calls = [partial(client(arena).post, "/v1/letters", body) for _ in range(4)]
        assert {answer.status for answer in at_once(calls)} <= {202, 409}
        assert {until_done(call).status for call in calls} == {202}
        mine = f"letter:{holder_of(nif)}:"
        assert sum(row.id.startswith(mine) for row in MessageRow.scan(consistent_read=True)) == 1
        tally.add("races", "4 requests for a letter", 1)


def test_reviewers_at_once_take_and_decide_once(arena: Arena) -> None:
    """F18: a case is in one pair of hands, and one decision of one officer counts."""
    world = arena.world
    world.cloud.settings = dataclasses.replace(world.cloud.settings, video_reviewers=1)
    second = videos.reviewer(world, "officer-2")
    for _ in range(3):
        who = somebody(arena)
        nif = str(who["nif"])
        letters.enter(world, nif=nif)
        opened = videos.submitted(world, nif=nif, mobile=who["mobile"])
        officers = [arena.officer(), second]
        taken = at_once([partial(videos.take, world, officer, opened) for officer in officers])
        assert sorted(answer.status for answer in taken) == [200, 409]
        mine = officers[[answer.status for answer in taken].index(200)]
        hands = [
            Client(mine.app, source=mine.source, certificate=mine.certificate, token=mine.token)
            for _ in range(4)
        ]
        rejects = {"reason": "document-unreadable"}
        calls = [
            partial(videos.decide, world, hand, opened, *said, **more)
            for hand, said, more in zip(hands, [("accept",), ("reject",)] * 2, [{}, rejects] * 2, strict=True)
        ]
        told = at_once(calls)
        assert {answer.status for answer in told} <= {201, 403, 409}
        row = VideoCaseRow.get(opened.json["case"], consistent_read=True)
        assert row.decisions.count('"officer"') == 1
        assert row.state in {"accepted", "rejected"}
        assert read_account(holder_of(nif)).registered == (row.state == "accepted")
        tally.add("races", "2 reviewers, 4 decisions", 1)


def test_the_accounts_balance_after_all_races(arena: Arena) -> None:
    """Proofs, receipts, codes, messages, telephones and events, over everything that ran in this file."""
    arena.settle()
    check_accounts(arena.world, arena.faults.signed)
