"""Registration with a certificate or an electronic identity card (C16, G07): ours, and another issuer's."""

from __future__ import annotations

import ssl
from typing import Any

from infra.demo import papers
from infra.demo.acts import expect_refusal
from infra.demo.caller import Answer, Caller
from infra.demo.openssl import OpenSsl
from infra.demo.other_issuer import CERTIFICATE, DERIVED, E_ID, OtherIssuer
from infra.demo.people import AITANA, INAKI, NEUS, PERE, ROSA, TONI, Person, typed
from infra.demo.stage import Stage


def prepare(openssl: OpenSsl) -> OtherIssuer:
    """Another issuer, with its people's certificates; its CA goes on the trust list before the start."""
    other = OtherIssuer(openssl.folder / "another-issuer")
    for who, name, policy in (
        (PERE, "pere", CERTIFICATE),
        (NEUS, "neus-card", E_ID),
        (NEUS, "neus-new-card", E_ID),
        (ROSA, "rosa-card", E_ID),
        (ROSA, "rosa-renewed", DERIVED),
        (TONI, "toni", CERTIFICATE),
    ):
        other.issue(who, name, policy, openssl.folder)
    other.revoke("rosa-card")
    other.start()
    return other


def register(client: Caller, who: Person, **changes: Any) -> Answer:
    """Somebody registers with the certificate of the connection."""
    body = typed(who) | {"birth_date": who.get("birth_date", "1950-07-03")} | changes
    return client.post("/v1/registrations/certificate", body)


def tell(stage: Stage, other: OtherIssuer) -> None:
    """Our own certificate; another issuer's; an identity card; and those that do not serve."""
    tell = stage.narrator
    tell.chapter("Aitana registers with her certificate, Pere and Neus with another issuer's")
    expect_refusal(
        stage, "no certificate at all", register(stage.citizen, AITANA), 401, "client-certificate-required"
    )
    aitana = stage.with_certificate("aitana")
    expect_refusal(
        stage,
        "a birth date of a minor",
        register(aitana, AITANA, birth_date="2012-01-01"),
        422,
        "guardian-required",
    )
    answer = register(aitana, AITANA)
    _advanced(stage, "Aitana, with the certificate that she downloaded", answer)
    papers.take_home(stage, AITANA, "aitana-registration", answer, "registration")
    issuer = stage.openssl.certificate_field("pere.pem", "-issuer").removeprefix("issuer=")
    tell.say(f"Pere's certificate was made with openssl by {issuer}, which is on the trust list.")
    answer = register(stage.with_certificate("pere"), PERE)
    _advanced(stage, "Pere, after our server asked his issuer's OCSP responder (openssl ocsp)", answer)
    papers.take_home(stage, PERE, "pere-registration", answer, "registration")
    answer = register(stage.with_certificate("neus-card"), NEUS)
    _advanced(stage, "Neus, with an identity card, after a look at its issuer's CRL (openssl ca)", answer)
    papers.take_home(stage, NEUS, "neus-registration", answer, "registration")
    _refusals(stage, other)


def _advanced(stage: Stage, who: str, answer: Answer) -> None:
    held = answer.status == 201 and answer.json["level"] == "advanced"
    stage.narrator.check(f"{who}: advanced level", held, answer)


def _refusals(stage: Stage, other: OtherIssuer) -> None:
    card = register(stage.with_certificate("rosa-card"), ROSA)
    expect_refusal(stage, "Rosa's card, which its issuer revoked", card, 401, "client-certificate-refused")
    renewed = register(stage.with_certificate("rosa-renewed"), ROSA)
    expect_refusal(
        stage,
        "her certificate that was itself issued on a certificate (eIDAS art. 24)",
        renewed,
        403,
        "proof-chain-too-weak",
    )
    other.silence()
    toni = register(stage.with_certificate("toni"), TONI)
    expect_refusal(
        stage, "Toni's, while his issuer's responder is down", toni, 503, "certificate-status-unknown"
    )
    stage.openssl.must(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"),
        *(f"/serialNumber=IDCES-{INAKI['nif']}/CN=Made at home", "-keyout", "home.key", "-out", "home.pem"),
    )
    try:
        answer: object = register(stage.with_certificate("home"), INAKI)
        refused = False
    except (ssl.SSLError, OSError) as error:
        answer, refused = error, True
    stage.narrator.check("a certificate made at home: the TLS handshake fails", refused, answer)
