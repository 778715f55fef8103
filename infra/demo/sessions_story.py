"""Log-in with a certificate, over mutual TLS (G07, G11), and the sessions that a person has open."""

from __future__ import annotations

from infra.demo.acts import expect_refusal, revoke
from infra.demo.login_acts import log_in_with_certificate
from infra.demo.people import AITANA
from infra.demo.stage import Stage


def tell(stage: Stage) -> None:
    """Aitana logs in here and there, looks, ends one, ends all; and her certificate is revoked."""
    tell = stage.narrator
    tell.chapter("Aitana logs in with her certificate, until it is revoked")
    home, library = log_in_with_certificate(stage, "aitana"), log_in_with_certificate(stage, "aitana")
    office = log_in_with_certificate(stage, "aitana")
    listed = office.get("/v1/me/sessions").json["sessions"]
    shown = len(listed) == 3 and sum(each["current"] for each in listed) == 1
    tell.check("she sees her three sessions, and which one this is", shown, listed)
    other = next(each["id"] for each in reversed(listed) if not each["current"])
    ended = office.delete(f"/v1/me/sessions/{other}")
    tell.check("she ends one of them from here", ended.status == 204, ended)
    open_still = sorted(client.get("/v1/me").status for client in (home, library, office))
    tell.check("that one is closed, the others are open", open_still == [200, 200, 401], open_still)
    foreign = office.delete(f"/v1/me/sessions/{'0' * len(other)}")
    expect_refusal(stage, "a session that is not hers", foreign, 404, "not-found")
    everywhere = office.delete("/v1/me/sessions")
    tell.check("she logs out everywhere", everywhere.status == 204, everywhere)
    closed = {client.get("/v1/me").status for client in (home, library, office)}
    tell.check("no session is open any more", closed == {401}, closed)
    client = log_in_with_certificate(stage, "aitana")
    advice = client.delete("/v1/me/sessions/current")
    tell.check(
        "logging out, she is advised to close the browser", advice.json["advice"] == "close-browser", advice
    )
    client = log_in_with_certificate(stage, "aitana")
    answer = revoke(stage, "aitana", "superseded", AITANA)
    tell.check("an officer revokes her certificate", answer.status == 200, answer)
    again = stage.with_certificate("aitana").post("/v1/sessions/certificate")
    expect_refusal(stage, "a log-in with it", again, 401, "client-certificate-refused")
    expect_refusal(stage, "the session that it had opened", client.get("/v1/me"), 401, "session-required")
    toni = stage.with_certificate("rosa-card").post("/v1/sessions/certificate")
    expect_refusal(stage, "a card that its issuer revoked", toni, 401, "client-certificate-refused")
    plain = stage.citizen.post("/v1/sessions/certificate")
    expect_refusal(stage, "a log-in without any", plain, 401, "client-certificate-required")
