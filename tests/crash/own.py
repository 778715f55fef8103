"""Small writes of people at home, and of those who ask for something that is not there."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.certificates.tables import CalendarRow
from chalicelib.codes.tables import CodeRow
from chalicelib.login.tables import SessionRow
from tests.crash.certificates import newest_code_lives_alone
from tests.crash.log_ins import with_password
from tests.crash.operation import Case, Operation, acts, nothing, told
from tests.crash.people import mails_to, registered, session
from tests.journeys import test_letter as letters
from tests.support.citizens import Person
from tests.support.client import Answer, Client
from tests.support.world import another_person

WRONG_LETTER = "0000-0000-0000-0000"


def _with_calendar(case: Case) -> tuple[Client, str]:
    """A session, and the calendar's address as it was given away."""
    registered(case)
    client = session(case)
    return client, client.post("/v1/me/calendar").json["address"]


def _another_address(case: Case) -> Answer:
    """The one from before is closed, and another opened."""
    client = case.kept[0]
    told(client.send("DELETE", "/v1/me/calendar"), 204)
    return told(client.post("/v1/me/calendar"), 201)


def _opens(case: Case, address: str) -> bool:
    path = address.removeprefix(case.world.cloud.settings.api_url)
    return case.world.citizen.get(path).status == 200


def _one_opens(case: Case, answer: Answer) -> None:
    """Of all that were made, the one that was told last."""
    assert (_opens(case, case.kept[1]), _opens(case, answer.json["address"])) == (False, True)
    assert acts("calendar.opened") == len(list(CalendarRow.scan())) <= 2 + case.again
    case.secrets.append(answer.json["address"].rpartition("/")[2])


def _codeless(case: Case) -> Client:
    """Registered and identified; the telephone is there, its text message is not."""
    with_password(case)
    assert case.world.identify(key="one-identification").status == 201
    return session(case, "password+otp")


def _rescue(case: Case) -> Answer:
    return told(case.kept.post("/v1/me/generation-code-rescues"), 201)


def _rescued(case: Case, _: Answer) -> None:
    """Each asking is written down and counted before the code; every code that died was told of."""
    asked = acts("generation-code.rescued")
    assert 1 <= asked <= 1 + case.again
    assert len([mail for mail in mails_to(case) if "se ha cambiado por otro" in mail.subject]) <= asked
    newest_code_lives_alone(case)


def _rescue_nobody(case: Case) -> Answer:
    who = another_person(77)
    body = {"nif": who["nif"], "document": who["document"]}
    return told(
        case.world.officer.post(f"{case.world.point}/generation-code-rescues", body), 404, "not-found"
    )


def _asked_in_vain(case: Case, _: Answer) -> None:
    assert 1 <= acts("generation-code.not-rescued") <= 1 + case.again


def _known(case: Case) -> None:
    letters.enter(case.world)


def _type_a_letter(case: Case) -> Answer:
    """To which nobody was ever invited."""
    return told(letters.register(case.world, WRONG_LETTER), 422, "letter-not-accepted")


def _counted_for_nobody(case: Case, _: Answer) -> None:
    assert 1 <= sum(str(row.id).startswith("nobody#") for row in CodeRow.scan()) <= 1 + case.again


def _idle(case: Case) -> Client:
    registered(case)
    client = session(case)
    case.world.clock.turn(minutes=6)
    return client


def _look(case: Case) -> Answer:
    return told(case.kept.get("/v1/me/sessions"), 200)


def _seen(case: Case, _: Answer) -> None:
    assert [row.way for row in SessionRow.scan() if row.seen_at > row.opened_at] == ["certificate"]


def _expired(case: Case) -> Person:
    """A password that was right for a year, where passwords expire."""
    case.world.cloud.settings = replace(case.world.cloud.settings, password_preset="clave")
    person = with_password(case)
    case.world.clock.turn(days=366)
    return person


def _too_late(case: Case) -> Answer:
    return told(case.kept.try_password(), 403, "password-expired")


def _no_session(case: Case, _: Answer) -> None:
    assert acts("session.opened") == 1, "the officer's"


OPERATIONS = (
    Operation(
        "move a calendar", _with_calendar, _another_address, _one_opens, only="own_deadlines.py:_point_to"
    ),
    Operation("rescue one's own code", _codeless, _rescue, _rescued, only="rescue.py:_note"),
    Operation(
        "rescue nobody's code", nothing, _rescue_nobody, _asked_in_vain, only="rescue.py:rescue_at_desk"
    ),
    Operation(
        "type nobody's letter", _known, _type_a_letter, _counted_for_nobody, only="limits.py:count_nothing"
    ),
    Operation("note that a session is used", _idle, _look, _seen, only="citizens.py:citizen_of"),
    Operation(
        "type a password too late", _expired, _too_late, _no_session, only="password.py:log_in_with_password"
    ),
)
