"""The letter as it is printed: one page, an address in the window, and the code behind no window."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

import pytest
from fpdf import FPDF

from chalicelib.notices.letter import Letter, render
from infra.demo.slip_reader import code_on, texts

CODE = "7K3M9QXW2R5TBN8H"
POINTS_PER_MM = 72 / 25.4
PAGE = 297 * POINTS_PER_MM


def letter(language: str = "es", recipient: str = "Ana Gil\nCalle Mayor, 1\n28008 Madrid") -> bytes:
    return render(
        Letter(
            organisation="Clavero",
            recipient=recipient,
            masked_nif="***4567**",
            code=CODE,
            expires=datetime(2027, 2, 20, 22, 59, 59, tzinfo=UTC),
            url="api.clavero.es",
            phone="900 123 456",
            language=language,
            written_at=datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
        )
    )


def place_of(pdf: bytes, text: str) -> tuple[float, float]:
    """Where a string begins, in millimetres from the left and the top."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            drawing = zlib.decompressobj().decompress(stream).decode("cp1252")
        except (zlib.error, UnicodeDecodeError):
            continue
        if found := re.search(rf"BT ([\d.]+) ([\d.]+) Td[^\n]*\({re.escape(text)}\) Tj", drawing):
            return float(found[1]) / POINTS_PER_MM, (PAGE - float(found[2])) / POINTS_PER_MM
    raise LookupError(text)


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_it_is_one_page_with_the_code_as_its_largest_text(language: str) -> None:
    pdf = letter(language)
    assert pdf.count(b"/Type /Page\n") == 1
    assert code_on(pdf) == "7K3M-9QXW-2R5T-BN8H"
    assert not [text for _, text in texts(pdf) if "{" in text]


def test_the_same_letter_is_the_same_file() -> None:
    """What is sent twice after a crash is not a second letter."""
    assert letter() == letter()


def test_the_address_is_in_the_window_and_the_code_below_the_fold() -> None:
    """DIN 5008 form B: 20 to 105 mm from the left, 45 to 90 mm from the top; folded at 105 mm."""
    pdf = letter()
    for line in ("Ana Gil", "Calle Mayor, 1", "28008 Madrid"):
        left, top = place_of(pdf, line)
        assert 20 <= left <= 105
        assert 45 <= top <= 90
    assert place_of(pdf, "7K3M-9QXW-2R5T-BN8H")[1] > 105


def test_the_longest_address_still_fits() -> None:
    recipient = "\n".join(["W" * 60, *["Avinguda de les Corts Valencianes, 100, 12.º"] * 4])
    assert place_of(letter(recipient=recipient), "W" * 60)[1] > 45


def test_a_long_name_goes_on_in_the_next_line() -> None:
    """What is behind the window's edge the postman cannot read; and nobody reads four sizes of letters."""
    name = "María de los Desamparados Fernández de Córdoba y Álvarez de Toledo Gutiérrez-Solana"
    street = "Urbanización Nuestra Señora de los Ángeles, 117"
    pdf = letter(recipient=f"{name}\n{street}\n03690 Sant Vicent del Raspeig")
    printed = texts(pdf)
    last = [text for _, text in printed].index(street)
    assert " ".join(text for _, text in printed[1:last]) == name
    assert len({size for size, _ in printed[1 : last + 2]}) == 1
    pen = FPDF()
    for size, text in printed[1 : last + 2]:
        pen.set_font("Helvetica", "", size)
        assert pen.get_string_width(text) <= 77, "the window is 85 mm wide"
    assert 45 < place_of(pdf, printed[1][1])[1] < place_of(pdf, printed[last + 1][1])[1] < 90


def test_nothing_but_the_masked_number_says_whose_it_is() -> None:
    assert not [text for _, text in texts(letter()) if "12345678" in text]
