"""Names are encoded exactly, shortened by one rule, and refused when they could deceive."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from chalicelib.pki.names import (
    NameNotEncodable,
    NaturalPersonName,
    NifInvalid,
    authority_name,
    common_name,
    entity_nif_is_valid,
    natural_person_subject,
    nif_is_valid,
)


def person(given: str = "ANA", surname1: str = "GIL", surname2: str | None = "RUS") -> NaturalPersonName:
    return NaturalPersonName(given, surname1, surname2, "12345678Z")


def test_a_foreign_citizen_may_have_one_surname() -> None:
    subject = natural_person_subject(NaturalPersonName("ANA", "SMITH", None, "X1234567L"))
    assert [str(attribute.value) for attribute in subject] == [
        "ES",
        "SMITH",
        "ANA",
        "IDCES-X1234567L",
        "ANA SMITH - NIF:X1234567L",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (person("MARÍA", "GARCÍA", "LÓPEZ"), "MARÍA GARCÍA LÓPEZ - NIF:12345678Z"),
        (
            person("MARÍA DEL CARMEN ISABEL", "FERNÁNDEZ DE CÓRDOBA", "GONZÁLEZ"),
            "MARÍA FERNÁNDEZ DE CÓRDOBA GONZÁLEZ - NIF:12345678Z",
        ),
        (
            person("MARÍA ISABEL", "FERNÁNDEZ DE CÓRDOBA Y ÁLVAREZ", "RODRÍGUEZ DE LA BORBOLLA"),
            "MARÍA FERNÁNDEZ DE CÓRDOBA Y ÁLVAREZ - NIF:12345678Z",
        ),
        (person("Ñ" * 60, "Ñ" * 60, None), "Ñ" * 24 + " - NIF:12345678Z"),
    ],
)
def test_the_common_name_is_shortened_by_rule(name: NaturalPersonName, expected: str) -> None:
    """Given names after the first go, then the second surname, then whole characters from the end."""
    assert common_name(name) == expected
    assert len(expected.encode()) <= 64


def test_surname_and_given_name_are_never_shortened() -> None:
    subject = natural_person_subject(person("M" * 90, "S" * 90, "T" * 90))
    assert subject.get_attributes_for_oid(NameOID.SURNAME)[0].value == "S" * 90 + " " + "T" * 90
    assert subject.get_attributes_for_oid(NameOID.GIVEN_NAME)[0].value == "M" * 90


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ANA",
        "ANA  MARIA",
        "ANA\u00a0MARIA",
        "ANA\x00",
        "ANA\n",
        "A\u202eNA",  # right-to-left override
        "A\u200bNA",  # zero-width space
        "A\u00adNA",  # soft hyphen
        "NU\u0303EZ",  # decomposed
        "A\ud800",  # half a surrogate pair
        "A\ue000",  # private use
        "A\u2028B",
        "A" * 201,
    ],
)
def test_a_name_that_could_deceive_a_reader_is_refused(text: str) -> None:
    for name in (person(given=text), person(surname1=text), person(surname2=text or " ")):
        with pytest.raises(NameNotEncodable):
            natural_person_subject(name)


@pytest.mark.parametrize("nif", ["12345678A", "12345678z", "X1234567A", "123", "", "12345678Z ", "١٢٣٤٥٦٧٨Z"])
def test_a_wrong_nif_is_refused(nif: str) -> None:
    with pytest.raises(NifInvalid):
        natural_person_subject(NaturalPersonName("ANA", "GIL", None, nif))


@pytest.mark.parametrize(
    "nif", ["00000000T", "99999999R", "X0000000T", "Y0000000Z", "Z0000000M", "K0867756N"]
)
def test_control_letters_of_people(nif: str) -> None:
    assert nif_is_valid(nif)


@pytest.mark.parametrize(
    ("nif", "valid"),
    [
        ("A58818501", True),
        ("Q2826000H", True),
        ("S2833002E", True),
        ("A58818502", False),
        ("Q28260008", False),
    ],
)
def test_control_characters_of_organisations(nif: str, valid: bool) -> None:
    """A58818501 is a published example; Q2826000H and S2833002E are the tax agency and the city of Madrid."""
    assert entity_nif_is_valid(nif) is valid


@pytest.mark.parametrize(
    "identifier", ["A58818501", "VATES-A58818502", "VATES", "vates-A58818501", "VATES-A58818501 "]
)
def test_an_authority_has_a_valid_organisation_identifier(identifier: str) -> None:
    with pytest.raises((NameNotEncodable, NifInvalid)):
        authority_name(organisation="Clavero", organisation_id=identifier, common_name="Clavero Root")


def test_an_authority_name_has_four_attributes_in_order() -> None:
    name = authority_name(
        organisation="Clavero, S.A.", organisation_id="VATES-A58818501", common_name="Clavero Root"
    )
    assert name.rfc4514_string() == "CN=Clavero Root,2.5.4.97=VATES-A58818501,O=Clavero\\, S.A.,C=ES"
    assert isinstance(name, x509.Name)
