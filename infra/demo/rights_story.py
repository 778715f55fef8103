"""What can I do (F02, Q09, Q14): in plain words and three languages, before and after the level is raised."""

from __future__ import annotations

from typing import Any

from infra.demo import office_story, papers
from infra.demo.acts import expect_refusal
from infra.demo.caller import Caller
from infra.demo.login_acts import log_in_with_pin
from infra.demo.people import MARIA
from infra.demo.stage import Stage

LANGUAGES = {"es": "es-ES,es;q=0.9", "ca": "ca,en;q=0.5", "en": "en-GB"}


def tell(stage: Stage) -> None:
    """María, basic by her letter, reads what she may do, and goes to the office."""
    tell = stage.narrator
    tell.chapter("María asks what she may do, before and after she goes to the office")
    client = log_in_with_pin(stage, MARIA)
    before = {language: _rights(client, language) for language in LANGUAGES}
    for language, services in before.items():
        signature = services["cloud-signature"]
        said = " ".join([signature["name"] + ":", *signature["missing"], *signature["to_do"]])
        tell.check(f"{language}: “{said}”", not signature["may"] and bool(signature["missing"]), signature)
    told = {str(services["cloud-signature"]["missing"]) for services in before.values()}
    tell.check("three languages, three texts", len(told) == len(LANGUAGES), told)
    may = sorted(name for name, right in before["en"].items() if right["may"])
    tell.check(
        f"at the basic level she may: {', '.join(may)}", "pin" in may and "change-mobile" not in may, may
    )
    step_up = client.post("/v1/me/step-ups")
    expect_refusal(stage, "and what it says is so: a second factor", step_up, 403, "assurance-too-low")
    changes = {"surname2": MARIA["surname2"], "language": "es"}
    answer = office_story.register(stage, MARIA, **changes)
    tell.check(
        "an officer sees her: advanced", answer.status == 201 and answer.json["level"] == "advanced", answer
    )
    papers.take_home(stage, MARIA, "maria-office", answer, "renewal")
    after = {language: _rights(client, language) for language in LANGUAGES}
    was, now = before["en"]["cloud-signature"], after["en"]["cloud-signature"]
    fewer = set(now["missing"]) < set(was["missing"])
    tell.check("the same session reads now what is missing: " + " ".join(now["missing"]), fewer, now)
    tell.check(
        f"and until when her proof carries: {now['until']}", bool(now["until"]) and not was["until"], now
    )
    proofs = [proof["method"] for proof in client.get("/v1/me").json["proofs"]]
    tell.check(
        f"every proof is in the ledger: {', '.join(proofs)}", proofs == ["letter", "in-person"], proofs
    )


def _rights(client: Caller, language: str) -> dict[str, Any]:
    answer = client.get("/v1/me/can", Accept_Language=LANGUAGES[language])
    if answer.headers.get("content-language") != language:
        raise RuntimeError(f"{answer}")
    return {each["service"]: each for each in answer.json["services"]}
