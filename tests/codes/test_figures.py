"""What can be guessed and pumped within the limits stays under its bound, and is what the documents say."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import KINDS
from chalicelib.codes.limits import count, rows_of
from chalicelib.login.password import GUESSING
from chalicelib.login.sending import NEIGHBOURS, PER_NUMBER, PER_RANGE, counters
from infra.package.template import PROJECT
from tests.codes.figures import DAY as A_DAY
from tests.codes.figures import SMS, everybody, guessing, passwords_within, pumping, tables
from tests.support.citizens import CONTRAST, register
from tests.support.client import Client
from tests.support.world import World

BOUNDS = MappingProxyType(
    {
        # In a day, in a year; the chance of whoever does nothing else, with 10,000 addresses.
        # Any of all codes that wait: it must not happen within the authority's life, nor to a few people.
        "generation-code": (1e-6, 2e-4),
        # Puts a false address into a certificate of one's own, and opens nothing: one in 10,000 is enough.
        "email-confirmation": (1e-5, 1e-4),
        # NIST SP 800-63B allows 100 tries at six digits. A year of it is 5,490 text messages on the person's
        # telephone, so that it does not last a year; and it takes the document in hand (contrast data).
        "pin": (1e-4, 2e-2),
        # As the PIN, of all purposes together; and it comes after an activation code or a password.
        "sms-otp": (1.5e-4, 2.5e-2),
        # What opens an account from afar, by itself: as a key.
        "letter-code": (1e-20, 1e-20),
        "activation-code": (1e-20, 1e-20),
        # Takes rights away for a while and gives none; it ends sessions, and an officer ends the hold.
        "stop-code": (1e-8, 1e-8),
        # Ends a certificate for good, of any of all in force: as a key.
        "emergency-code": (1e-15, 1e-14),
        # If the person's is one of a million that are not on the list of common ones: one in 1,000 people
        # in a year, each of whom is told of the block by message.
        "password": (2e-5, 1e-3),
    }
)


def test_no_kind_is_left_out() -> None:
    assert set(guessing()) == set(BOUNDS) == {*KINDS, GUESSING.name}


@pytest.mark.parametrize("name", BOUNDS)
def test_what_can_be_guessed_within_the_limits(name: str) -> None:
    found = guessing()[name]
    in_a_day, in_a_year = BOUNDS[name]
    assert 0 < found.chance(found.in_a_day) < in_a_day
    assert found.chance(found.in_a_day) <= found.chance(found.in_a_year) < in_a_year


def test_a_password_is_tried_eleven_times_on_the_first_day_and_once_on_each_other() -> None:
    assert passwords_within(A_DAY) == 11
    assert passwords_within(2 * A_DAY) - passwords_within(A_DAY) <= 2


def test_who_guesses_pins_of_everybody_pays_more_than_a_hit_is_worth_and_we_pay_too() -> None:
    """Ten thousand addresses may hit one person a day, over a million text messages that an alarm counts."""
    guesses, hits, euros = everybody(10_000)
    assert hits < 1.5
    assert euros / hits > 50_000
    assert guesses < 1_100_000
    assert everybody(1)[1] < 1e-3


def test_what_can_be_pumped_costs_so_much_a_day() -> None:
    dearest = {name: most * SMS for name, (_, most) in pumping().items()}
    assert max(dearest.values()) < 50
    assert dearest["one number"] < 1.5


def test_the_tables_of_the_document_are_these() -> None:
    written = (PROJECT / "docs" / "threat-figures.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line.startswith("|")] == [line for line in tables() if line]


def test_the_thirty_first_message_of_an_hour_to_a_range_is_not_sent(authority: World) -> None:
    """With the limit in force: neighbours of Maria's number first, then hers."""
    cloud, maria = authority.cloud, register(authority)
    now = cloud.now()
    for number in range(PER_RANGE[0].most - 1):
        _sent(authority, f"{maria.mobile[:-NEIGHBOURS]}{number:04d}", number)
    assert Client(authority.app).post("/v1/pins", {"nif": maria.nif, "contrast": CONTRAST}).status == 202
    assert len(_pins(maria.texts)) == 1, "the thirtieth"
    again = Client(authority.app, source="198.51.100.9").post(
        "/v1/pins", {"nif": maria.nif, "contrast": CONTRAST}
    )
    assert again.status == 202, "and nobody is told"
    assert len(_pins(maria.texts)) == 1
    authority.clock.turn(hours=1)
    assert cloud.now() > now
    assert Client(authority.app).post("/v1/pins", {"nif": maria.nif, "contrast": CONTRAST}).status == 202
    assert len(_pins(maria.texts)) == 2, "in the next hour"


def test_the_fifth_message_of_ten_minutes_to_a_number_is_not_sent(authority: World) -> None:
    """Whoever asks for it, and for whatever purpose."""
    maria = register(authority)
    for person in range(PER_NUMBER[0].most):
        _sent(authority, maria.mobile, person)
    assert Client(authority.app).post("/v1/pins", {"nif": maria.nif, "contrast": CONTRAST}).status == 202
    assert not _pins(maria.texts)


def _sent(authority: World, number: str, who: int) -> None:
    """Count a message to a number, each from a source and for a person of its own."""
    cloud = authority.cloud
    now = cloud.now()
    each = counters(cloud, source=f"192.0.2.{who}", person=f"person {who}", number=number, now=now)
    assert each.admit(rows_of(each.ids), now), "there is room"
    transaction = Transaction()
    count(transaction, (*each.told, *each.silent))
    transaction.commit()


def _pins(texts: list[str]) -> list[str]:
    return [text for text in texts if "PIN" in text]
