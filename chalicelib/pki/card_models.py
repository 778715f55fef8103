"""Card models whose attestations are believed: a dated allow-list in configuration (requirements 3.10 c).

An entry pins the maker's attestation roots and says what such a card's statement must hold, from when until
when it is believed, and until when, by which decision, the model is a qualified device (eIDAS, art. 30). An
entry that has run out is kept as it is: it explains the certificates of its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cryptography import x509
from msgspec import Meta, Struct

from chalicelib.settings import BadSetting

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Oid = Annotated[str, Meta(pattern=r"^[0-2](\.[0-9]{1,39}){2,30}$(?!\n)")]
ModelName = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z ._-]{0,39}$(?!\n)")]


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """An extension that an attestation must have, with exactly this value."""

    extension: Oid
    value: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){1,200}$(?!\n)", description="Hexadecimal.")]


class ListedModel(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the file."""

    name: ModelName
    roots: Annotated[str, Meta(description="The maker's attestation roots, PEM.")]
    serial: Annotated[Oid, Meta(description="The extension that holds the card's serial number.")]
    statements: Annotated[
        list[Statement],
        Meta(min_length=1, description="Together: this model, a key made in it, and no way out for the key."),
    ]
    listed_from: date
    listed_until: Annotated[date, Meta(description="The last day on which its attestations are believed.")]
    qscd_until: date | None = None
    """The last day on which it counts as a qualified device; none: it is not one."""
    qscd_reference: Annotated[str, Meta(max_length=200)] = ""
    """The certificate or decision that makes it one."""


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    attestation: Literal["required", "optional"] = "optional"
    """Whether a card that attests nothing gets a certificate, of a profile that promises nothing of it."""
    model: list[ListedModel] = []


class CardModel(msgspec.Struct, frozen=True):
    """An entry as it is used."""

    name: str
    roots: tuple[x509.Certificate, ...]
    serial: str
    statements: Mapping[str, bytes]
    listed_from: date
    listed_until: date
    qscd_until: date | None
    qscd_reference: str

    def believed(self, today: date) -> bool:
        """Whether its attestations count on this day."""
        return self.listed_from <= today <= self.listed_until

    def is_qscd(self, today: date) -> bool:
        """Whether it is a qualified device on this day."""
        return self.qscd_until is not None and self.listed_from <= today <= self.qscd_until


class CardModels(msgspec.Struct, frozen=True):
    """The list."""

    attestation_required: bool
    models: Mapping[str, CardModel]


def read_card_models(text: str) -> CardModels:
    """The allow-list (TOML).

    Raises:
        BadSetting
    """
    import tomllib  # only where there is such a list

    try:
        read = msgspec.convert(tomllib.loads(text), ModelFile)
        models = {entry.name: _model(entry) for entry in read.model}
        if len(models) != len(read.model):
            raise ValueError("a model is listed twice")
    except (ValueError, msgspec.ValidationError) as error:  # tomllib's and PEM's errors are ValueErrors
        raise BadSetting("CLAVERO_CARD_MODELS: the file is not a list of card models") from error
    return CardModels(read.attestation == "required", MappingProxyType(models))


def _model(entry: ListedModel) -> CardModel:
    if not entry.listed_from <= entry.listed_until:
        raise ValueError("an entry ends before it begins")
    if (entry.qscd_until is None) != (not entry.qscd_reference.strip()):
        raise ValueError("a qualified device has a decision and a last day, and no other has either")
    if entry.qscd_until is not None and entry.qscd_until > entry.listed_until:
        raise ValueError("a qualified device is listed as long as it is one")
    return CardModel(
        name=entry.name,
        roots=tuple(x509.load_pem_x509_certificates(entry.roots.encode())),
        serial=entry.serial,
        statements=MappingProxyType({each.extension: bytes.fromhex(each.value) for each in entry.statements}),
        listed_from=entry.listed_from,
        listed_until=entry.listed_until,
        qscd_until=entry.qscd_until,
        qscd_reference=entry.qscd_reference,
    )


def card_models(cloud: Cloud) -> CardModels:
    """The allow-list of this deployment."""

    def read() -> CardModels:
        path = cloud.settings.card_models
        try:
            return read_card_models(Path(path).read_text(encoding="utf-8") if path else "")
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting("CLAVERO_CARD_MODELS: the file cannot be read") from error

    models: CardModels = cloud.remember("card models", read)
    return models
