"""The invitation letter: asked for by anybody, useful to whoever has the mail and the document."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec
import pytest

from chalicelib.aws.tables import connection
from chalicelib.codes.tables import CodeRow
from chalicelib.notices.jobs import send_outbox
from chalicelib.registry.accounts import ACTIVATION, holder_of, read_account
from chalicelib.registry.civil_register import CivilEntry, import_entry
from infra.demo.slip_reader import texts
from tests.support.client import Answer
from tests.support.world import World, person

NIF = "12345678Z"
STRANGER = "00000005M"
CONTRAST = {"valid_until": "2031-05-01"}


@pytest.fixture
def known(authority: World) -> World:
    """An authority whose register has one person."""
    enter(authority)
    return authority


def enter(world: World, **changes: Any) -> None:
    entry = {
        "nif": NIF,
        "given_name": "María José",
        "surname1": "Núñez",
        "surname2": "Peña",
        "birth_date": "1985-02-28",
        "contrast": CONTRAST,
        "address": ["Carrer de la Pau, 12, 3.º, 7.ª", "46002 València"],
        "language": "ca",
    } | changes
    import_entry(world.cloud, msgspec.convert(entry, CivilEntry), "operator:test")


def ask(world: World, **changes: Any) -> Answer:
    return world.citizen.post("/v1/letters", {"nif": NIF, "contrast": CONTRAST, "consent": True} | changes)


def letters(world: World) -> list[bytes]:
    """What lies ready for the printing service, after the schedule has run."""
    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
    bucket = world.cloud.settings.private_bucket
    listed = world.cloud.s3.list_objects_v2(Bucket=bucket, Prefix="post/").get("Contents", [])
    newest_last = sorted(listed, key=lambda entry: entry["Key"].split("/")[1])
    return [
        world.cloud.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in newest_last
    ]


def text_of(pdf: bytes) -> str:
    """What is printed, line by line."""
    return "\n".join(text for _, text in texts(pdf))


def code_in(pdf: bytes) -> str:
    return re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", text_of(pdf))[0]  # type: ignore[index]


def register(world: World, code: str, **changes: Any) -> Answer:
    body = {
        "nif": NIF,
        "contrast": CONTRAST,
        "code": code,
        "mobile": "+34612345678",
        "email": "maria@example.org",
        "language": "es",
        "conditions_accepted": "2026-11",
    } | changes
    return world.citizen.post("/v1/registrations/letter", body)


def test_a_letter_registers_at_the_basic_level(known: World) -> None:
    """G02-G06: data, consent, letter, code, contact data, conditions, proof of registration."""
    assert ask(known).status == 202
    (letter,) = letters(known)
    told = text_of(letter)
    assert "Carrer de la Pau, 12" in told
    assert "María José Núñez Peña" in told
    assert NIF not in told
    answer = register(known, code_in(letter).lower())
    assert answer.status == 201, answer.body
    assert answer.json["level"] == "basic"
    assert base64.b64decode(answer.json["receipt_pdf"]).startswith(b"%PDF")
    account = read_account(holder_of(NIF))
    assert [proof.method for proof in account.proofs] == ["letter"]
    assert account.credential(ACTIVATION) == "active"
    letters(known)
    assert known.phone.sms()[-1][0] == "+34612345678"


def test_a_letter_is_good_for_one_registration(known: World) -> None:
    ask(known)
    (letter,) = letters(known)
    assert register(known, code_in(letter)).status == 201
    assert register(known, code_in(letter)).status == 201, "a receipt was lost"
    assert len(read_account(holder_of(NIF)).proofs) == 1
    other = register(known, code_in(letter), mobile="+34699999999")
    assert other.slug == "letter-not-accepted"
    known.clock.turn(hours=1)
    assert register(known, code_in(letter)).slug == "letter-not-accepted"


def test_nobody_gets_two_letters_in_a_week(known: World) -> None:
    """Or a stranger with a found wallet could fill somebody's letter-box."""
    ask(known)
    ask(known)
    known.clock.turn(days=6)
    ask(known)
    assert len(letters(known)) == 1


def test_what_no_request_sends_goes_with_the_next_round(known: World) -> None:
    """The letter, and the text message that welcomes: nobody waits for a request that sends nothing."""
    ask(known)
    send_outbox(known.cloud)
    bucket = known.cloud.settings.private_bucket
    assert known.cloud.s3.list_objects_v2(Bucket=bucket, Prefix="post/")["KeyCount"] == 1
    (letter,) = letters(known)
    assert register(known, code_in(letter)).status == 201
    send_outbox(known.cloud)
    assert known.phone.sms()[-1][0] == "+34612345678"


