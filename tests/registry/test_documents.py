"""Identity documents: A26, X14, and the NIF of natural persons (A01)."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.registry.documents import (
    CHECK_LETTERS,
    KINDS,
    PERMANENT,
    Document,
    DocumentExpired,
    DocumentExpiryImplausible,
    DocumentKindName,
    DocumentNumberInvalid,
    NifInvalid,
    TravelDocumentRequired,
    check_in_force,
    normalise_document,
    normalise_nif,
)

TODAY = date(2026, 11, 22)


def test_the_table_and_the_type_name_the_same_kinds() -> None:
    """The API accepts what the type lists; a kind without a line would fail only in an office."""
    assert set(get_args(DocumentKindName)) == set(KINDS)


@pytest.mark.parametrize(
    ("typed", "nif"),
    [
        ("54362315K", "54362315K"),  # python-stdnum's example of a DNI
        ("54.362.315-k", "54362315K"),  # as people write it
        ("X-2482300W", "X2482300W"),  # python-stdnum's example of an NIE
        ("12345678Z", "12345678Z"),
        ("Y0000000Z", "Y0000000Z"),
    ],
)
def test_a_nif_has_one_spelling(typed: str, nif: str) -> None:
    assert normalise_nif(typed) == nif


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("54362315Z", "wrong letter"),
        ("X2482300A", "wrong letter"),
        ("2482300W", "seven digits: a zero is not guessed, it would hide a forgotten digit"),
        ("J99216582", "an organisation (A01)"),
        ("M1234567L", "a number without any document that is accepted (A26)"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668Z", "digits of another script"),
        ("54362315K\n", "a line break"),
        ("", "nothing"),
    ],
)
def test_what_is_no_nif_of_a_person_with_dni_or_nie_is_refused(typed: str, why: str) -> None:
    with pytest.raises(NifInvalid) as refusal:
        normalise_nif(typed)
    assert typed.strip() == "" or typed.strip() not in refusal.value.detail, "no personal data in errors"


@given(st.integers(0, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_any_one_wrong_digit_of_a_dni_is_noticed(number: int, place: int, by: int) -> None:
    """23 is prime and divides no difference of one digit: that is what the check letter is for."""
    digits = f"{number:08}"
    wrong = f"{digits[:place]}{(int(digits[place]) + by) % 10}{digits[place + 1 :]}"
    with pytest.raises(NifInvalid):
        normalise_nif(wrong + CHECK_LETTERS[number % 23])


@given(st.sampled_from("XYZ"), st.sampled_from("XYZ"), st.integers(0, 9_999_999))
def test_the_first_letter_of_an_nie_counts_for_its_check_letter(first: str, other: str, number: int) -> None:
    letter = CHECK_LETTERS[int(f"{'XYZ'.index(first)}{number:07}") % 23]
    assert normalise_nif(f"{first}{number:07}{letter}")
    if first != other:
        with pytest.raises(NifInvalid):
            normalise_nif(f"{other}{number:07}{letter}")


@pytest.mark.parametrize(
    ("kind", "number", "tidy"),
    [
        ("dni", "54362315-K", "54362315K"),
        ("nie", "x2482300w", "X2482300W"),
        ("driving-licence", "54362315K", "54362315K"),
        ("driving-licence", "X2482300W", "X2482300W"),
        ("passport", "xdd 123456", "XDD123456"),
    ],
)
def test_every_kind_has_its_form_of_number(kind: str, number: str, tidy: str) -> None:
    document = Document(kind=kind, number=number, expires_on=TODAY)  # type: ignore[arg-type]
    assert normalise_document(document).number == tidy


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("dni", "X2482300W"),
        ("nie", "54362315K"),
        ("driving-licence", "XDD123456"),
        ("passport", "54362315K"),
        ("passport", "XD123456"),
        ("passport", "XDD1234567"),
    ],
)
def test_a_number_of_another_kind_is_refused(kind: str, number: str) -> None:
    with pytest.raises(DocumentNumberInvalid) as refusal:
        normalise_document(Document(kind=kind, number=number, expires_on=TODAY))  # type: ignore[arg-type]
    assert refusal.value.field == "document.number"
    assert number not in refusal.value.detail


def test_the_certificate_of_an_eu_citizen_needs_a_document_with_a_photograph() -> None:
    """X14: the green certificate proves the number, not the face."""
    alone = Document(kind="eu-certificate", number="X2482300W", expires_on=TODAY)
    with pytest.raises(TravelDocumentRequired):
        normalise_document(alone)
    beside = Document(
        kind="eu-certificate", number="X2482300W", expires_on=TODAY, travel_document="c01 x00t47"
    )
    assert normalise_document(beside).travel_document == "C01X00T47"


def test_a_travel_document_is_a_number_and_not_a_sentence() -> None:
    with pytest.raises(DocumentNumberInvalid):
        normalise_document(
            Document(
                kind="eu-certificate", number="X2482300W", expires_on=TODAY, travel_document="<b>lost</b>"
            )
        )


def test_a_document_counts_on_its_last_day_and_not_on_the_next() -> None:
    document = Document(kind="dni", number="54362315K", expires_on=TODAY)
    check_in_force(document, TODAY)
    with pytest.raises(DocumentExpired):
        check_in_force(document, date(2026, 11, 23))


def test_only_a_dni_can_be_permanent() -> None:
    """01-01-9999 is printed on the DNI of the old; on any other document it is a mistake."""
    check_in_force(Document(kind="dni", number="54362315K", expires_on=PERMANENT), TODAY)
    for kind in sorted(set(KINDS) - {"dni"}):
        with pytest.raises(DocumentExpiryImplausible):
            check_in_force(Document(kind=kind, number="X", expires_on=PERMANENT), TODAY)  # type: ignore[arg-type]


def test_a_date_that_no_document_bears_is_a_slip_of_the_pen() -> None:
    with pytest.raises(DocumentExpiryImplausible):
        check_in_force(Document(kind="dni", number="54362315K", expires_on=date(2206, 1, 1)), TODAY)
