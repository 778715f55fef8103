"""The printed slip with the generation code (A18)."""

from __future__ import annotations

import subprocess
import sys
import zlib
from datetime import UTC, datetime

import pytest

from chalicelib.codes.kinds import GENERATION
from chalicelib.notices.catalogue import LANGUAGES
from chalicelib.notices.slip import Slip, render

CODE = "Kd7pQ2mWxZ"


def slip(language: str = "es", code: str = CODE) -> Slip:
    return Slip(
        organisation="Clavero",
        masked_nif="***4567**",
        code=code,
        expires=datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC),
        url="clavero.example",
        phone="963 866 014",
        language=language,
        printed_at=datetime(2026, 11, 22, 17, 0, tzinfo=UTC),
    )


def drawn(pdf: bytes) -> str:
    """The drawing instructions of the pages, whose strings are WinAnsi in parentheses."""
    streams = [part.split(b"endstream")[0].strip(b"\r\n") for part in pdf.split(b"stream\n")[1::2]]
    return "".join(zlib.decompress(stream).decode("cp1252") for stream in streams)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_shows_the_code_in_groups_and_by_name(language: str) -> None:
    text = drawn(render(slip(language)))
    assert "(Kd7pQ 2mWxZ)" in text
    assert "***4567**" in text
    assert "963 866 014" in text
    assert "clavero.example" in text


def test_letters_of_our_languages_arrive_whole() -> None:
    assert "contrase\u00f1a" in drawn(render(slip("es")))
    assert "adre\u00e7a" in drawn(render(slip("ca")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_one_sheet_whatever_the_code(language: str) -> None:
    """A second sheet would be forgotten in the printer."""
    for code in ("W" * 10, "i" * 10, "2" * 10):
        pdf = render(slip(language, code))
        assert pdf.count(b"/Type /Page\n") == 1


def test_the_widest_code_stays_inside_its_frame() -> None:
    """Courier: every sign is 0.6 of the size wide, whichever it is."""
    points = (GENERATION.length + 1) * 0.6 * 44
    assert points / 72 * 25.4 < 160


def test_the_same_slip_is_the_same_file() -> None:
    """So that a retried request prints nothing new."""
    assert render(slip()) == render(slip())
    assert b"/CreationDate (D:20261122170000" in render(slip()), "when it was printed, not when the test ran"


@pytest.mark.parametrize(("language", "tag"), [("es", "es-ES"), ("ca", "ca-ES-valencia"), ("en", "en-GB")])
def test_a_screen_reader_is_told_title_and_language(language: str, tag: str) -> None:
    pdf = render(slip(language))
    assert f"/Lang ({tag})".encode() in pdf
    assert b"/Title " in pdf
    assert b"/DisplayDocTitle true" in pdf


def test_neither_code_nor_number_is_in_the_metadata() -> None:
    assert CODE.encode() not in render(slip())
    assert b"4567" not in render(slip())


def test_fpdf_is_not_loaded_until_somebody_prints() -> None:
    """It would slow every cold start."""
    command = "import sys, chalicelib.notices.slip; sys.exit('fpdf' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True)
