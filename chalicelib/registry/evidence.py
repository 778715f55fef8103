"""What an identification request says and what evidence keeps of it: value types, canonical form, digest."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib.registry.documents import Document

TypedName = Annotated[str, Meta(min_length=1, max_length=200)]
# `$(?!\n)` is the end of the text both to Python and to JSON Schema, which does not know \Z.
Reference = Annotated[
    str, Meta(max_length=120, pattern=r"^[0-9A-Za-z\u00aa\u00ba\u00c0-\u024f .,:;()/-]+$(?!\n)")
]
Language = Literal["es", "ca", "en"]
Delivery = Literal["sms", "paper"]
Purpose = Literal["citizen", "self-employed"]
Service = Literal["certificate", "registration"]
Relationship = Literal["father", "mother", "guardian"]


Act = Literal["obtain", "collect-code", "revoke"]
Deed = Literal["special-power", "clause-in-general-power", "consular-power"]


class Power(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A notarised power of attorney, or the clause in one that speaks of the certificate (A27)."""

    notary: TypedName
    protocol_number: Annotated[str, Meta(pattern=r"^[0-9]{1,6}(/[0-9]{4})?$(?!\n)")]
    granted_on: date
    names_certificate: Annotated[bool, Meta(description="It expressly authorises obtaining the certificate.")]
    expires_on: date | None = None
    deed: Deed = "special-power"
    scope: Annotated[tuple[Act, ...], Meta(min_length=1, max_length=3)] = ("obtain", "collect-code")
    """What it allows. Obtaining and collecting are one without the other in no deed of before."""


class HolderPresence(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="holder"):
    """The future holder stood before the officer."""


class ProxyPresence(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="proxy"
):
    """Somebody else did, with a power of attorney."""

    given_name: TypedName
    surname1: TypedName
    document: Document
    power: Power
    surname2: TypedName | None = None


class Guardian(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who came with a minor, by what right, and whether that person consents (X04)."""

    given_name: TypedName
    surname1: TypedName
    document: Document
    relationship: Relationship
    authority_document: Annotated[
        Reference, Meta(description="Family book, registry extract or court order shown.")
    ]
    consent: bool
    surname2: TypedName | None = None


class Emancipation(Struct, frozen=True, forbid_unknown_fields=True):
    """The deed, court order or registry entry that emancipated a minor."""

    document: Reference


class DataChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of the holder's data is no longer what certificates in force say."""

    name_document: Reference | None = None
    """The resolution or registry entry that shows the new name."""
    email_before: Annotated[str, Meta(min_length=3, max_length=254)] | None = None
    """The address that is the holder's no longer."""


class IdentificationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a registration officer sends after looking at the documents."""

    document: Document
    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    given_name: TypedName
    surname1: TypedName
    birth_date: date
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    delivery: Delivery
    language: Language
    presence: HolderPresence | ProxyPresence
    conditions_accepted: Annotated[
        str, Meta(min_length=1, max_length=40, description="Version that was signed.")
    ]
    surname2: TypedName | None = None
    mobile: Annotated[str, Meta(min_length=6, max_length=31)] | None = None
    guardian: Guardian | None = None
    emancipated: Emancipation | None = None
    purpose: Purpose = "citizen"
    changes: DataChange | None = None


class Evidence(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="evidence",
    tag="identification",
):
    """Who was identified, by what, by whom and where: normalised, stored, and never changed afterwards.

    New fields need a default, which is left out of the canonical form: then old digests still hold (R28).
    """

    document: Document
    nif: str
    given_name: str
    surname1: str
    birth_date: date
    email: str
    delivery: Delivery
    language: Language
    presence: HolderPresence | ProxyPresence
    conditions_accepted: str
    purpose: Purpose
    officer_id: str
    point_id: str
    identified_at: datetime
    surname2: str | None = None
    mobile: str | None = None
    guardian: Guardian | None = None
    emancipated: Emancipation | None = None
    service: Service = "certificate"
    """What it was made for, since the rules differ."""
    changes: DataChange | None = None


def canonical_form(evidence: Struct) -> bytes:
    """JSON with sorted keys, no spaces and no defaults: the same bytes for the same evidence, always."""
    return msgspec.json.encode(evidence, order="sorted")


def evidence_digest(evidence: Struct) -> str:
    """SHA-256 of the canonical form, in hexadecimal. The tag inside keeps kinds of evidence apart."""
    return hashlib.sha256(canonical_form(evidence)).hexdigest()
