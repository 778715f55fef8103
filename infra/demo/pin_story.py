"""Log-in with a PIN (C02, C22-C25, 2.5): by text message, once, with a personal part if one is wished."""

from __future__ import annotations

from infra.demo.acts import expect_refusal
from infra.demo.login_acts import ask_pin
from infra.demo.people import AITANA, STRANGER
from infra.demo.stage import Stage


def tell(stage: Stage) -> None:
    """Aitana logs in; a stranger learns nothing."""
    tell, citizen = stage.narrator, stage.citizen
    tell.chapter("Aitana logs in with a PIN")
    expect_refusal(
        stage,
        "a personal part with a sign in it",
        ask_pin(stage, AITANA, personal="k-p2"),
        422,
        "personal-part-invalid",
    )
    asked = ask_pin(stage, AITANA, personal="k7p2")
    strange = ask_pin(stage, STRANGER, personal="k7p2")
    same = asked.status == strange.status == 202 and set(asked.json) == set(strange.json)
    tell.check("she asks with number, document and four signs of her own", asked.status == 202, asked)
    tell.check(
        "a stranger's number gets the same answer", same and len(asked.body) == len(strange.body), strange
    )
    text = stage.awaited(str(AITANA["mobile"]), r"#\d{6}$")
    pin = text.rpartition("#")[2]
    tell.check(f"her telephone shows: “{text}”", len(text) <= 160 and "k7p2" not in text, text)
    silent = not stage.instance.phone.received(str(STRANGER["mobile"]))
    tell.check("nobody else's shows anything", silent)
    body = {"request": asked.json["request"], "pin": pin}
    path = "/v1/sessions/pin"
    expect_refusal(
        stage, "the PIN without the personal part", citizen.post(path, body), 401, "log-in-refused"
    )
    wrong = citizen.post(path, body | {"personal": "aaaa"})
    expect_refusal(stage, "with a wrong one", wrong, 401, "log-in-refused")
    other = citizen.post(path, body | {"personal": "k7p2", "request": strange.json["request"]})
    expect_refusal(stage, "in answer to somebody else's request", other, 401, "log-in-refused")
    session = citizen.post(path, body | {"personal": "K7P2"})
    tell.check("with her own, in capitals, she is in", session.status == 201, session)
    sure = (session.json["assurance"], session.json["amr"]) == ("low", ["otp", "sms"])
    tell.check(f"what the session is worth: {session.json['acr']}", sure, session)
    again = citizen.post(path, body | {"personal": "K7P2"})
    expect_refusal(stage, "the same PIN again", again, 401, "log-in-refused")
    client = citizen.with_token(session.json["token"])
    me = client.get("/v1/me")
    masked = str(AITANA["nif"]) not in me.body.decode() and str(AITANA["mobile"]) not in me.body.decode()
    tell.check(f"her registration, masked: {me.json['masked_nif']}, {me.json['masked_mobile']}", masked, me)
    left = client.delete("/v1/me/sessions/current")
    tell.check("she logs out", left.status == 200, left)
    expect_refusal(stage, "the session afterwards", client.get("/v1/me"), 401, "session-required")
