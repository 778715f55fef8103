"""Stories of generation codes: lost, late, replaced, printed, guessed."""

from __future__ import annotations

import base64
import re
import zlib
from datetime import UTC, datetime, timedelta

from chalicelib.codes.kinds import GENERATION
from chalicelib.codes.store import note_wrong
from chalicelib.codes.tables import CodeRow
from tests.support.client import Client
from tests.support.world import OTHER_POINT, World, another_person, appoint, log_in, new_csr, person

WRONG = "ABCDEFGHJK"


def test_the_code_works_to_the_last_second_of_the_fifteenth_day_in_madrid(authority: World) -> None:
    """A19 and X12: usable to 23:59:59 in Madrid, compared in code, since TTL deletes days late."""
    code = authority.code_for()
    authority.clock.at = datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)
    assert authority.download(code).status == 200


def test_an_expired_code_is_never_reactivated(authority: World) -> None:
    """A20 and A21: one second later only a new identification helps; asking for another code does not."""
    answer = authority.identify(key="the-desk-key-1")
    code = authority.phone.generation_code()
    authority.clock.at = datetime(2026, 12, 7, 23, 0, 0, tzinfo=UTC)
    assert authority.download(code).slug == "code-expired"
    officer = log_in(authority.app, authority.officer.certificate or "")
    again = officer.post(f"{authority.point}/identifications/{answer.json['id']}/generation-codes")
    assert (again.status, again.slug) == (410, "code-expired")
    assert authority.download(code).slug == "code-expired"


def test_asking_again_voids_the_code_before_and_does_not_prolong(authority: World) -> None:
    """The deadline is that of the identification: nobody can keep one alive by asking."""
    first = authority.identify()
    old = authority.phone.generation_code()
    authority.clock.turn(minutes=20)
    again = authority.officer.post(f"{authority.point}/identifications/{first.json['id']}/generation-codes")
    assert again.status == 201
    assert again.json["expires_at"] == first.json["expires_at"]
    new = authority.phone.generation_code()
    assert new != old
    assert authority.download(old).slug == "code-not-accepted"
    assert authority.download(new).status == 200


def test_after_the_certificate_no_further_code_is_granted(authority: World) -> None:
    """One identification justifies one certificate."""
    first = authority.identify()
    assert authority.download(authority.phone.generation_code()).status == 200
    again = authority.officer.post(f"{authority.point}/identifications/{first.json['id']}/generation-codes")
    assert (again.status, again.slug) == (409, "code-spent")


def test_the_same_identification_sent_twice_is_one(authority: World) -> None:
    """A lost answer at the desk: one identification, one person, and the newest code counts."""
    first, second = authority.identify(key="the-desk-key-1"), authority.identify(key="the-desk-key-1")
    assert first.json["id"] == second.json["id"]
    assert authority.download(authority.phone.generation_code()).status == 200


def test_an_idempotency_key_belongs_to_one_request(authority: World) -> None:
    """A key that is used for somebody else is refused, and nothing is written."""
    authority.identify(key="the-desk-key-1")
    crossed = authority.identify(key="the-desk-key-1", **another_person(1))
    assert (crossed.status, crossed.slug) == (422, "idempotency-key-reused")


def test_idempotency_keys_of_two_officers_do_not_meet(authority: World) -> None:
    """The key is the officer's own: another officer with the same key makes another identification."""
    first = authority.identify(key="the-desk-key-1")
    other = log_in(authority.app, appoint(authority.cloud, "officer-2", "valencia"))
    authority.officer = other
    second = authority.identify(key="the-desk-key-1", **another_person(1))
    assert second.status == 201
    assert second.json["id"] != first.json["id"]


def test_a_code_on_paper_is_in_the_slip_and_nowhere_else(authority: World) -> None:
    """A18: the sheet holds the code, the person's NIF is masked on it, and no text message goes out."""
    answer = authority.identify(delivery="paper", mobile=None)
    assert answer.status == 201
    assert authority.phone.sms() == []
    text = pdf_text(base64.b64decode(answer.json["slip_pdf"]))
    assert "12345678Z" not in text
    first, second = re.search(r"\((\S{5}) (\S{5})\) Tj", text).groups()  # type: ignore[union-attr]
    assert authority.download(f"{first} {second}").status == 200


