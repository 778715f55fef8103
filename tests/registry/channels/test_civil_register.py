"""The civil register: what an operator may enter, how it is kept, and that it tells nobody an address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib.audit.events import every_event
from chalicelib.errors import Problem
from chalicelib.registry.civil_register import NO_DIGEST, CivilEntry, TableRegister, import_entry, knows
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.tables import CivilRow
from infra.commands.civil_register import import_people
from infra.local.seed import PEOPLE
from tests.support.world import World

ENTRY: dict[str, Any] = {
    "nif": "12345678Z",
    "given_name": "María José",
    "surname1": "Núñez",
    "birth_date": "1985-02-28",
    "contrast": {"valid_until": "2031-05-01"},
    "address": ["Carrer de la Pau, 12", "46002 València"],
}


def entry(**changes: Any) -> CivilEntry:
    return msgspec.convert(ENTRY | changes, CivilEntry)


def test_contrast_data_are_kept_as_a_keyed_hash(authority: World) -> None:
    """2.4: somebody who reads the table learns no date of any document."""
    import_entry(authority.cloud, entry(), "operator:test")
    row = CivilRow.get("12345678Z")
    assert "2031" not in str(row.attribute_values)
    digest = contrast_digest(
        authority.cloud, "12345678Z", msgspec.convert({"valid_until": "2031-05-01"}, Contrast)
    )
    assert knows(TableRegister().find("12345678Z"), digest)
    assert not knows(TableRegister().find("12345678Z"), "f" * 64)


def test_nobody_is_known_by_no_hash(authority: World) -> None:
    """The digest that stands in for a stranger's is one that HMAC-SHA-256 gives to nobody in practice."""
    assert TableRegister().find("00000005M") is None
    assert not knows(None, "f" * 64)
    assert len(NO_DIGEST) == 64


def test_what_is_imported_again_is_corrected(authority: World) -> None:
    import_entry(authority.cloud, entry(surname2="Peña"), "operator:test")
    import_entry(authority.cloud, entry(address=["Carrer Nou, 1", "46001 València"]), "operator:test")
    found = TableRegister().find("12345678Z")
    assert found is not None
    assert found.address == ("Carrer Nou, 1", "46001 València")
    assert found.surname2 is None


def test_an_import_leaves_an_event_that_names_nobody(authority: World) -> None:
    import_entry(authority.cloud, entry(), "operator:test")
    (event,) = [event for event in every_event() if event.act == "civil-register.imported"]
    assert event.actor == "operator:test"
    assert "12345678" not in str(event)


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"nif": "12345678A"}, "nif-invalid"),
        ({"given_name": "<b>"}, "name-invalid"),
        ({"birth_date": "2030-01-01"}, "birth-date-invalid"),
        ({"contrast": {}}, "contrast-invalid"),
        ({"address": ["Улица Мира, 1", "46002 València"]}, "address-invalid"),
    ],
)
def test_what_no_letter_could_be_sent_with_is_refused(
    authority: World, changes: dict[str, Any], slug: str
) -> None:
    with pytest.raises(Problem) as refused:
        import_entry(authority.cloud, entry(**changes), "operator:test")
    assert refused.value.slug == slug


@pytest.mark.parametrize("address", [["one line"], ["a"] * 5, ["x" * 46, "b"], ["line\nbreak", "b"]])
def test_an_address_fits_the_window_of_an_envelope(address: list[str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        entry(address=address)


def test_an_operator_imports_a_file_and_is_told_of_wrong_lines(
    authority: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.jsonl"
    lines = [ENTRY, ENTRY | {"nif": "00000001A"}, {"nif": "00000001R"}]
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    assert import_people(authority.cloud, file, "operator:test") == 1
    told = capsys.readouterr()
    assert "imported 1 people; wrong lines: 2" in told.out
    assert told.err.splitlines() == ["line 2: nif-invalid", "line 3: not of the documented form"]
    assert "00000001" not in told.err


def test_the_local_people_can_be_imported(authority: World) -> None:
    assert import_people(authority.cloud, PEOPLE, "operator:local") == 0


def test_no_answer_of_the_api_has_an_address(authority: World) -> None:
    """G04: it goes onto letters. Only registration points say where they are."""
    document = authority.citizen.get("/openapi.json").json
    schemas = document["components"]["schemas"]
    having = {name for name, schema in schemas.items() if "address" in schema.get("properties", {})}
    assert having <= {"RegistrationPoint", "CalendarAddress"}, "of an office, and of a calendar on the web"
