"""The public list of registration points can be searched (A25)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chalicelib.registry.points import (
    PostcodeInvalid,
    ProvinceInvalid,
    RegistrationPoint,
    check_point,
    province_code,
    search,
)
from chalicelib.registry.provinces import PROVINCES


def point(id: str, municipality: str, province: str = "46", **changes: Any) -> RegistrationPoint:
    values = {
        "id": id,
        "name": f"PRU {id}",
        "address": "Pla\u00e7a Major, 1",
        "municipality": municipality,
        "province": province,
        "postcode": province + "001",
        "phone": "963 866 014",
        "opening_hours": "9-14",
    }
    return msgspec.convert(values | changes, RegistrationPoint)


POINTS = [
    point("p1", "Val\u00e8ncia"),
    point("p2", "Alacant", "03"),
    point("p3", "L'Alf\u00e0s del Pi", "03", address="Calle Valencia, 3"),
    point("p4", "Torrent", name="Oficina Val\u00e8ncia Sud"),
    point("p5", "Val\u00e8ncia", active=False),
    point("p6", "Vila-real", "12", address="Carrer del Col\u00b7legi, 2"),
]


def found(text: str = "", province: str = "") -> list[str]:
    return [hit.id for hit in search(POINTS, text, province)]


@pytest.mark.parametrize("typed", ["val\u00e8ncia", "VALENCIA", "vale\u0300ncia", " valencia "])
def test_accents_and_capitals_do_not_matter(typed: str) -> None:
    assert found(typed)[0] == "p1"


def test_the_municipality_of_that_name_comes_first() -> None:
    assert found("valencia") == ["p1", "p4", "p3"]


def test_the_whole_name_comes_before_a_part_of_another() -> None:
    real = [point("p1", "Ciudad Real", "13"), point("p2", "Real")]
    assert [hit.id for hit in search(real, "real")] == ["p2", "p1"]


def test_an_inactive_point_is_never_shown() -> None:
    assert "p5" not in found() + found("valencia")


def test_the_beginning_of_a_word_is_enough_but_not_its_middle() -> None:
    assert found("torr") == ["p4"]
    assert found("orrent") == []


def test_every_word_must_be_found() -> None:
    assert found("alfas valencia") == ["p3"]
    assert found("alfas torrent") == []


@pytest.mark.parametrize("typed", ["03", "Alicante", "alacant", "ALACANT"])
def test_a_province_is_known_by_code_and_by_all_its_names(typed: str) -> None:
    assert found(province=typed) == ["p2", "p3"]


def test_a_point_is_found_by_the_other_name_of_its_province() -> None:
    assert "p2" in found("alicante")


def test_the_middle_dot_may_be_left_out() -> None:
    assert found("collegi") == found("col\u00b7legi") == ["p6"]


def test_an_unknown_province_is_a_mistake_and_not_an_empty_list() -> None:
    with pytest.raises(ProvinceInvalid):
        found(province="Mordor")


def test_words_of_a_search_are_no_pattern() -> None:
    assert found(".*") == found()  # no words at all
    assert found("(((((") == found()


def test_the_postcode_must_lie_in_the_province() -> None:
    check_point(POINTS[0])
    with pytest.raises(PostcodeInvalid):
        check_point(point("p7", "Torrent", postcode="28001"))
    with pytest.raises(ProvinceInvalid):
        check_point(point("p7", "Torrent", "99"))


def test_all_fifty_two_provinces_are_there_and_no_name_is_given_twice() -> None:
    assert list(PROVINCES) == [f"{code:02}" for code in range(1, 53)]
    for code, names in PROVINCES.items():
        assert {province_code(name) for name in names} == {code}


def test_one_damaged_row_does_not_stop_the_search() -> None:
    assert [hit.id for hit in search([*POINTS, point("p9", "Valentia", "99")], "valent")] == ["p9"]
