"""The GSM alphabet decides whether a message is one part of 160 or several of 67 (6.11)."""

from __future__ import annotations

import pytest

from chalicelib.notices.gsm7 import BASIC, EXTENSION, foreign_signs, septets


def test_the_alphabet_has_as_many_signs_as_the_standard() -> None:
    """TS 23.038: 128 places, one of which is the escape; ten signs behind it (and the euro)."""
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


def test_signs_of_the_extension_count_twice() -> None:
    assert septets("abc") == 3
    assert septets("\u20ac[]") == 6


@pytest.mark.parametrize("sign", list("\u00e1\u00ed\u00f3\u00fa\u00e7\u00ef\u00b7\u2019`\t"))
def test_most_accents_of_our_languages_are_missing(sign: str) -> None:
    """Which is why text messages are written without them."""
    assert foreign_signs(f"a{sign}") == {sign}
    with pytest.raises(ValueError, match=f"U\\+{ord(sign):04X}"):
        septets(f"code{sign}")


def test_those_that_are_there_count_once() -> None:
    assert septets("\u00f1\u00d1\u00fc\u00e8\u00e9\u00e0\u00f2\u00c7\u00bf\u00a1@_$\n") == 14
