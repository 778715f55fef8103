"""Registration by letter (G02-G06): whoever knows the document and reads the post at the fiscal address."""

from __future__ import annotations

import re
import time

from infra.demo import papers
from infra.demo.acts import expect_refusal
from infra.demo.caller import Answer
from infra.demo.narrator import CheckFailed
from infra.demo.papers import Paper
from infra.demo.people import GRACE, INAKI, MARIA, STRANGER, Person, contrast, full_name, typed
from infra.demo.stage import PATIENCE, Stage

HREF = re.compile(r'href="(/local/post/[^"]+\.pdf)"')
ADDRESSES = {"inaki": "Calle Mayor, 1", "grace": "Plaza de España, 3", "maria": "Carrer de la Pau, 12"}


def tell(stage: Stage) -> None:
    """From the request to the registration at the basic level, for three people in three languages."""
    stage.narrator.chapter("Iñaki, Grace and María register with a letter")
    _ask(stage)
    letters = _post(stage)
    _register(stage, letters["maria"])
    for who, name in ((INAKI, "inaki"), (GRACE, "grace")):
        answer = register(stage, who, letters[name].verification_code())
        stage.narrator.check(
            f"{who['given_name']}'s letter registers at the basic level",
            answer.status == 201 and answer.json["level"] == "basic",
            answer,
        )


def ask(stage: Stage, who: Person, **changes: object) -> Answer:
    """Ask for a letter."""
    body = {"nif": who["nif"], "contrast": contrast(who), "consent": True} | changes
    return stage.citizen.post("/v1/letters", body)


def register(stage: Stage, who: Person, code: str) -> Answer:
    """Type the code of a letter, and how one is reached."""
    return stage.citizen.post("/v1/registrations/letter", typed(who) | {"nif": who["nif"], "code": code})


def _ask(stage: Stage) -> None:
    tell = stage.narrator
    expect_refusal(
        stage,
        "a letter that nobody consents to",
        ask(stage, INAKI, consent=False),
        422,
        "letter-not-consented",
    )
    asked = [ask(stage, who) for who in (INAKI, GRACE, MARIA)]
    tell.check("each asks with the number and one datum of the document", asked[0].status == 202, asked[0])
    others = [
        ask(stage, INAKI, contrast={"issued_on": "2001-01-01"}),
        ask(stage, STRANGER),
        ask(stage, GRACE),
    ]
    told = {(answer.status, answer.body) for answer in (*asked, *others)}
    tell.check(
        "a wrong datum, a stranger's number, a second request: the answer is the same", len(told) == 1, told
    )


def _post(stage: Stage) -> dict[str, Paper]:
    """The three letters, as the page of the local post has them."""
    tell = stage.narrator
    deadline = time.monotonic() + PATIENCE
    found: list[str] = []
    while len(found) < len(ADDRESSES):
        if time.monotonic() > deadline:
            raise CheckFailed(f"three letters within {PATIENCE} seconds: {found}")
        time.sleep(0.2)
        found = HREF.findall(stage.citizen.get("/local/post").body.decode())
    letters: dict[str, Paper] = {}
    for href in found:
        pdf = stage.citizen.get(href)
        paper = papers.read(stage.folder / stage.keep("letter.pdf", pdf.body))
        name = next(name for name, address in ADDRESSES.items() if address in paper.text)
        (stage.folder / "letter.pdf").rename(stage.folder / f"{name}-letter.pdf")
        letters[name] = paper
    tell.check("the local post has three letters, and not one more", len(found) == len(letters) == 3, found)
    tell.say(f"They are read with {papers.reader()}.")
    for who, name in ((INAKI, "inaki"), (GRACE, "grace"), (MARIA, "maria")):
        text = letters[name].text
        right = full_name(who) in text and str(who["nif"]) not in text and letters[name].verification_code()
        tell.check(
            f"{name}-letter.pdf: name, address of the register, a code; no whole number", bool(right), text
        )
    words = {"inaki": "Carta de invitación", "grace": "Invitation to register", "maria": "Carta d'invitació"}
    spoken = {name: word for name, word in words.items() if word.lower() in letters[name].text.lower()}
    tell.check("each in the language of its addressee", spoken == words, [p.text for p in letters.values()])
    return letters


def _register(stage: Stage, letter: Paper) -> None:
    tell, code = stage.narrator, letter.verification_code()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    expect_refusal(
        stage, "a code with one wrong sign", register(stage, MARIA, wrong), 422, "letter-not-accepted"
    )
    another = MARIA | {"contrast": {"valid_until": "2030-01-01"}}
    expect_refusal(
        stage, "the code with a wrong datum", register(stage, another, code), 422, "letter-not-accepted"
    )
    answer = register(stage, MARIA, code.lower())
    tell.check(
        "María types her code, in small letters: registered, at the basic level",
        answer.status == 201 and answer.json["level"] == "basic",
        answer,
    )
    answer = register(stage, MARIA, code)
    tell.check("sent again, as if the answer had been lost: another receipt", answer.status == 201, answer)
    paper = papers.take_home(stage, MARIA, "maria-registration", answer, "registration")
    tell.check(
        f"her activation code is printed on it: {paper.activation_code()}",
        bool(paper.activation_code()),
        paper,
    )
    text = stage.awaited(str(MARIA["mobile"]), "activation code")
    tell.check(f"her telephone shows: “{text}”", len(text) <= 160, text)
    mistyped = {"verification_code": "0000-0000-0000-0000"}
    unknown = stage.citizen.post("/v1/receipts/verifications", mistyped)
    expect_refusal(stage, "a receipt that nobody issued", unknown, 404, "not-found")
