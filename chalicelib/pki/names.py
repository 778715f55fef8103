"""Distinguished names of subjects (RFC 5280, ETSI EN 319 412-1, -2 and -3) and of our own authorities.

A name is built attribute by attribute, never from a text such as "CN=..., O=...", so a comma, a plus
sign or a quote in a surname stays inside its attribute.
"""

from __future__ import annotations

import re
import unicodedata

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from chalicelib.errors import Problem

# X.520 allows 64 characters; cryptography and other software count octets of UTF-8. 64 octets satisfy both.
LONGEST_CN = 64
# X.520 allows 32,768; the bound here only keeps certificates small. Longer names are refused, never cut.
LONGEST_NAME = 200

CONTROL_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


class NameNotEncodable(Problem):
    """A name that cannot be written into a certificate exactly as it was identified."""

    slug = "name-not-encodable"
    status = 422
    title = "The name cannot be written into a certificate"


class NifInvalid(Problem):
    """A tax number whose form or control character is wrong."""

    slug = "subject-number-invalid"
    status = 422
    title = "The number of the subject or organisation is not valid"


class NaturalPersonName(msgspec.Struct, frozen=True):
    """A person as identified: `given_name` holds all given names, in the order of the document."""

    given_name: str
    surname1: str
    surname2: str | None
    nif: str

    @property
    def surnames(self) -> str:
        return f"{self.surname1} {self.surname2}" if self.surname2 else self.surname1


def natural_person_subject(person: NaturalPersonName) -> x509.Name:
    """C, SN, GN, serialNumber, CN: one attribute each (EN 319 412-2, NAT-4.2.4).

    Raises:
        NameNotEncodable, NifInvalid
    """
    for part in (person.given_name, person.surname1, person.surname2):
        if part is not None:
            _check_text(part)
    if not nif_is_valid(person.nif):
        raise NifInvalid
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ES"),
            x509.NameAttribute(NameOID.SURNAME, person.surnames),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.given_name),
            # Semantics identifier for an identity card (EN 319 412-1, section 5.1.3).
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"IDCES-{person.nif}"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name(person)),
        ]
    )


def same_person(one: x509.Name, other: x509.Name) -> bool:
    """Whether two subjects have the same number, given name and surnames.

    Capitals and accents apart, which not every document prints: an identity card's certificate says NUNEZ
    where an officer reads Núñez. A name that an officer says is new is certified as the officer wrote it.
    """
    return _who(one) == _who(other)


def _who(subject: x509.Name) -> list[list[str]]:
    kinds = (NameOID.SERIAL_NUMBER, NameOID.GIVEN_NAME, NameOID.SURNAME)
    return [[_plain(str(each.value)) for each in subject.get_attributes_for_oid(oid)] for oid in kinds]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def common_name(person: NaturalPersonName) -> str:
    """The name people read: GIVEN SURNAME1 SURNAME2 - NIF:12345678Z, in at most 64 octets.

    What does not fit is shortened by one rule, always the same: keep the first given name only; then
    leave the second surname out; then cut. SN and GN hold the whole name in every case.
    """
    ending = f" - NIF:{person.nif}"
    first_given = person.given_name.split(" ")[0]
    candidates = (
        f"{person.given_name} {person.surnames}",
        f"{first_given} {person.surnames}",
        f"{first_given} {person.surname1}",
    )
    room = LONGEST_CN - len(ending)
    for candidate in candidates:
        if len(candidate.encode()) <= room:
            return candidate + ending
    cut = candidates[-1].encode()[:room].decode(errors="ignore")  # never half a character
    return cut.rstrip() + ending


def authority_name(
    *, organisation: str, organisation_id: str, common_name: str, country: str = "ES"
) -> x509.Name:
    """C, O, organizationIdentifier, CN: the name of a CA or of its OCSP responder (EN 319 412-3, LEG-4.2.1).

    Args:
        organisation_id: semantics identifier of a legal person, such as "VATES-Q4600000A".

    Raises:
        NameNotEncodable, NifInvalid
    """
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise NameNotEncodable("The country is two capital letters (ISO 3166-1)")
    for part in (organisation, common_name):
        _check_text(part)
        if len(part.encode()) > LONGEST_CN:
            raise NameNotEncodable(f"A CA's name has at most {LONGEST_CN} octets")
    scheme, _, number = organisation_id.partition("-")
    if not re.fullmatch(r"(VAT|NTR)[A-Z]{2}", scheme) or not re.fullmatch(r"[A-Z0-9]{2,20}", number):
        raise NameNotEncodable("The organisation identifier has the form VATES-Q4600000A")
    if scheme == "VATES" and not entity_nif_is_valid(number):
        raise NifInvalid("The NIF of the organisation is not valid")
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organisation_id),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def nif_is_valid(nif: str) -> bool:
    """Whether a natural person's NIF (DNI, NIE, or K/L/M) has its control letter.

    The registry checks this first. The CA checks again, because nothing after it can.
    """
    if not re.fullmatch(r"([0-9]{8}|[XYZKLM][0-9]{7})[A-Z]", nif):
        return False
    leading = {"X": "0", "Y": "1", "Z": "2", "K": "", "L": "", "M": ""}.get(nif[0], nif[0])
    return nif[-1] == CONTROL_LETTERS[int(leading + nif[1:-1]) % 23]


def entity_nif_is_valid(nif: str) -> bool:
    """Whether an organisation's NIF has its control character (Orden EHA/451/2008, RD 1065/2007 art. 22)."""
    if not re.fullmatch(r"[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]", nif):
        return False
    digits = [int(digit) for digit in nif[1:8]]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[0::2])
    control = -total % 10
    letter, digit = "JABCDEFGHI"[control], str(control)
    if nif[0] in "NPQRSW":  # public bodies and foreign entities end in a letter
        return nif[-1] == letter
    if nif[0] in "ABEH":
        return nif[-1] == digit
    return nif[-1] in (letter, digit)


def _check_text(text: str) -> None:
    """Refuse what a reader could not see or a relying program could read in two ways."""
    if not text or len(text) > LONGEST_NAME:
        raise NameNotEncodable(f"A name has 1 to {LONGEST_NAME} characters")
    # Control, format (bidirectional marks, zero-width joiners), surrogate, private, unassigned; line breaks.
    if any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp") for c in text):
        raise NameNotEncodable("A name holds no control, invisible or unassigned characters")
    if unicodedata.normalize("NFC", text) != text:
        raise NameNotEncodable("A name is in Unicode normal form C")
    if text != " ".join(part for part in re.split(r"\s", text) if part):
        raise NameNotEncodable("A name has single spaces between words and none around it")
