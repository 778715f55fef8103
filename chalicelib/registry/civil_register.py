"""The civil and address register: who a number belongs to, and the fiscal address that letters go to (G04).

An administration that has a service of its own for this writes another `CivilRegister`; here it is a table
that an operator imports. No answer of the API shows anything of it.
"""

from __future__ import annotations

import hmac
from datetime import date
from typing import TYPE_CHECKING, Annotated, Protocol

from msgspec import Meta, Struct

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.registry import people
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import Language, TypedName
from chalicelib.registry.tables import CivilRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

NO_DIGEST = "0" * 64


class AddressInvalid(Problem):
    """It must fit the window of an envelope, in signs that the printer has."""

    slug = "address-invalid"
    status = 422
    title = "The address cannot be printed"


_Line = Annotated[str, Meta(min_length=1, max_length=45, pattern=r"^[^\x00-\x1f\x7f<>]+$(?!\n)")]


class CivilEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One person, as an operator imports them."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    given_name: TypedName
    surname1: TypedName
    birth_date: date
    contrast: Contrast
    address: Annotated[tuple[_Line, ...], Meta(min_length=2, max_length=4)]
    """Street; postcode and town; and what else the envelope needs, without the name."""
    surname2: TypedName | None = None
    language: Language = "es"


class CivilRecord(Struct, frozen=True):
    """What the register says of a person."""

    nif: str
    given_name: str
    surname1: str
    surname2: str | None
    birth_date: date
    contrast: str
    address: tuple[str, ...]
    language: str

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.given_name, self.surname1, self.surname2) if part)

    def is_adult(self, day: date) -> bool:
        """A minor registers in person, with father, mother or guardian (C09-C12)."""
        return people.age_on(day, self.birth_date) >= people.ADULT


class CivilRegister(Protocol):
    """Who answers for people's data."""

    def find(self, nif: str) -> CivilRecord | None:
        """The person of this (normalised) number; None if there is none."""
        ...


class TableRegister:
    """The register that an operator imported."""

    def find(self, nif: str) -> CivilRecord | None:
        row = CivilRow.find(nif)
        if row is None:
            return None
        return CivilRecord(
            nif=row.nif,
            given_name=row.given_name,
            surname1=row.surname1,
            surname2=row.surname2,
            birth_date=date.fromisoformat(row.birth_date),
            contrast=row.contrast,
            address=tuple(row.address.split("\n")),
            language=row.language,
        )


def knows(found: CivilRecord | None, digest: str) -> bool:
    """Whether the person is in the register and these are their contrast data; in constant time."""
    return hmac.compare_digest(found.contrast if found else NO_DIGEST, digest)


def import_entry(cloud: Cloud, entry: CivilEntry, by: str) -> None:
    """Enter a person, or correct what was entered before.

    Raises:
        NifInvalid, NameInvalid, BirthDateInvalid, ContrastInvalid, AddressInvalid
    """
    now = cloud.now()
    nif = normalise_nif(entry.nif)
    people.check_birth_date(entry.birth_date, date_in_madrid(now))
    if not all(_printable(line) for line in entry.address):
        raise AddressInvalid(field="address")
    fields = {
        "given_name": people.normalise_name(entry.given_name, field="given_name"),
        "surname1": people.normalise_name(entry.surname1, field="surname1"),
        "surname2": people.optional_name(entry.surname2, field="surname2"),
        "birth_date": entry.birth_date.isoformat(),
        "contrast": contrast_digest(cloud, nif, entry.contrast),
        "address": "\n".join(entry.address),
        "language": entry.language,
    }
    transaction = Transaction()
    actions = [
        getattr(CivilRow, name).remove() if value is None else getattr(CivilRow, name).set(value)
        for name, value in fields.items()
    ]
    transaction.update("entry", CivilRow(nif), actions)
    # The event names nobody: the register is not ours, and an event is for ever.
    record(transaction, Event("civil-register.imported", "civil-register", by, now), cloud.entropy(12))
    transaction.commit()


def _printable(line: str) -> bool:
    """Whether the letter's typeface has every sign."""
    try:
        line.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
