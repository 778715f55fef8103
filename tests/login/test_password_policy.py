"""Which passwords are accepted, under both presets (6.8, 6.9)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.login.password_policy import (
    LONGEST,
    PRESETS,
    PasswordNotAcceptable,
    check_password,
    common_passwords,
)

NAMES = ("María José", "Núñez", "Peña", "12345678Z", "12345678", "maria.nunez")
OURS = ("clavero", "Clavero")
MODERN, CLAVE = PRESETS["modern"], PRESETS["clave"]


def refused(preset: str, password: str) -> str:
    with pytest.raises(PasswordNotAcceptable) as refusal:
        check_password(PRESETS[preset], password, NAMES, OURS)
    assert password not in str(refusal.value), "no password in an error"
    return refusal.value.detail


@pytest.mark.parametrize(
    "password",
    [
        "quatre gats menjaven peix",  # no composition rule
        "правильная лошадь батарея",
        "x7#kQ!" * 2 + "zzZ9",
        "María compra pan en la plaza mayor",  # a name in a sentence leaves enough of it
        "a b c d e f g h i j k l",
        "ñ" * 3 + "orquesta y 27 elefantes",
    ],
)
def test_modern_asks_for_length_and_little_else(password: str) -> None:
    assert check_password(MODERN, password, NAMES, OURS)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Short1!aA", "Between 15"),
        ("x" * (LONGEST + 1), "Between 15"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats"),
        ("abcdabcdabcdabcdabcd", "repeats"),
        ("123456789012345678", "repeats"),
        ("987654321098765432", "repeats"),
        ("1234567890!password!", "tried first"),
        ("MariaJosé Núñez Peña", "Little is left"),
        ("12345678Z-clavero-1", "Little is left"),
        ("clavero password", "Little is left"),
    ],
)
def test_modern_refuses(password: str, why: str) -> None:
    assert why in refused("modern", password)


@pytest.mark.parametrize("password", ["Gat negre 7", "gat7negre!", "GatNegre77", "sense cap grup de signes"])
def test_clave_accepts_three_groups_or_sixteen_signs(password: str) -> None:
    assert check_password(CLAVE, password, NAMES, OURS)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Gat7neg", "Between 8"),
        ("gatnegre77", "3 of"),
        ("Passw0rd!", ""),
        ("Gat-Nuñez-1", "Without your name"),
        ("la peña del mon sencera i gran", "Without your name"),
        ("Password1", "tried first"),
        ("x 12345678 y Z", "Without your name"),
    ],
)
def test_clave_refuses(password: str, why: str) -> None:
    assert why in refused("clave", password)


def test_only_clave_expires() -> None:
    """No periodic change in `modern` (ASVS 6.2.10); 29 February becomes the 28th."""
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    assert MODERN.expires_at(leap) is None
    assert CLAVE.expires_at(leap) == datetime(2029, 2, 28, tzinfo=UTC)


def test_at_least_64_signs_are_allowed() -> None:
    """ASVS 6.2.9."""
    sentence = "molts anys despres, davant de l'escamot d'afusellament, el coronel recordava"
    assert len(sentence) >= 64
    assert check_password(MODERN, sentence, NAMES, OURS)


def test_one_password_from_two_keyboards() -> None:
    """NFKC: a composed and a decomposed accent are one password."""
    one = check_password(MODERN, "cançó d'amor i de guerra", NAMES, OURS)
    assert one == check_password(MODERN, "canc\u0327o\u0301 d'amor i de guerra", NAMES, OURS)


def test_the_list_is_there_and_small() -> None:
    assert {"password", "iloveyou", "1234567890"} <= common_passwords()
    assert 10_000 < len(common_passwords()) < 50_000
