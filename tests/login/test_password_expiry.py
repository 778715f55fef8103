"""A password that ends is told of before (6.9): what a log-in says, and notices written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.certificates.deadlines import KINDS
from chalicelib.certificates.due_scan import find_due
from chalicelib.login.password_expiry import TOLD_FROM, days_left
from chalicelib.notices.outbox import send_due
from tests.certificates.test_deadlines import finished_yesterday
from tests.support.citizens import PASSWORD, Person, register
from tests.support.world import World

END = datetime(2027, 11, 22, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def maria(authority: World) -> Person:
    """Her password ends on 22 November 2027, 10:30."""
    authority.cloud.settings = replace(authority.cloud.settings, password_preset="clave")
    person = register(authority)
    assert person.activate().status == 204
    return person


def until(person: Person, moment: datetime) -> None:
    person.world.clock.turn(seconds=(moment - person.world.clock.at).total_seconds())


def test_nothing_is_said_too_early_or_too_late() -> None:
    assert [days_left(END, END - timedelta(days=n)) for n in (31, 30, 7, 1)] == [None, 30, 7, 1]
    assert days_left(END, END - timedelta(days=TOLD_FROM) - SECOND) is None
    assert days_left(END, END - SECOND) == 0
    assert days_left(END, END) is None
    assert days_left(None, END) is None


def test_log_ins_tell_from_the_first_notice_on() -> None:
    assert max(KINDS["password"].notices) == TOLD_FROM


def test_the_log_in_says_how_long_is_left(maria: Person) -> None:
    opened = maria.try_password().json
    assert opened["password_expires_at"] == "2027-11-22T10:30:00Z"
    assert "password_days_left" not in opened
    until(maria, END - timedelta(days=7))
    assert maria.try_password().json["password_days_left"] == 7
    me = maria.logged_in(maria.try_password()).get("/v1/me").json
    assert {"what": "password", "at": "2027-11-22T10:30:00Z"} in me["deadlines"]
    until(maria, END)
    assert maria.try_password().slug == "password-expired"


def noon(person: Person, days: int) -> None:
    """So many days before the end, an hour and a half after its time of day."""
    until(person, END.replace(hour=12, minute=0) - timedelta(days=days))


def told(world: World) -> list[tuple[str, str]]:
    """The notices of passwords, sent."""
    finished_yesterday(world)
    find_due(world.cloud)
    world.clock.turn(hours=7)  # they go out over the six hours after
    send_due(world.cloud)
    return [(mail.subject, mail.body) for mail in world.phone.emails() if "caduca pronto" in mail.subject]


def test_a_notice_is_written_once_for_each_stage(maria: Person) -> None:
    for sent, days in enumerate((30, 7, 1), start=1):
        noon(maria, days)
        assert len(told(maria.world)) == sent
        assert len(told(maria.world)) == sent
    assert "22 de noviembre de 2027" in told(maria.world)[-1][1]


def test_a_password_changed_meanwhile_is_not_told_of(maria: Person) -> None:
    noon(maria, 8)
    session = maria.logged_in(maria.try_password())
    new = {"current": PASSWORD, "password": "Tres-tigres comen 3 platos"}
    assert session.post("/v1/me/password-changes", new).status == 204
    noon(maria, 7)
    assert told(maria.world) == []


def test_who_has_no_password_is_told_nothing(maria: Person) -> None:
    noon(maria, 8)
    session = maria.logged_in(maria.try_password())
    assert session.post("/v1/me/password-removals", {"confirm": "remove-password"}).status == 200
    noon(maria, 7)
    assert told(maria.world) == []


def test_by_default_no_password_ends(authority: World) -> None:
    person = register(authority)
    person.activate()
    authority.clock.turn(days=3 * 366)
    assert "password_days_left" not in person.try_password().json
    assert told(authority) == []
