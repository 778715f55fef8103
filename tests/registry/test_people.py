"""Names that a certificate can carry (R22), and ages by the calendar (X04)."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.registry.people import (
    BirthDateInvalid,
    NameInvalid,
    age_on,
    check_birth_date,
    normalise_name,
    optional_name,
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Mar\u00eda   Jos\u00e9 ", "Mar\u00eda Jos\u00e9"),
        ("M\u00aa del Mar", "M\u00aa del Mar"),
        ("N\u0303an\u0303ez", "\u00d1a\u00f1ez"),  # decomposed, as some keyboards send it
        ("Vall d\u2019Uix\u00f3", "Vall d'Uix\u00f3"),
        ("Bal\u00b7le", "Bal\u00b7le"),
        ("Ga\u0140la", "Gal\u00b7la"),  # the obsolete single character
        ("L\u00f3pez-Ib\u00e1\u00f1ez", "L\u00f3pez-Ib\u00e1\u00f1ez"),
        ("J. R.", "J. R."),
        ("\u0218tef\u0103nescu", "\u0218tef\u0103nescu"),
        ("Nguy\u1ec5n", "Nguy\u1ec5n"),
        ("\u018fliyev", "\u018fliyev"),
        ("O", "O"),
    ],
)
def test_names_as_people_in_spain_bear_them_are_kept(typed: str, name: str) -> None:
    assert normalise_name(typed, field="given_name") == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("   ", "only spaces"),
        ("-'.", "no letter at all"),
        ("Juan2", "digit"),
        ("Gil, CN=Admin", "comma and equals sign: another attribute of a DN"),
        ("Gil+SN", "plus: a multi-valued RDN"),
        ('Gil "el Rojo"', "double quotes"),
        ("<script>", "angle brackets"),
        ("Gil\\", "escape of a DN"),
        ("Gil;", "separator of a DN in RFC 2253"),
        ("Gil#", "hash starts a hexadecimal value"),
        ("Gil\x00Admin", "NUL: truncates in C programs"),
        ("Gil\nRuiz", "line break: another header of a mail"),
        ("Gil\tRuiz", "control"),
        ("Gil\u202egnp", "turns the direction of writing"),
        ("Gil\u200b", "invisible"),
        ("Gil\u2066x", "isolate"),
        ("Gil\u00ad", "soft hyphen"),
        ("\u0410\u043d\u043d\u0430", "Cyrillic that looks Latin"),
        ("Gi\u217c", "a Roman numeral that looks like an l"),
        ("Ri\u0133nders", "a ligature of two letters"),
        ("\u017fil", "the old long s"),
        ("\uff27\uff49\uff4c", "full width"),
        ("\U0001d406il", "outside the Basic Multilingual Plane"),
        ("\u01c0van", "a click letter that looks like a bar"),
        ("\u0301Gil", "an accent on nothing"),
        ("Gil \u0301", "an accent on a space"),
        ("Gx\u0323\u0323\u0323il", "three marks on one letter"),
        ("x" * 81, "too long"),
    ],
)
def test_what_could_bend_a_name_or_deceive_a_reader_is_refused(typed: str, why: str) -> None:
    with pytest.raises(NameInvalid) as refusal:
        normalise_name(typed, field="surname1")
    assert refusal.value.field == "surname1"
    assert len(typed.strip()) < 4 or typed not in refusal.value.detail, "no personal data in errors"


def test_eighty_characters_are_the_most() -> None:
    assert normalise_name("x" * 80, field="surname1") == "x" * 80


@given(st.text(max_size=90))
def test_an_accepted_name_is_stable_and_harmless(typed: str) -> None:
    """Normalising twice changes nothing: else the digest of evidence would depend on how often one looks."""
    try:
        name = normalise_name(typed, field="surname1")
    except NameInvalid:
        return
    assert normalise_name(name, field="surname1") == name
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set(',+=";<>\\#\x00\n\r\t')
    assert all(ord(char) < 0x10000 and char.isprintable() for char in name)


def test_a_second_surname_is_optional() -> None:
    assert optional_name(None, field="surname2") is None
    with pytest.raises(NameInvalid):
        optional_name("", field="surname2")


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        (date(2012, 11, 22), date(2026, 11, 21), 13),
        (date(2012, 11, 22), date(2026, 11, 22), 14),  # the day of birth counts whole
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_ages_change_on_the_birthday(birth_date: date, day: date, age: int) -> None:
    assert age_on(day, birth_date) == age


@given(st.dates(date(1900, 1, 1), date(2090, 1, 1)), st.integers(0, 40_000))
def test_nobody_grows_younger(birth_date: date, days: int) -> None:
    day = birth_date + timedelta(days=days)
    assert (
        age_on(day, birth_date) <= age_on(day + timedelta(days=1), birth_date) <= age_on(day, birth_date) + 1
    )


def test_the_unborn_and_the_immortal_are_refused() -> None:
    with pytest.raises(BirthDateInvalid):
        check_birth_date(date(2026, 11, 23), date(2026, 11, 22))
    with pytest.raises(BirthDateInvalid):
        check_birth_date(date(1900, 11, 22), date(2026, 11, 22))
