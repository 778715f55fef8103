"""The invitation letter (G03-G06): a sheet of A4 for an envelope with a window, with its CSV.

The address stands where DIN 5008 form B has it (45 mm from the top, 20 mm from the left, 85 by 45 mm),
which DL and C5/6 window envelopes fit; the code stands below the first fold, behind no window.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.codes import kinds
from chalicelib.notices import catalogue

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN: Final = 25.0
_WIDTH: Final = 210.0 - 2 * _MARGIN
_GREY: Final = 90
_LANGUAGE_TAGS: Final = {"es": "es-ES", "ca": "ca-ES-valencia", "en": "en-GB"}
_WINDOW: Final = (20.0, 45.0, 85.0)
_LARGEST: Final = 11.0
_SMALLEST: Final = 8.0
_MOST_LINES: Final = 7
_FOLDS: Final = (105.0, 210.0)


class Letter(NamedTuple):
    """What is printed."""

    organisation: str
    recipient: str
    """Name and fiscal address, a line each."""
    masked_nif: str
    code: str
    expires: datetime
    url: str
    phone: str
    language: str
    written_at: datetime


def render(letter: Letter) -> bytes:
    """The letter as PDF: always the same bytes for the same letter."""
    from fpdf import FPDF

    texts = catalogue.LANGUAGES[letter.language]
    words = texts.LETTER
    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "cp1252"
    pdf.set_creation_date(letter.written_at)
    pdf.set_title(words["title"])
    pdf.set_author(letter.organisation)
    pdf.set_lang(_LANGUAGE_TAGS[letter.language])
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.add_page()
    pdf.set_y(20)
    _line(pdf, letter.organisation, size=14, bold=True)
    _address(pdf, letter)
    _fold_marks(pdf)

    pdf.set_y(96)
    day = catalogue.moment(texts, letter.written_at).partition(",")[0]
    _line(pdf, day, size=10, grey=_GREY, after=5)
    _line(pdf, words["title"], size=18, bold=True, after=3)
    _line(pdf, f"{words['for']}: {letter.masked_nif}", size=11, after=3)
    _line(pdf, words["why"].format(organisation=letter.organisation), size=11, after=4)
    _code_box(pdf, words["code"], kinds.grouped(kinds.LETTER, letter.code, "-"))
    _line(pdf, f"{words['expires']} {catalogue.moment(texts, letter.expires)}.", size=11, bold=True, after=4)
    _line(pdf, words["how"], size=13, bold=True, after=1)
    for number, step in enumerate(words["steps"], start=1):
        _item(pdf, f"{number}.", step.format(url=letter.url))
    pdf.ln(3)
    for warning in words["warnings"]:
        _item(pdf, "\N{MIDDLE DOT}", warning.format(phone=letter.phone))
    return bytes(pdf.output())


def _address(pdf: FPDF, letter: Letter) -> None:
    left, top, width = _WINDOW
    size, lines = _fitted(pdf, letter.recipient.split("\n"), width - 8)
    # Centred in height, so that a letter that slips in its envelope still shows every line.
    pdf.set_xy(left + 5, top + max(2.0, (45 - 5.5 * len(lines)) / 2))
    pdf.set_text_color(0)
    pdf.set_font("Helvetica", "", size)
    for line in lines:
        pdf.set_x(left + 5)
        pdf.cell(width - 5, 5.5, line, new_x="LMARGIN", new_y="NEXT")


def _fitted(pdf: FPDF, lines: list[str], width: float) -> tuple[float, list[str]]:
    """One size for all lines, the largest at which none but the name needs more than one line."""
    size, fitted = _LARGEST, lines
    while size >= _SMALLEST:
        pdf.set_font("Helvetica", "", size)
        wrapped = [_wrapped(pdf, line, width) for line in lines]
        fitted = [part for parts in wrapped for part in parts]
        if all(len(parts) == 1 for parts in wrapped[1:]) and len(fitted) <= _MOST_LINES:
            break
        size -= 0.5
    return max(size, _SMALLEST), fitted


def _wrapped(pdf: FPDF, line: str, width: float) -> list[str]:
    parts = [""]
    for word in line.split():
        longer = f"{parts[-1]} {word}".strip()
        if parts[-1] and pdf.get_string_width(longer) > width:
            parts.append(word)
        else:
            parts[-1] = longer
    return parts


def _fold_marks(pdf: FPDF) -> None:
    pdf.set_draw_color(160)
    for height in _FOLDS:
        pdf.line(5, height, 9, height)
    pdf.set_draw_color(0)


def _line(pdf: FPDF, text: str, *, size: int, bold: bool = False, grey: int = 0, after: float = 0) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    pdf.set_text_color(grey)
    pdf.multi_cell(_WIDTH, size * 0.48, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(after)


def _code_box(pdf: FPDF, label: str, code: str) -> None:
    top = pdf.get_y()
    pdf.rect(_MARGIN, top, _WIDTH, 24)
    pdf.set_y(top + 2.5)
    pdf.set_font("Helvetica", "", 10)
    pdf.set_text_color(_GREY)
    pdf.cell(_WIDTH, 5, label, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Courier", "B", 28)
    pdf.set_text_color(0)
    pdf.cell(_WIDTH, 14, code, align="C")
    pdf.set_y(top + 27)


def _item(pdf: FPDF, mark: str, text: str) -> None:
    pdf.set_font("Helvetica", "", 10.5)
    pdf.set_text_color(0)
    pdf.cell(7, 5.2, mark)
    pdf.multi_cell(_WIDTH - 7, 5.2, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(0.8)
