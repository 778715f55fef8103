"""Which passwords are accepted: two presets (OWASP ASVS 6.2 and NIST SP 800-63B; or the older rules of 2.11).

Both refuse what attackers try first: an offline list of common passwords, and words that belong to the
person or to us.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.errors import Problem
from chalicelib.registry.assurance import years_later

LONGEST: Final = 128
"""No shorter than the 64 that everybody is to allow (ASVS 6.2.9), and short enough to hash."""
LEFT_OVER: Final = 8
"""How much must be left of a password when well-known words are cut out of it."""
SHORTEST_WORD: Final = 4
"""Shorter words occur by chance."""
COMMON: Final = Path(__file__).parent / "common_passwords.txt.gz"
"""Those of Django 5.2's list with six signs or more, without accents (BSD-3-Clause, see the .LICENSE)."""


class PasswordNotAcceptable(Problem):
    """6.8, 6.9: too short, too common, or made of what anybody knows about the person."""

    slug = "password-not-acceptable"
    status = 422
    title = "Choose another password"


class Preset(msgspec.Struct, frozen=True):
    """A set of rules."""

    name: str
    shortest: int
    groups: int = 0
    """How many of: small letters, capitals, digits, other signs."""
    free_from: int = 0
    """From this length on, `groups` does not matter."""
    bare_of_names: bool = False
    """Whether no name and no number of the person may be in it at all."""
    years: int = 0
    """After how long it expires; 0: never, as nothing is gained by it (ASVS 6.2.10)."""

    def expires_at(self, set_at: datetime) -> datetime | None:
        return years_later(set_at, self.years) if self.years else None


PRESETS: Final = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            # 15 where the password may stand alone (SP 800-63B-4): at the basic level there is no second
            # factor to add (X06), so that the 8 of passwords with one never apply.
            Preset("modern", shortest=15),
            Preset("clave", shortest=8, groups=3, free_from=16, bare_of_names=True, years=1),
        )
    }
)

GROUPS: Final[tuple[Callable[[str], bool], ...]] = (
    str.islower,
    str.isupper,
    str.isdigit,
    lambda sign: not sign.isalnum(),
)


def check_password(preset: Preset, password: str, names: Iterable[str], ours: Iterable[str]) -> str:
    """The password in the form in which it is hashed.

    Args:
        names: given name, surnames, NIF, the e-mail's local part.
        ours: what we are called.

    Raises:
        PasswordNotAcceptable: `detail` says why.
    """
    text = normalise(password)
    people = words(names)
    for rule in (_length, _composition, _no_names, _not_common, _not_repeated, _not_words):
        if reason := rule(preset, text, people, words(ours)):
            raise PasswordNotAcceptable(reason, field="password")
    return text


def normalise(password: str) -> str:
    """One spelling (NFKC, SP 800-63B-4 3.1.1.2): the same password from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def words(texts: Iterable[str]) -> frozenset[str]:
    """The words of these texts as they are looked for."""
    found = {word for text in texts for word in re.split(r"[^a-z0-9]+", plain(text))}
    return frozenset(word for word in found if len(word) >= SHORTEST_WORD)


def plain(text: str) -> str:
    """Small letters without accents."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))


def _length(preset: Preset, text: str, *_: object) -> str:
    if not preset.shortest <= len(text) <= LONGEST:
        return f"Between {preset.shortest} and {LONGEST} characters; a sentence is easier than signs."
    return ""


def _composition(preset: Preset, text: str, *_: object) -> str:
    if len(text) >= preset.free_from or sum(any(map(group, text)) for group in GROUPS) >= preset.groups:
        return ""
    return f"{preset.groups} of small letters, capitals, digits, other signs; or {preset.free_from} signs."


def _no_names(preset: Preset, text: str, people: frozenset[str], _: object) -> str:
    flat = plain(text)
    if preset.bare_of_names and any(word in flat for word in people):
        return "Without your name, surnames or number."
    return ""


def _not_common(_: Preset, text: str, *__: object) -> str:
    flat = plain(text)
    bare = re.sub(r"^[^a-z]+|[^a-z]+$", "", flat)
    if flat in common_passwords() or bare in common_passwords():
        return "It is one of those that are tried first."
    return ""


def _not_repeated(_: Preset, text: str, *__: object) -> str:
    """`abcabcabcabcabcabc`, `111111111111111`, `123456789012345`."""
    flat = plain(text)
    repeated = any(flat == (flat[:size] * len(flat))[: len(flat)] for size in range(1, LEFT_OVER))
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(flat)}
    if repeated or len(set(flat)) < LEFT_OVER // 2 or (len(steps) == 1 and flat.isdigit()):
        return "It repeats itself."
    return ""


def _not_words(_: Preset, text: str, people: frozenset[str], ours: frozenset[str]) -> str:
    rest = plain(text)
    for word in sorted(people | ours, key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != plain(text) and (len(rest) < LEFT_OVER or rest.strip(" 0123456789-_.!") in common_passwords()):
        return "Little is left of it without your name, your number and ours."
    return ""


@cache
def common_passwords() -> frozenset[str]:
    """The list, read when the first password is set; a constant of the release."""
    return frozenset(gzip.decompress(COMMON.read_bytes()).decode().splitlines())
