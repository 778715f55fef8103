"""Personal names and ages of natural persons (Unicode NFC; ages by the Spanish calendar)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from chalicelib.errors import Problem

LONGEST_NAME: Final = 80
ADULT: Final = 18
YOUNGEST: Final = 14
YOUNGEST_EMANCIPATED: Final = 16
OLDEST: Final = 125
"""The longest human life on record is 122 years: a date before that is a slip of the pen."""

_SPELLED_ALIKE = str.maketrans(
    {
        "\u2019": "'",  # right single quotation mark, what telephones type for an apostrophe
        "\u02bc": "'",  # modifier letter apostrophe
        "\u00b4": "'",  # acute accent typed alone
        "\u2010": "-",  # hyphen
        "\u2011": "-",  # non-breaking hyphen
        "\u0140": "l\u00b7",  # l with middle dot, the old single character of the Catalan "l·l"
        "\u013f": "L\u00b7",
        "\u00a0": " ",  # no-break space
    }
)
_BETWEEN_LETTERS: Final = frozenset(" -'\u00b7.")
_ORDINALS: Final = frozenset("\u00aa\u00ba")  # M\u00aa (Mar\u00eda), as documents abbreviate
# Latin letters only, as Spanish documents print every name: a Cyrillic or Greek twin of a Latin letter
# would make two names that look the same. Phonetic and full-width forms fall outside for the same reason.
_LATIN_BLOCKS: Final = ((0x0041, 0x024F), (0x1E00, 0x1EFF))
_AFRICAN_AND_AZERI: Final = frozenset("\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u0272")
_CASED: Final = frozenset({"Lu", "Ll"})
_MOST_MARKS: Final = 2
"""NFC leaves at most this many marks on a letter of any Latin orthography in use; more is a defacement."""


class NameInvalid(Problem):
    """It holds signs that no identity document shows, or none at all."""

    slug = "name-invalid"
    status = 422
    title = "The name cannot be written in a certificate"


class BirthDateInvalid(Problem):
    """In the future, or longer ago than anybody lives."""

    slug = "birth-date-invalid"
    status = 422
    title = "The birth date is not that of a living person"


def _is_letter(char: str) -> bool:
    if char in _ORDINALS or char in _AFRICAN_AND_AZERI:
        return True
    if unicodedata.category(char) not in _CASED or unicodedata.normalize("NFKC", char) != char:
        return False
    return any(first <= ord(char) <= last for first, last in _LATIN_BLOCKS)


def _is_mark(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


def normalise_name(text: str, *, field: str) -> str:
    """A given name or surname in NFC with single spaces, or NameInvalid.

    What is not named in the alphabet is refused, so digits, commas, plus and equals signs, quotes, angle
    brackets, controls, and the characters that turn the direction of writing never reach a distinguished
    name (R22), a message or a page.
    """
    name = re.sub(" +", " ", unicodedata.normalize("NFC", text.translate(_SPELLED_ALIKE))).strip(" ")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise NameInvalid(f"Between 1 and {LONGEST_NAME} characters are possible.", field=field)
    marks = 0
    previous = " "
    for char in name:
        marks = marks + 1 if _is_mark(char) else 0
        if marks > _MOST_MARKS or (marks == 1 and not _is_letter(previous)):
            raise NameInvalid("An accent must stand on a letter.", field=field)
        if not (marks or _is_letter(char) or char in _BETWEEN_LETTERS):
            raise NameInvalid("Only letters, spaces, hyphens, apostrophes, dots.", field=field)
        previous = char
    if not any(_is_letter(char) for char in name):
        raise NameInvalid("A name has letters.", field=field)
    return name


def optional_name(text: str | None, *, field: str) -> str | None:
    """As normalise_name, for a surname that not everybody has."""
    return None if text is None else normalise_name(text, field=field)


def age_on(day: date, birth_date: date) -> int:
    """Whole years lived on `day`.

    The day of birth counts whole (Civil Code, art. 240), so the birthday itself is already the new age.
    Whoever was born on 29 February has the birthday on 1 March in common years: the later of the two
    readings, because nobody may hold a certificate a day too young.
    """
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def is_adult(birth_date: date, day: date) -> bool:
    """Whether somebody is of age on `day` (Constitution, art. 12)."""
    return age_on(day, birth_date) >= ADULT


def check_birth_date(birth_date: date, day: date, *, field: str = "birth_date") -> None:
    if birth_date > day:
        raise BirthDateInvalid("It lies in the future.", field=field)
    if age_on(day, birth_date) > OLDEST:
        raise BirthDateInvalid(f"It lies more than {OLDEST} years ago.", field=field)
