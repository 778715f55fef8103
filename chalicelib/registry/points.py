"""Registration points, and the public search among them (A25)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.errors import Problem
from chalicelib.registry.provinces import PROVINCES

Service = Literal["identification", "card-loading", "revocation", "phone", "video-review"]
_Line = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f<>]+$(?!\n)")]


class ProvinceInvalid(Problem):
    """Neither an INE code nor a name of a Spanish province."""

    slug = "province-invalid"
    status = 422
    title = "There is no such province"


class PostcodeInvalid(Problem):
    """The first two digits of a postcode are its province."""

    slug = "postcode-invalid"
    status = 422
    title = "The postcode belongs to another province"


class RegistrationPoint(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An office where citizens identify themselves."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,38}$(?!\n)")]
    name: _Line
    address: _Line
    municipality: _Line
    province: Annotated[str, Meta(pattern=r"^[0-9]{2}$(?!\n)", description="INE code of the province.")]
    postcode: Annotated[str, Meta(pattern=r"^[0-9]{5}$(?!\n)")]
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9 ]{6,20}$(?!\n)")]
    opening_hours: Annotated[str, Meta(min_length=1, max_length=300)]
    services: Annotated[tuple[Service, ...], Meta(min_length=1)] = ("identification",)
    active: bool = True


def check_point(point: RegistrationPoint) -> None:
    """Refuse a point that lies nowhere."""
    if point.province not in PROVINCES:
        raise ProvinceInvalid(field="province")
    if not point.postcode.startswith(point.province):
        raise PostcodeInvalid(field="postcode")


def fold(text: str) -> str:
    """Small letters without accents: València, VALENCIA and valencia are one word to whoever searches."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def province_code(text: str) -> str:
    """The code of a province given by code or by any of its names, or ProvinceInvalid."""
    wanted = fold(text.strip())
    for code, names in PROVINCES.items():
        if wanted == code or wanted in map(fold, names):
            return code
    raise ProvinceInvalid(field="province")


def search(
    points: Iterable[RegistrationPoint], text: str = "", province: str = ""
) -> list[RegistrationPoint]:
    """Active points that have every word of `text`, those of a municipality of that name first.

    A typed word matches the beginning of a word: "val" finds Valencia, "encia" does not.
    """
    code = province_code(province) if province.strip() else None
    wanted = _words(text)
    hits = [
        (_rank(point, wanted), fold(point.municipality), fold(point.name), point.id, point)
        for point in points
        if point.active and code in (None, point.province) and _matches(point, wanted)
    ]
    return [point for *_, point in sorted(hits, key=lambda hit: hit[:-1])]


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in re.findall(r"\w+", fold(text).replace("\u00b7", ""))]


def _matches(point: RegistrationPoint, wanted: list[str]) -> bool:
    # A province outside the table can only come from a damaged row, which must not stop the search.
    names = PROVINCES.get(point.province, ())
    words = _words(point.name, point.address, point.municipality, point.postcode, *names)
    return all(any(word.startswith(prefix) for word in words) for prefix in wanted)


def _rank(point: RegistrationPoint, wanted: list[str]) -> int:
    municipality = _words(point.municipality)
    if wanted == municipality:
        return 0
    if all(any(word.startswith(prefix) for word in municipality) for prefix in wanted):
        return 1
    if all(any(word.startswith(prefix) for word in _words(point.name)) for prefix in wanted):
        return 2
    return 3
