"""A card is loaded at the registration point (A06, A23), with the tool of the officer's workstation."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from infra.demo.acts import expect_refusal, identify
from infra.demo.people import JORDI
from infra.demo.slip_reader import code_on
from infra.demo.stage import POINT, Stage
from infra.local.card_maker import MODEL, CardMaker
from infra.local.softhsm import blank_card, missing
from infra.workstation.loading import CardInReader, LoadingRefused, PublicKey, load, request_for

PIN = "739164"
SAID = b"What I sign is what I read."


@dataclass
class KeyInProcess:
    """Where there is no SoftHSM2: a card that is a key in this process."""

    serial: str = "0001-DEMO"
    model: str = MODEL
    _key: ec.EllipticCurvePrivateKey | None = None
    _certificate: bytes | None = None

    def public_key(self) -> PublicKey | None:
        return self._key.public_key() if self._key else None

    def certificate(self) -> x509.Certificate | None:
        return x509.load_der_x509_certificate(self._certificate) if self._certificate else None

    def make_key(self) -> PublicKey:
        self._key = ec.generate_private_key(ec.SECP256R1())
        return self._key.public_key()

    def sign(self, data: bytes) -> bytes:
        if self._key is None:
            raise RuntimeError("a blank card signs nothing")
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def write(self, certificate: bytes) -> None:
        self._certificate = certificate


def tell(stage: Stage) -> None:
    """Jordi, who has a certificate in software, comes with the blank card that he got in the post."""
    tell = stage.narrator
    tell.chapter("Jordi's blank card is loaded at the registration point")
    card = _card(stage)
    maker = CardMaker.read(stage.instance.folder / "cards")
    code = _code(stage)
    point = POINT.rpartition("/")[2]

    def post(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        answer = stage.officer.post(path, body)
        return answer.status, answer.body

    foreign = card.public_key() or card.make_key()
    answer = stage.officer.post(
        f"{POINT}/card-loadings",
        {
            "code": code,
            "csr": request_for(foreign, card.sign),
            "card": {"model": card.model, "serial": card.serial},
            "attestation": maker.attest(foreign, "0002-OTHER"),
        },
    )
    expect_refusal(stage, "an attestation of another card", answer, 422, "card-attestation-refused")
    done = load(card, code=code, point=point, post=post, attest=lambda key: maker.attest(key, card.serial))
    told = done.answer
    tell.check(
        f"the card attests that it made its key, and gets a certificate of {told['profile']}",
        told["profile"] == "citizen-card-secure" and told["secure_device"],
        told,
    )
    tell.check(
        "nobody here is supervised, so it claims no qualified device", not told["qualified_device"], told
    )
    try:
        load(card, code=code, point=point, post=post, attest=lambda _: [])
        refused = ""
    except LoadingRefused as error:
        refused = str(error)
    tell.check(f"the same card again: {refused}", "loaded already" in refused, refused)
    _verify(stage, card, told)
    text = stage.awaited(str(JORDI["email"]), card.serial)
    tell.check("Jordi is told of it by e-mail", "PIN" in text, text)


def _card(stage: Stage) -> CardInReader:
    if lacking := missing():
        stage.narrator.say(f"The card is a key in this process: {', '.join(lacking)} is not installed.")
        return KeyInProcess()
    card = blank_card((stage.folder / "card").resolve(), PIN)
    stage.narrator.say("The card is a token of SoftHSM2, and the workstation reaches it with pkcs11-tool.")
    return card


def _code(stage: Stage) -> str:
    slip = base64.b64decode(identify(stage, JORDI).json["slip_pdf"])
    return code_on(slip)


def _verify(stage: Stage, card: CardInReader, told: dict[str, Any]) -> None:
    """openssl, with the root and what the card gives and signs."""
    stage.keep("jordi-card.pem", told["certificate"].encode())
    stage.keep("jordi-card-chain.pem", "".join(told["chain"]).encode())
    trust = ("-CAfile", "root.pem", "-untrusted", "jordi-card-chain.pem")
    well, said = stage.openssl.run("verify", *trust, "jordi-card.pem")
    stage.narrator.check(f"openssl verify: {said}", well, said)
    said_by_him = SAID + secrets.token_bytes(8)
    stage.keep("jordi-said.bin", said_by_him)
    stage.keep("jordi-said.sig", card.sign(said_by_him))
    stage.keep("jordi-card.pub", stage.openssl.certificate_field("jordi-card.pem", "-pubkey").encode())
    signed = ("-verify", "jordi-card.pub", "-signature", "jordi-said.sig", "jordi-said.bin")
    well, said = stage.openssl.run("dgst", "-sha256", *signed)
    stage.narrator.check(f"what the card signs, openssl verifies with the certificate: {said}", well, said)
