"""Printed slip: the generation code on a sheet of A4, for whoever chose paper (A18)."""

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


class Slip(NamedTuple):
    """What is printed. The name of the holder is not: a sheet left on a printer tells nobody whose it is."""

    organisation: str
    masked_nif: str
    code: str
    expires: datetime
    url: str
    phone: str
    language: str
    printed_at: datetime


def render(slip: Slip) -> bytes:
    """The sheet as PDF: always the same bytes for the same slip."""
    # Imported here: fpdf takes longer to load than everything else in a cold start.
    from fpdf import FPDF
    from fpdf.prefs import ViewerPreferences

    texts = catalogue.LANGUAGES[slip.language]
    words = texts.SLIP
    pdf = FPDF(format="A4")
    pdf.set_creation_date(slip.printed_at)
    pdf.set_title(words["title"])
    pdf.set_author(slip.organisation)
    pdf.set_lang(_LANGUAGE_TAGS[slip.language])
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.add_page()

    _line(pdf, slip.organisation, size=12, grey=_GREY)
    _line(pdf, words["title"], size=20, bold=True, after=6)
    _line(pdf, f"{words['for']}: {slip.masked_nif}", size=12, after=6)
    _code_box(pdf, words["code"], kinds.grouped(kinds.GENERATION, slip.code))
    _line(pdf, ", ".join(_spelled(words, sign) for sign in slip.code), size=10, after=2)
    _line(pdf, words["case"], size=10, grey=_GREY, after=5)
    _line(pdf, f"{words['expires']} {catalogue.moment(texts, slip.expires)}.", size=13, bold=True, after=8)
    _line(pdf, words["how"], size=14, bold=True, after=1)
    for number, step in enumerate(words["steps"], start=1):
        _item(pdf, f"{number}.", step.format(url=slip.url))
    pdf.ln(6)
    _line(pdf, words["warnings_title"], size=14, bold=True, after=1)
    for warning in words["warnings"]:
        _item(pdf, "\N{MIDDLE DOT}", warning.format(phone=slip.phone))
    pdf.set_y(-_MARGIN)
    _line(pdf, words["printed"].format(moment=catalogue.moment(texts, slip.printed_at)), size=9, grey=_GREY)
    return bytes(pdf.output())


def _spelled(words: dict[str, str], sign: str) -> str:
    """A sign by name: on paper c and C, w and W, x and X differ in size only."""
    if sign.isdigit():
        return sign
    name = words["upper" if sign.isupper() else "lower"].format(sign=sign)
    return name.replace(" ", "\N{NO-BREAK SPACE}")


def _line(pdf: FPDF, text: str, *, size: int, bold: bool = False, grey: int = 0, after: float = 0) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    pdf.set_text_color(grey)
    pdf.multi_cell(_WIDTH, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(after)


def _code_box(pdf: FPDF, label: str, code: str) -> None:
    top = pdf.get_y()
    pdf.rect(_MARGIN, top, _WIDTH, 36)
    pdf.set_y(top + 3)
    pdf.set_font("Helvetica", "", 11)
    pdf.set_text_color(_GREY)
    pdf.cell(_WIDTH, 6, label, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Courier", "B", 44)
    pdf.set_text_color(0)
    pdf.cell(_WIDTH, 22, code, align="C")
    pdf.set_y(top + 39)


def _item(pdf: FPDF, mark: str, text: str) -> None:
    pdf.set_font("Helvetica", "", 11)
    pdf.set_text_color(0)
    pdf.cell(7, 6, mark)
    pdf.multi_cell(_WIDTH - 7, 6, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)
