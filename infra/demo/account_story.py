"""Renewal of a registration (P01, P02), its end, and coming back (2.17)."""

from __future__ import annotations

from infra.demo import certificate_story, letter_story, papers
from infra.demo.acts import expect_refusal
from infra.demo.login_acts import log_in_with_certificate
from infra.demo.people import NEUS, PERE
from infra.demo.stage import Stage


def tell(stage: Stage) -> None:
    """Neus renews with her card; Pere leaves, and comes back."""
    _renew(stage)
    _leave(stage)


def _renew(stage: Stage) -> None:
    tell = stage.narrator
    tell.chapter("Neus renews her registration with her new identity card")
    reached = {"mobile": NEUS["mobile"], "email": NEUS["email"]}
    neus = log_in_with_certificate(stage, "neus-new-card")
    carries = [proof["carries_until"] for proof in neus.get("/v1/me").json["proofs"]]
    other = neus.post("/v1/me/renewals", reached | {"mobile": "+34600100099"})
    expect_refusal(stage, "with another telephone, in passing", other, 409, "data-differ")
    answer = neus.post("/v1/me/renewals", reached)
    tell.check(
        "five more years", answer.status == 201 and answer.json["renewed_until"] >= carries[-1], answer
    )
    papers.take_home(stage, NEUS, "neus-renewal", answer, "renewal")
    proofs = [proof["method"] for proof in neus.get("/v1/me").json["proofs"]]
    tell.check("both proofs stand in the ledger", proofs == ["e-id", "e-id"], proofs)
    pere = log_in_with_certificate(stage, "pere")
    plain = pere.post("/v1/me/renewals", {"mobile": PERE["mobile"], "email": PERE["email"]})
    expect_refusal(stage, "Pere with a certificate that is no card", plain, 403, "renewal-needs-e-id")
    stolen = stage.with_certificate("neus-card").with_token(pere.token or "")
    mixed = stolen.post("/v1/me/renewals", {"mobile": PERE["mobile"], "email": PERE["email"]})
    expect_refusal(stage, "Pere with Neus's card", mixed, 403, "certificate-of-another-person")


def _leave(stage: Stage) -> None:
    tell = stage.narrator
    tell.chapter("Pere renounces, and comes back")
    pere = log_in_with_certificate(stage, "pere")
    answer = pere.post("/v1/me/renunciation")
    tell.check("he ends his registration", answer.status == 200, answer)
    papers.take_home(stage, PERE, "pere-renunciation", answer, "renunciation")
    text = stage.awaited(str(PERE["mobile"]), "registro ha terminado")
    tell.check(f"his telephone shows: “{text}”", len(text) <= 160, text)
    expect_refusal(stage, "his session", pere.get("/v1/me"), 401, "session-required")
    again = stage.with_certificate("pere").post("/v1/sessions/certificate")
    expect_refusal(stage, "a log-in with the certificate that still stands", again, 403, "not-registered")
    tell.check("a letter is asked for in vain", letter_story.ask(stage, PERE).status == 202)
    back = certificate_story.register(stage.with_certificate("pere"), PERE)
    held = back.status == 201 and back.json["level"] == "advanced"
    tell.check("with his certificate he registers again", held, back)
    papers.take_home(stage, PERE, "pere-return", back, "registration")
    me = log_in_with_certificate(stage, "pere").get("/v1/me")
    tell.check("and is in", me.status == 200, me)
