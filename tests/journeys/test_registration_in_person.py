"""A registration at an office: the account, its level, the receipt and what it carries."""

from __future__ import annotations

import base64
from typing import Any

from chalicelib.notices.outbox import send_due
from chalicelib.registry.accounts import ACTIVATION, holder_of, read_account
from tests.support.client import Answer
from tests.support.world import World, another_person, person

CONTRAST = {"valid_until": "2031-05-01"}


def register(authority: World, **changes: Any) -> Answer:
    body = {"identification": person(**changes), "contrast": CONTRAST}
    return authority.officer.post(f"{authority.point}/registrations", body, key="new")


def test_a_person_is_registered_at_the_advanced_level(authority: World) -> None:
    answer = register(authority)
    assert answer.status == 201, answer.body
    assert answer.json["level"] == "advanced"
    account = read_account(holder_of("12345678Z"))
    assert account.state == "registered"
    assert [proof.method for proof in account.proofs] == ["in-person"]
    assert account.credential(ACTIVATION) == "active"
    pdf = base64.b64decode(answer.json["receipt_pdf"])
    assert pdf.startswith(b"%PDF")
    code = answer.json["verification_code"]
    told = authority.citizen.post("/v1/receipts/verifications", {"verification_code": code})
    assert told.json["masked_nif"] == "***4567**"


def test_a_welcome_is_sent_to_the_telephone(authority: World) -> None:
    """2.6: somebody whose number was given by another person learns of it."""
    register(authority)
    authority.clock.turn(seconds=61)
    send_due(authority.cloud)
    (number, text) = authority.phone.sms()[-1]
    assert number == "+34612345678"
    assert "900 123 456" in text


def test_a_telephone_belongs_to_one_person(authority: World) -> None:
    register(authority)
    other = another_person(5, mobile="+34612345678")
    assert register(authority, **other).slug == "phone-taken"


def test_nobody_is_represented(authority: World) -> None:
    """C28: not even with a notarial power, which a certificate would admit."""
    proxy = {
        "kind": "proxy",
        "given_name": "Lucía",
        "surname1": "Mas",
        "document": {"kind": "dni", "number": "87654321X", "expires_on": "2031-05-01"},
        "power": {
            "notary": "Vicente Roca",
            "protocol_number": "1234/2026",
            "granted_on": "2026-10-01",
            "names_certificate": True,
        },
    }
    assert register(authority, presence=proxy).slug == "proxy-not-allowed"


def test_a_child_registers_with_father_mother_or_guardian(authority: World) -> None:
    """C13, X04: under 14 a registration, and no certificate."""
    child = another_person(5, birth_date="2015-01-20")
    mother = {
        "given_name": "Carme",
        "surname1": "Roig",
        "document": person()["document"],
        "relationship": "mother",
        "authority_document": "Family book, València 2011",
        "consent": True,
    }
    assert register(authority, **child).slug == "guardian-required"
    assert register(authority, **child, guardian=mother).status == 201
    assert authority.identify(**child, guardian=mother).slug == "too-young"
