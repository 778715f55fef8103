"""Identity documents that an officer may accept, and the NIF (Real Decreto 1065/2007, art. 19-20).

A kind of document is a line of KINDS. An NIE is a number, not a document: two documents show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct, structs

from chalicelib.errors import Problem

CHECK_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
PERMANENT: Final = date(9999, 1, 1)
"""What a DNI that never expires says: 01-01-9999."""

_DNI = re.compile(r"[0-9]{8}[A-Z]")
_NIE = re.compile(r"[XYZ][0-9]{7}[A-Z]")
_PASSPORT = re.compile(r"[A-Z]{3}[0-9]{6}")
_TRAVEL_DOCUMENT = re.compile(r"[A-Z0-9]{5,20}")
_WRITTEN_BETWEEN = str.maketrans("", "", " -.\u00a0")


class NifInvalid(Problem):
    """The check letter is wrong, or the number is of another kind of taxpayer."""

    slug = "nif-invalid"
    status = 422
    title = "The NIF is not the number of a natural person's DNI or NIE"


class DocumentNumberInvalid(Problem):
    """Each kind of document has its form of number (A26)."""

    slug = "document-number-invalid"
    status = 422
    title = "The number does not have the form of this kind of document"


class DocumentExpired(Problem):
    """A document proves an identity to the end of its last day."""

    slug = "document-expired"
    status = 422
    title = "The identity document has expired"


class DocumentExpiryImplausible(Problem):
    """Probably mistyped."""

    slug = "document-expiry-implausible"
    status = 422
    title = "No document of this kind is valid for so long"


class TravelDocumentRequired(Problem):
    """An EU registration certificate has no photograph (X14)."""

    slug = "travel-document-required"
    status = 422
    title = "This document must be shown together with a passport or a national identity card"


def tidy(text: str) -> str:
    """Upper case, without the spaces, hyphens and dots that people write inside numbers."""
    return text.translate(_WRITTEN_BETWEEN).upper()


def check_letter(number: str) -> str:
    """The control letter of a DNI's eight digits or of an NIE's X, Y or Z and seven digits."""
    digits = str("XYZ".index(number[0])) + number[1:] if number[0] in "XYZ" else number
    return CHECK_LETTERS[int(digits) % 23]


def _is_dni(number: str) -> bool:
    return _DNI.fullmatch(number) is not None and check_letter(number[:-1]) == number[-1]


def _is_nie(number: str) -> bool:
    return _NIE.fullmatch(number) is not None and check_letter(number[:-1]) == number[-1]


def _is_nif(number: str) -> bool:
    return _is_dni(number) or _is_nie(number)


def _is_passport(number: str) -> bool:
    return _PASSPORT.fullmatch(number) is not None


def normalise_nif(text: str, *, field: str = "nif") -> str:
    """The NIF of a natural person as certificates carry it, or NifInvalid.

    Numbers of organisations are refused (A01: never a legal person). So are the K, L and M numbers that
    the tax agency gives to people without DNI or NIE: no document accepted here shows one (A04, A26).
    """
    number = tidy(text)
    if not _is_nif(number):
        raise NifInvalid(
            "Write the 8 digits and the letter of the DNI, or the NIE with both letters.", field=field
        )
    return number


TypedNumber = Annotated[str, Meta(min_length=1, max_length=40)]
DocumentKindName = Literal["dni", "nie", "eu-certificate", "driving-licence", "passport"]


class DocumentKind(NamedTuple):
    """What is particular to one kind of document."""

    name: str
    has_form: Callable[[str], bool]
    form: str
    number_is_nif: bool
    longest_years: int
    may_be_permanent: bool = False
    needs_travel_document: bool = False


KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            # A26. Ten years is the longest term of a DNI with an end, Real Decreto 1553/2005 art. 6.
            DocumentKind("dni", _is_dni, "8 digits and their check letter", True, 10, may_be_permanent=True),
            # X14: the foreigner's card (TIE) shows an NIE and has a photograph and an end.
            DocumentKind("nie", _is_nie, "X, Y or Z, 7 digits and their check letter", True, 10),
            # X14: the certificate of a citizen of the Union shows an NIE, but neither photograph nor end:
            # the passport or national card beside it proves the face, and its expiry date counts.
            DocumentKind(
                "eu-certificate",
                _is_nie,
                "X, Y or Z, 7 digits and their check letter",
                True,
                15,
                needs_travel_document=True,
            ),
            # Licences bear the DNI or NIE; Directive 2006/126/EC lets none last longer than 15 years.
            DocumentKind("driving-licence", _is_nif, "the number of the DNI or NIE", True, 15),
            DocumentKind("passport", _is_passport, "3 letters and 6 digits", False, 10),
        )
    }
)


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An identity document as the officer read it."""

    kind: DocumentKindName
    number: TypedNumber
    expires_on: Annotated[date, Meta(description="Last day of validity; 9999-01-01 for a permanent DNI.")]
    travel_document: Annotated[TypedNumber, Meta(description="The passport or card beside it.")] | None = None


def normalise_document(document: Document, *, field: str = "document") -> Document:
    """The document with its numbers in one spelling, or the problem with them."""
    kind = KINDS[document.kind]
    number = tidy(document.number)
    if not kind.has_form(number):
        raise DocumentNumberInvalid(f"Expected: {kind.form}.", field=f"{field}.number")
    travel_document = None if document.travel_document is None else tidy(document.travel_document)
    if travel_document is None and kind.needs_travel_document:
        raise TravelDocumentRequired(field=f"{field}.travel_document")
    if travel_document is not None and not _TRAVEL_DOCUMENT.fullmatch(travel_document):
        raise DocumentNumberInvalid("Expected: 5 to 20 letters and digits.", field=f"{field}.travel_document")
    return structs.replace(document, number=number, travel_document=travel_document)


def check_in_force(document: Document, day: date, *, field: str = "document") -> None:
    """Refuse a document that is not valid on `day`, or whose date must be a slip of the pen."""
    kind = KINDS[document.kind]
    if document.expires_on < day:  # the last day itself still counts
        raise DocumentExpired(field=f"{field}.expires_on")
    permanent = kind.may_be_permanent and document.expires_on == PERMANENT
    if not permanent and document.expires_on.year > day.year + kind.longest_years:
        raise DocumentExpiryImplausible(
            f"At most {kind.longest_years} years from now is possible.", field=f"{field}.expires_on"
        )
