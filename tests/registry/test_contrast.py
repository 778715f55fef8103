"""Contrast data (2.4): one datum, the one that the kind of document is contrasted by, in one spelling."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.registry.contrast import Contrast, ContrastInvalid, contrast_text

DNI, NIE = "12345678Z", "X2482300W"
DAY, PERMANENT = date(2031, 5, 1), date(9999, 1, 1)


@pytest.mark.parametrize(
    ("nif", "given", "text"),
    [
        (DNI, Contrast(valid_until=DAY), "valid-until:2031-05-01"),
        (DNI, Contrast(issued_on=date(1999, 3, 2)), "issued-on:1999-03-02"),
        (NIE, Contrast(support_number="e12345678"), "support:E12345678"),
        (NIE, Contrast(support_number="E 1234-5678"), "support:E12345678"),
    ],
)
def test_each_document_is_contrasted_by_its_own_datum(nif: str, given: Contrast, text: str) -> None:
    assert contrast_text(nif, given) == text


@pytest.mark.parametrize(
    ("nif", "given"),
    [
        (DNI, Contrast()),
        (DNI, Contrast(valid_until=PERMANENT)),
        (DNI, Contrast(support_number="AAA000000")),
        (DNI, Contrast(valid_until=DAY, issued_on=DAY)),
        (NIE, Contrast(valid_until=DAY)),
        (NIE, Contrast(support_number="12345678")),
    ],
)
def test_any_other_is_refused(nif: str, given: Contrast) -> None:
    """A permanent DNI, whose date everybody knows, is contrasted by the day of issue."""
    with pytest.raises(ContrastInvalid):
        contrast_text(nif, given)
