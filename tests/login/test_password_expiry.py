"""A password that ends is told of before (6.9): the rule, what a log-in says, and notices written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.login.password_expiry import STAGES, days_left, stage, stage_begins, write_notice
from chalicelib.notices.outbox import KEPT, send_due
from chalicelib.notices.tables import MessageRow
from chalicelib.registry.accounts import Account, holder_of, read_account
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


def account(person: Person) -> Account:
    return read_account(holder_of(person.nif))


def until(person: Person, moment: datetime) -> None:
    person.world.clock.turn(seconds=(moment - person.world.clock.at).total_seconds())


@pytest.mark.parametrize("days", STAGES)
def test_a_stage_begins_to_the_second(days: int) -> None:
    begins = END - timedelta(days=days)
    assert stage(END, begins) == days
    assert stage(END, begins - SECOND) != days
    assert stage_begins(END, begins - SECOND) == begins


def test_nothing_is_said_too_early_or_too_late() -> None:
    assert stage(END, END - timedelta(days=30) - SECOND) is None
    assert stage(END, END - SECOND) == 1
    assert stage(END, END) is None
    assert stage(None, END) is None
    assert stage_begins(END, END - timedelta(days=1)) is None
    assert [days_left(END, END - timedelta(days=n)) for n in (31, 30, 7, 1)] == [None, 30, 7, 1]
    assert days_left(END, END - SECOND) == 0
    assert days_left(END, END) is None
    assert days_left(None, END) is None


@given(st.integers(-400 * 86400, 400 * 86400))
def test_log_ins_and_notices_tell_of_the_same_month(seconds: int) -> None:
    now = END + timedelta(seconds=seconds)
    assert (days_left(END, now) is None) == (stage(END, now) is None)


def test_a_notice_is_remembered_for_longer_than_its_stage_lasts() -> None:
    """Otherwise a swept row would let it be written again."""
    gaps = [before - after for before, after in zip(STAGES, (*STAGES[1:], 0), strict=True)]
    assert timedelta(days=max(gaps)) < KEPT


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


def test_a_notice_is_written_once_however_often_the_calendar_calls(maria: Person) -> None:
    cloud = maria.world.cloud
    assert write_notice(cloud, account(maria)) is None
    for days in STAGES:
        until(maria, END - timedelta(days=days))
        # The same reading for all of them: what was decided before somebody else wrote.
        read = account(maria)
        written = [write_notice(cloud, read) for _ in range(3)]
        assert [row is not None for row in written] == [True, False, False]
        maria.world.clock.turn(hours=5)
        assert write_notice(cloud, account(maria)) is None
        send_due(cloud)
    told = [mail for mail in maria.world.phone.emails() if "caduca pronto" in mail.subject]
    assert len(told) == len(STAGES)
    assert "22 de noviembre de 2027" in told[-1].body
    until(maria, END)
    assert write_notice(cloud, account(maria)) is None


def test_a_password_changed_meanwhile_is_not_told_of(maria: Person) -> None:
    until(maria, END - timedelta(days=7))
    read = account(maria)
    session = maria.logged_in(maria.try_password())
    new = {"current": PASSWORD, "password": "Tres-tigres comen 3 platos"}
    assert session.post("/v1/me/password-changes", new).status == 204
    assert write_notice(maria.world.cloud, read) is None
    assert write_notice(maria.world.cloud, account(maria)) is None
    assert not [row for row in MessageRow.scan() if row.template == "password-expires"]


def test_who_has_no_password_or_no_registration_is_told_nothing(maria: Person) -> None:
    until(maria, END - timedelta(days=1))
    session = maria.logged_in(maria.try_password())
    assert session.post("/v1/me/password-removals", {"confirm": "remove-password"}).status == 200
    assert write_notice(maria.world.cloud, account(maria)) is None
    assert write_notice(maria.world.cloud, read_account("person:unknown")) is None


def test_by_default_no_password_ends(authority: World) -> None:
    person = register(authority)
    person.activate()
    authority.clock.turn(days=3 * 366)
    assert "password_days_left" not in person.try_password().json
    assert write_notice(authority.cloud, account(person)) is None
