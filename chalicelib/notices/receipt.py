"""The receipt (PDF) of a registration, a renewal, a change, a renunciation or a payment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.notices import catalogue

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN = 25
_WIDTH = 210 - 2 * _MARGIN
_GREY = 90
_LANGUAGE_TAGS = {"es": "es-ES", "ca": "ca-ES-valencia", "en": "en-GB"}


class ReceiptSheet(NamedTuple):
    """What is printed. The NIF is masked: a sheet left on a table tells nobody whose it is."""

    organisation: str
    kind: str
    method: str
    masked_nif: str
    activation_code: str
    """In groups; empty where there is none."""
    verification_code: str
    verify_at: str
    phone: str
    language: str
    at: datetime
    details: tuple[tuple[str, str], ...] = ()
    """More lines: the name of each, as in the texts, and what it says."""


def render(sheet: ReceiptSheet) -> bytes:
    """The sheet as PDF: always the same bytes for the same sheet."""
    from fpdf import FPDF

    texts = catalogue.LANGUAGES[sheet.language]
    words = texts.RECEIPT
    pdf = FPDF(format="A4")
    pdf.set_creation_date(sheet.at)
    pdf.set_title(words["titles"][sheet.kind])
    pdf.set_author(sheet.organisation)
    pdf.set_lang(_LANGUAGE_TAGS[sheet.language])
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.add_page()
    _line(pdf, sheet.organisation, 12, grey=_GREY)
    _line(pdf, words["titles"][sheet.kind], 20, bold=True, after=6)
    _line(pdf, f"{words['for']}: {sheet.masked_nif}", 12, after=2)
    _line(pdf, f"{words['date']}: {catalogue.moment(texts, sheet.at)}", 12, after=2)
    if sheet.method:
        _line(pdf, f"{words['method']}: {words['methods'][sheet.method]}", 12, after=2)
    for name, said in sheet.details:
        _line(pdf, f"{words['details'][name]}: {said}", 12, after=2)
    pdf.ln(4)
    if sheet.activation_code:
        _line(pdf, words["activation"], 14, bold=True, after=2)
        pdf.set_font("Courier", "B", 26)
        pdf.cell(_WIDTH, 16, sheet.activation_code, border=1, align="C", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
        _line(pdf, words["keep"], 11, after=6)
    _line(pdf, words["meaning"][sheet.kind], 11, after=6)
    _line(pdf, words["verify"].format(url=sheet.verify_at), 11, after=1)
    _line(pdf, sheet.verification_code, 14, bold=True, after=6)
    _line(pdf, words["help"].format(phone=sheet.phone), 11)
    return bytes(pdf.output())


def _line(pdf: FPDF, text: str, size: int, *, bold: bool = False, grey: int = 0, after: float = 0) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    pdf.set_text_color(grey)
    pdf.multi_cell(_WIDTH, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(after)
