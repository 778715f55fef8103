"""The permanent password (C03, C21, C31, C32, P03-P06): from its activation to its removal."""

from __future__ import annotations

from infra.demo import papers
from infra.demo.acts import expect_refusal
from infra.demo.caller import Answer, Caller
from infra.demo.login_acts import log_in_with_pin, logged_in, try_password
from infra.demo.people import NEUS, VICENT, Person, contrast
from infra.demo.stage import Stage

FIRST = "quatre gats menjaven peix fregit"
SECOND = "tres tristos tigres mengen blat"
THIRD = "set jutges mengen fetge d'un penjat"
WRONG = "no ho recorde gens ni mica"


def tell(stage: Stage) -> None:
    """Vicent activates, uses, changes, forgets, recovers and removes a password; Neus's is blocked."""
    stage.narrator.chapter("Vicent has a password, and forgets it")
    _activate(stage)
    _use(stage)
    _forget(stage)
    _remove(stage)
    stage.narrator.chapter("Somebody tries passwords with Neus's number")
    _block(stage)


def begin_activation(stage: Stage, who: Person, **changes: str) -> Answer:
    """Type what is on the proof of registration, and the registered e-mail."""
    body = {
        "nif": who["nif"],
        "activation_code": stage.activation_codes[str(who["nif"])],
        "email": who["email"],
    }
    return stage.citizen.post("/v1/passwords/activations", body | changes)


def _choose(stage: Stage, asked: Answer, otp: str, password: str) -> Answer:
    body = {"request": asked.json["request"], "otp": otp, "password": password}
    return stage.citizen.post("/v1/passwords", body)


def _activate(stage: Stage) -> None:
    tell = stage.narrator
    asked = begin_activation(stage, VICENT)
    tell.check("he types the activation code of his receipt, and his e-mail", asked.status == 202, asked)
    otp = stage.awaited_code(str(VICENT["mobile"]))
    for password, why in (
        ("curta", "too short"),
        ("Vicent Llorens", "his own name"),
        ("1" * 20, "one digit"),
    ):
        expect_refusal(
            stage,
            f"a password that is {why}",
            _choose(stage, asked, otp, password),
            422,
            "password-not-acceptable",
        )
    chosen = _choose(stage, asked, otp, FIRST)
    tell.check("with the code from his telephone he chooses a sentence", chosen.status == 204, chosen)
    mail = stage.awaited(str(VICENT["email"]), "contrasenya")
    tell.check("he is told by e-mail", bool(mail))


def _use(stage: Stage) -> None:
    tell = stage.narrator
    client = logged_in(stage, try_password(stage, VICENT, FIRST))
    asked = client.post("/v1/me/step-ups")
    tell.check("for more he asks for a code by text message", asked.status == 202, asked)
    body = {"request": asked.json["request"], "otp": stage.awaited_code(str(VICENT["mobile"]))}
    surer = client.post("/v1/sessions/step-up", body)
    sure = surer.status == 201 and surer.json["assurance"] == "substantial"
    tell.check(f"password and telephone together: {surer.json.get('acr')}", sure, surer)
    expect_refusal(stage, "the session from before", client.get("/v1/me"), 401, "session-required")
    client = stage.citizen.with_token(surer.json["token"])
    elsewhere = logged_in(stage, try_password(stage, VICENT, FIRST))
    change = "/v1/me/password-changes"
    wrong = client.post(change, {"current": WRONG, "password": SECOND})
    expect_refusal(stage, "a change without the current password", wrong, 401, "log-in-refused")
    changed = client.post(change, {"current": FIRST, "password": SECOND})
    tell.check("he changes it", changed.status == 204, changed)
    still = client.get("/v1/me").status, elsewhere.get("/v1/me").status
    tell.check("his other sessions end, and this one goes on", still == (200, 401), still)
    old = try_password(stage, VICENT, FIRST)
    expect_refusal(stage, "the old password", old, 401, "log-in-refused")


def _forget(stage: Stage) -> None:
    tell, code = stage.narrator, stage.activation_codes[str(VICENT["nif"])]
    body = {"nif": VICENT["nif"], "activation_code": code, "contrast": contrast(VICENT)}
    wrong = stage.citizen.post("/v1/passwords/recoveries", body | {"activation_code": "0000 0000 0000 0000"})
    asked = stage.citizen.post("/v1/passwords/recoveries", body)
    same = wrong.status == asked.status == 202 and len(wrong.body) == len(asked.body)
    tell.check("forgotten: right or wrong, who asks for its recovery hears the same", same, wrong)
    otp = stage.awaited_code(str(VICENT["mobile"]))
    recovered = _choose(stage, asked, otp, THIRD)
    tell.check("activation code, document and telephone give him another", recovered.status == 204, recovered)
    expect_refusal(
        stage, "the code of the recovery again", _choose(stage, asked, otp, FIRST), 401, "log-in-refused"
    )
    expect_refusal(stage, "the forgotten one", try_password(stage, VICENT, SECOND), 401, "log-in-refused")


def _remove(stage: Stage) -> None:
    tell = stage.narrator
    client = logged_in(stage, try_password(stage, VICENT, THIRD))
    path = "/v1/me/password-removals"
    expect_refusal(
        stage, "a removal that is not confirmed", client.post(path, {"confirm": "yes"}), 422, "body-invalid"
    )
    removed = client.post(path, {"confirm": "remove-password"})
    tell.check("he gives the password up", removed.status == 200, removed)
    papers.take_home(stage, VICENT, "vicent-removal", removed, "deregistration")
    expect_refusal(
        stage, "the password afterwards", try_password(stage, VICENT, THIRD), 401, "log-in-refused"
    )


def _block(stage: Stage) -> None:
    tell = stage.narrator
    asked = begin_activation(stage, NEUS)
    _choose(stage, asked, stage.awaited_code(str(NEUS["mobile"])), FIRST)
    client = logged_in(stage, try_password(stage, NEUS, FIRST))
    slugs = {try_password(stage, NEUS, WRONG).slug for _ in range(5)}
    tell.check("five wrong ones: each the same refusal", slugs == {"log-in-refused"}, slugs)
    expect_refusal(
        stage,
        "the right one then, for a quarter of an hour",
        try_password(stage, NEUS, FIRST),
        401,
        "log-in-refused",
    )
    mail = stage.awaited(str(NEUS["email"]), "blocked")
    tell.check("Neus is told by e-mail", "five wrong tries" in mail, mail)
    tell.check("her open session goes on", client.get("/v1/me").status == 200)
    _pin_works(stage, log_in_with_pin(stage, NEUS))


def _pin_works(stage: Stage, client: Caller) -> None:
    tell = stage.narrator
    tell.check("and a PIN still lets her in", client.get("/v1/me").status == 200)
    made = client.post("/v1/me/activation-codes")
    tell.check("where she makes a new activation code", made.status == 201, made)
    paper = papers.take_home(stage, NEUS, "neus-activation", made, "activation-code")
    tell.check(f"another than before: {paper.activation_code()}", bool(paper.activation_code()))
