"""What docs/costs.md says of the price of an operation is what its counted calls cost."""

from __future__ import annotations

import pytest

from infra.package.template import PROJECT
from tests.deployment.costs import bills


def test_the_table_is_true() -> None:
    written = {}
    for line in (PROJECT / "docs" / "costs.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[1].replace(",", "").isdigit():
            written[cells[0]] = float(cells[1].replace(",", ""))
    counted = {name: bill.dollars() * 1e6 for name, bill in bills().items()}
    assert written.keys() == counted.keys()
    for name, dollars in counted.items():
        assert dollars == pytest.approx(written[name], rel=0.1, abs=1.5), name
