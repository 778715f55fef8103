"""Cards in process: a blank one whose maker attests its keys, and the list that believes the maker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from infra.local.card_maker import MODEL, CardMaker
from tests.support.client import Answer
from tests.support.world import START, World, new_csr

MAKER = CardMaker(START.replace(hour=0))


def believe(world: World, folder: Path, text: str | None = None, **listed: date) -> None:
    """Put the maker's models on the authority's list, or what else the list is to be."""
    file = folder / "card-models.toml"
    file.write_text(MAKER.listed(**listed) if text is None else text)
    world.cloud.settings = replace(world.cloud.settings, card_models=str(file))
    world.cloud.memory.pop("card models", None)


@dataclass
class TestCard:
    """A card as the workstation sees it; its key is in this process."""

    __test__ = False

    serial: str = "0001-TEST"
    model: str = MODEL
    key: Any = None
    written: bytes | None = None
    made: list[Any] = field(default_factory=list)

    def public_key(self) -> Any:
        return self.key.public_key() if self.key else None

    def certificate(self) -> x509.Certificate | None:
        return x509.load_der_x509_certificate(self.written) if self.written else None

    def make_key(self) -> Any:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.made.append(self.key)
        return self.key.public_key()

    def sign(self, data: bytes) -> bytes:
        return bytes(self.key.sign(data, ec.ECDSA(hashes.SHA256())))

    def write(self, certificate: bytes) -> None:
        self.written = certificate


def loading(
    code: str, *, card: TestCard | None = None, attested: bool = True, **changes: Any
) -> dict[str, Any]:
    """A request to load a card, a new blank one where none is given."""
    card = card or TestCard()
    key = card.public_key() or card.make_key()
    return {
        "code": code,
        "csr": new_csr(card.key),
        "card": {"model": card.model, "serial": card.serial},
        "attestation": MAKER.attest(key, card.serial) if attested else [],
    } | changes


def load(world: World, body: dict[str, Any]) -> Answer:
    """The officer sends it."""
    return world.officer.post(f"{world.point}/card-loadings", body)
