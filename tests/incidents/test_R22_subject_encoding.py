"""R22: subjects in the wrong order or string type, or with identifiers that are not ones."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import structs

from chalicelib.pki.lint import LintError, findings, require_clean
from chalicelib.pki.names import NaturalPersonName, NifInvalid, natural_person_subject
from tests.pki.authority import ISSUER, ISSUING, PERSON, PROFILES, QUALIFIED, SUBJECT, Request, issue

CITIZEN = PROFILES["citizen-software"]


def test_R22_the_subject_is_this_der() -> None:
    """Order C, SN, GN, serialNumber, CN; C and serialNumber PrintableString (13), others UTF8String (0c)."""
    expected = (
        "3081" "8f"
        "310b3009" "0603550406" "1302" "4553"
        "31183016" "0603550404" "0c0f" "4ec39ac391455a204f27425249454e"
        "31153013" "060355042a" "0c0c" "4d4152c38d41204a4f53c389"
        "31183016" "0603550405" "130f" "49444345532d31323334353637385a"
        "31353033" "0603550403" "0c2c" "4d4152c38d41204a4f53c389204ec39ac391455a204f27425249454e"
        "202d204e49463a31323334353637385a"
    )  # fmt: skip
    assert SUBJECT.public_bytes().hex() == expected


@pytest.mark.parametrize(
    "character", [",", "+", "=", '"', "'", "\\", ";", "<", ">", "#", "/", "Ñ", "Ŀ", "ŀ", "’", "Ø", "ß"]
)
def test_R22_special_characters_stay_inside_their_attribute(character: str) -> None:
    """serverless-ca splits a text on commas; here a surname with a comma is one attribute, unchanged."""
    surname = f"A{character}B"
    person = NaturalPersonName("ANA", surname, None, "12345678Z")
    certificate = issue(CITIZEN, Request(subject=natural_person_subject(person)))
    assert certificate.subject.get_attributes_for_oid(NameOID.SURNAME)[0].value == surname
    assert len(certificate.subject.rdns) == 5
    require_clean(certificate, CITIZEN)


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMNOPQRSTUVWXY")
def test_R22_only_the_right_control_letter_is_certified(letter: str) -> None:
    """12345678 has the letter Z, and a NIF with another belongs to nobody."""
    with pytest.raises(NifInvalid):
        natural_person_subject(structs.replace(PERSON, nif=f"12345678{letter}"))


def attributes(**changes: str) -> x509.Name:
    """The citizen's subject with some values exchanged, in the same order."""
    values = {attribute.oid._name: str(attribute.value) for attribute in SUBJECT} | changes
    return x509.Name([x509.NameAttribute(a.oid, values[a.oid._name]) for a in SUBJECT])


@pytest.mark.parametrize(
    "subject",
    [
        x509.Name(reversed(list(SUBJECT))),
        x509.Name(list(SUBJECT)[:-1]),
        x509.Name([*SUBJECT, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "metadata")]),
        x509.Name([x509.RelativeDistinguishedName(list(SUBJECT)[:2]), *SUBJECT.rdns[2:]]),
        attributes(serialNumber="12345678Z"),
        attributes(serialNumber="IDCES-12345678A"),
        attributes(serialNumber="IDCES-"),
        attributes(serialNumber="VATES-A58818501"),
        ISSUING.subject,
    ],
    ids=["reversed", "no CN", "an O", "multi-valued", "bare NIF", "wrong letter", "empty", "VAT", "a CA's"],
)
def test_R22_the_gate_stops_any_other_subject(subject: x509.Name) -> None:
    """Whatever built the name, the finished certificate is compared with the rule."""
    with pytest.raises(LintError):
        require_clean(issue(CITIZEN, Request(subject=subject)), CITIZEN)


def test_R22_a_wrong_string_type_is_seen() -> None:
    """VikingCloud re-issued every certificate for less than a wrong type."""
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "ES", x509.name._ASN1Type.UTF8String)
    certificate = issue(CITIZEN, Request(subject=x509.Name([country, *list(SUBJECT)[1:]])))
    assert "clavero.subject" in {finding.code for finding in findings(certificate, CITIZEN)}


def test_R22_the_issuer_is_octet_by_octet_the_cas_subject() -> None:
    """Chains are built by comparing these octets, so even an equivalent encoding breaks them."""
    for profile in (CITIZEN, QUALIFIED["citizen-software"]):
        assert issue(profile).issuer.public_bytes() == ISSUER.certificate.subject.public_bytes()
