"""Registration in person (C07-C13, C17): always the person concerned, a minor with a guardian."""

from __future__ import annotations

import secrets
from typing import Any

from infra.demo import papers
from infra.demo.acts import expect_refusal, try_to_identify
from infra.demo.caller import Answer
from infra.demo.people import LLUC, ONA, VICENT, Person, contrast
from infra.demo.stage import POINT, Stage

MOTHER = {
    "given_name": "Carme",
    "surname1": "Roig",
    "document": {"kind": "dni", "number": "10000001S", "expires_on": "2030-02-01"},
    "relationship": "mother",
    "authority_document": "Family book, València 2011",
    "consent": True,
}
PROXY = {
    "kind": "proxy",
    "given_name": "Lucía",
    "surname1": "Mas",
    "document": {"kind": "dni", "number": "10000002Q", "expires_on": "2031-05-01"},
    "power": {
        "notary": "Vicente Roca",
        "protocol_number": "1234/2026",
        "granted_on": "2026-10-01",
        "names_certificate": True,
    },
}


def register(stage: Stage, who: Person, **changes: Any) -> Answer:
    """The officer registers somebody who is there."""
    identification = {name: value for name, value in who.items() if name != "contrast"} | changes
    body = {"identification": identification, "contrast": contrast(who)}
    return stage.officer.post(f"{POINT}/registrations", body, Idempotency_Key=secrets.token_hex(12))


def tell(stage: Stage) -> None:
    """Vicent, and Lluc who is 15."""
    tell = stage.narrator
    tell.chapter("Vicent goes to the office, and Lluc, who is 15, with his mother")
    expect_refusal(
        stage,
        "somebody else in Vicent's name, with a notary's power",
        register(stage, VICENT, presence=PROXY),
        422,
        "proxy-not-allowed",
    )
    old = VICENT["document"] | {"expires_on": "2020-01-01"}
    expect_refusal(
        stage, "a document that has expired", register(stage, VICENT, document=old), 422, "document-expired"
    )
    answer = register(stage, VICENT)
    tell.check(
        "Vicent is registered at the advanced level, at once",
        answer.status == 201 and answer.json["level"] == "advanced",
        answer,
    )
    paper = papers.take_home(stage, VICENT, "vicent-registration", answer, "registration")
    tell.check("it is in Valencian, as he wished", "registre" in paper.text.lower(), paper)
    text = stage.awaited(str(VICENT["mobile"]), "codi")
    tell.check(f"his telephone shows: “{text}”", len(text) <= 160, text)
    _minor(stage)
    taken = register(stage, LLUC, guardian=MOTHER, mobile=VICENT["mobile"])
    expect_refusal(stage, "Vicent's telephone for Lluc", taken, 409, "phone-taken")


def _minor(stage: Stage) -> None:
    tell = stage.narrator
    expect_refusal(stage, "Lluc alone", register(stage, LLUC), 422, "guardian-required")
    silent = MOTHER | {"consent": False}
    expect_refusal(
        stage,
        "Lluc with his mother, who does not consent",
        register(stage, LLUC, guardian=silent),
        422,
        "consent-required",
    )
    answer = register(stage, LLUC, guardian=MOTHER)
    tell.check("with her, and the family book, he is registered", answer.status == 201, answer)
    papers.take_home(stage, LLUC, "lluc-registration", answer, "registration")
    child = register(stage, ONA, guardian=MOTHER)
    tell.check("so is his sister Ona, who is 11", child.status == 201, child)
    certificate = try_to_identify(stage, ONA | {"guardian": MOTHER})
    expect_refusal(stage, "a certificate for her", certificate, 422, "too-young")
