"""What the crash tests tell at the end, and where they keep it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

OUT = Path(__file__).parent.parent.parent / "out" / "crash.json"
POINTS: Counter[str] = Counter()
"""How many crash points of each operation were tried."""


@pytest.fixture
def points() -> Counter[str]:
    return POINTS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not POINTS:
        return
    terminalreporter.write_line(f"crash points tried: {POINTS.total()} in {len(POINTS)} operations")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"crash_points": POINTS.total(), "operations": dict(POINTS)}, indent=2) + "\n")