def test_a_new_letter_voids_the_old(known: World) -> None:
    ask(known)
    (old,) = letters(known)
    known.clock.turn(days=8)
    ask(known)
    *_, new = letters(known)
    assert register(known, code_in(old)).slug == "letter-not-accepted"
    assert register(known, code_in(new)).status == 201


def test_a_letter_lives_90_days(known: World) -> None:
    ask(known)
    (letter,) = letters(known)
    known.clock.turn(days=91)
    assert register(known, code_in(letter)).slug == "letter-not-accepted"


def test_five_wrong_codes_void_a_letter(known: World) -> None:
    ask(known)
    (letter,) = letters(known)
    for _ in range(5):
        assert register(known, "0000-0000-0000-0000").slug == "letter-not-accepted"
    assert register(known, code_in(letter)).slug == "letter-not-accepted"


def test_a_stranger_who_knows_the_number_cannot_void_a_letter(known: World) -> None:
    """Tries count against whoever knows the document; the others are guessing at 80 bits."""
    ask(known)
    (letter,) = letters(known)
    for _ in range(7):
        register(known, "0000-0000-0000-0000", contrast={"valid_until": "2030-01-01"})
    assert register(known, code_in(letter)).status == 201


def test_the_letter_goes_to_the_address_on_file_and_to_nobody_else(known: World) -> None:
    """Wrong data, a stranger, no consent: no letter."""
    ask(known, contrast={"valid_until": "2030-01-01"})
    ask(known, nif=STRANGER)
    assert ask(known, consent=False).slug == "letter-not-consented"
    assert letters(known) == []


def test_minors_get_no_letter(authority: World) -> None:
    """C09-C12: a minor comes in person with father, mother or guardian."""
    enter(authority, birth_date="2010-01-01")
    assert ask(authority).status == 202
    assert letters(authority) == []


def test_a_letter_changes_nothing_for_who_is_registered(known: World) -> None:
    """2.8: the telephone of somebody at the advanced level is not changed by intercepted mail."""
    ask(known)
    (letter,) = letters(known)
    body = {"identification": person(), "contrast": CONTRAST}
    assert known.officer.post(f"{known.point}/registrations", body, key="new").status == 201
    assert register(known, code_in(letter), mobile="+34699999999").slug == "already-registered"
    assert read_account(holder_of(NIF)).registration.mobile == "+34612345678"  # type: ignore[union-attr]
    known.clock.turn(days=8)
    ask(known)
    assert len(letters(known)) == 1


def test_everybody_gets_the_same_answer(known: World) -> None:
    """6.6: known and unknown, right and wrong data, a letter on its way or not."""
    asked = [
        ask(known),
        ask(known),
        ask(known, nif=STRANGER),
        ask(known, contrast={"valid_until": "2030-01-01"}),
    ]
    tried = [
        register(known, "0000-0000-0000-0000"),
        register(known, "0000-0000-0000-0000", nif=STRANGER),
        register(known, "0000-0000-0000-0000", contrast={"valid_until": "2030-01-01"}),
    ]
    for answers in (asked, tried):
        assert len({(answer.status, len(answer.body), str(answer.headers)) for answer in answers}) == 1


def test_everybody_costs_the_same_calls(known: World) -> None:
    """What takes the same calls takes the same time."""
    calls: list[tuple[str, int]] = []

    def heard(**call: Any) -> None:
        calls.append((call["model"].name, len(call["params"].get("TransactItems", ()))))

    connection().client.meta.events.register("before-parameter-build", heard)
    known.cloud.kms.meta.events.register("before-parameter-build", heard)
    ask(known)  # draws the person's id, once
    known.clock.turn(days=8)
    counted = []
    for changes in ({}, {"nif": STRANGER}, {"contrast": {"valid_until": "2030-01-01"}}):
        calls.clear()
        ask(known, **changes)
        counted.append(list(calls))
    assert counted[0] == counted[1] == counted[2]
    assert ("GenerateMac", 0) in counted[0]
    assert ("TransactWriteItems", 5) in counted[0]


def test_one_source_asks_for_so_many_letters(known: World) -> None:
    """Whether or not there is anybody to send one to."""
    told = [ask(known, nif=STRANGER).status for _ in range(31)]
    assert told == [202] * 30 + [429]
    assert ask(known).slug == "too-many-tries"
    known.clock.turn(hours=1)
    assert ask(known).status == 202


def test_no_code_and_no_address_stays_readable(known: World) -> None:
    """The code is sealed in the outbox, a keyed hash in its own table, and on paper only."""
    ask(known)
    (letter,) = letters(known)
    from chalicelib.notices.tables import MessageRow

    code = code_in(letter).replace("-", "")
    rows = [*CodeRow.scan(), *MessageRow.scan()]
    assert not [row for row in rows if code in str(row.attribute_values)]
    assert all(row.sealed is None for row in MessageRow.scan())