def pdf_text(pdf: bytes) -> str:
    """The drawing operations of a PDF that we made."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    return "\n".join(zlib.decompress(each).decode("latin-1") for each in streams if each[:1] == b"x")


def test_wrong_codes_make_their_source_wait_and_nobody_else(authority: World) -> None:
    """A stranger who guesses slows down himself; the person with the right code is not locked out."""
    code = authority.code_for()
    stranger = Client(authority.app, source="192.0.2.66")
    answers = [stranger.post("/v1/certificates", {"code": WRONG, "csr": new_csr()}) for _ in range(11)]
    assert [each.slug for each in answers] == ["code-not-accepted"] * 10 + ["too-many-tries"]
    assert 0 < int(answers[-1].headers["retry-after"]) <= GENERATION.per_source.seconds
    right = stranger.post("/v1/certificates", {"code": code, "csr": new_csr()})
    assert right.slug == "too-many-tries", "the waiting source learns nothing, not even by the right code"
    assert authority.download(code).status == 200


def test_under_attack_from_everywhere_a_clean_source_is_still_heard(authority: World) -> None:
    """When the total of wrong tries is reached, sources that already erred wait, all others do not."""
    code = authority.code_for()
    note_wrong(authority.cloud, GENERATION, "198.18.0.1")
    everybody = next(row for row in CodeRow.scan() if row.id.startswith("wrong#generation-code#all#"))
    everybody.update([CodeRow.tries.set(GENERATION.in_all.tries)])
    attacker = Client(authority.app, source="198.18.255.1")
    first = attacker.post("/v1/certificates", {"code": WRONG, "csr": new_csr()})
    second = attacker.post("/v1/certificates", {"code": WRONG, "csr": new_csr()})
    assert (first.slug, second.slug) == ("code-not-accepted", "too-many-tries")
    assert authority.download(code).status == 200


def test_one_subscriber_has_one_ipv6_source(authority: World) -> None:
    """A /64 is one household: hopping through its addresses wins no further tries."""
    for number in range(10):
        Client(authority.app, source=f"2001:db8:1:2::{number:x}").post(
            "/v1/certificates", {"code": WRONG, "csr": new_csr()}
        )
    hopped = Client(authority.app, source="2001:db8:1:2:ffff::1")
    assert hopped.post("/v1/certificates", {"code": WRONG, "csr": new_csr()}).slug == "too-many-tries"
    neighbour = Client(authority.app, source="2001:db8:1:3::1")
    assert neighbour.post("/v1/certificates", {"code": WRONG, "csr": new_csr()}).slug == "code-not-accepted"


def test_letters_of_the_other_case_are_another_code(authority: World) -> None:
    """A17: case-sensitive. Spaces and hyphens that people type do not matter."""
    code = authority.code_for()
    while code.swapcase() == code:
        authority.clock.turn(minutes=1)
        code = authority.code_for()
    assert authority.download(code.swapcase()).slug == "code-not-accepted"
    assert authority.download(f" {code[:5]}-{code[5:]} ").status == 200


def test_a_withdrawn_identification_justifies_nothing(authority: World) -> None:
    """R25: what a careless officer approved can be stopped before the code is used."""
    from chalicelib.registry.staff import withdraw_identification

    answer = authority.identify()
    code = authority.phone.generation_code()
    withdraw_identification(authority.cloud, answer.json["id"], "operator:test")
    assert authority.download(code).slug == "evidence-refused"


def test_a_minor_of_fifteen_comes_with_a_guardian(authority: World) -> None:
    """X04: 14 to 17 with a guardian who consents; under 14 nobody."""
    guardian = {
        "given_name": "Pedro",
        "surname1": "Núñez",
        "document": {"kind": "dni", "number": "87654321X", "expires_on": "2031-05-01"},
        "relationship": "father",
        "authority_document": "Libro de familia 123",
        "consent": True,
    }
    born = {"birth_date": "2011-03-01"}
    assert authority.identify(**born).slug == "guardian-required"
    assert authority.identify(**born, guardian=guardian | {"consent": False}).slug == "consent-required"
    assert authority.identify(**born, guardian=guardian).status == 201
    assert authority.identify(birth_date="2012-11-23", guardian=guardian).slug == "too-young"


def test_a_proxy_needs_a_power_that_names_the_certificate(authority: World) -> None:
    """A27: a general power of attorney is not enough."""
    proxy = {
        "kind": "proxy",
        "given_name": "Lucía",
        "surname1": "Mas",
        "document": {"kind": "dni", "number": "87654321X", "expires_on": "2031-05-01"},
        "power": {
            "notary": "Vicente Roca",
            "protocol_number": "1234/2026",
            "granted_on": "2026-10-01",
            "names_certificate": False,
        },
    }
    assert authority.identify(presence=proxy).slug == "proxy-power-insufficient"
    proxy["power"] = {**proxy["power"], "names_certificate": True}  # type: ignore[dict-item]
    assert authority.identify(presence=proxy).status == 201


def test_an_officer_cannot_act_at_another_point(authority: World) -> None:
    """R25: an officer belongs to one point."""
    elsewhere = authority.officer.post(
        f"/v1/registration-points/{OTHER_POINT}/identifications", person(), key="new"
    )
    assert (elsewhere.status, elsewhere.slug) == (403, "forbidden")


def test_an_officer_reaches_a_cap_within_the_hour(authority: World) -> None:
    """R25: more identifications in an hour than a person makes by hand are refused until the next."""
    cap = authority.cloud.settings.officer_hourly_cap
    for number in range(cap):
        assert authority.identify(**another_person(number)).status == 201
    over = authority.identify(**another_person(cap))
    assert (over.status, over.slug) == (429, "hourly-cap-reached")
    authority.clock.turn(seconds=int(over.headers["retry-after"]))
    officer = log_in(authority.app, authority.officer.certificate or "")
    authority.officer = officer
    assert authority.identify(**another_person(cap)).status == 201
    assert timedelta(seconds=int(over.headers["retry-after"])) <= timedelta(hours=1)
