"""Worlds for the tests: an authority on (corrected) moto, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import tally
from tests.support.moto_state import moto_cloud
from tests.support.world import World, make_world


@pytest.fixture
def authority() -> Iterator[World]:
    """An authority with an officer at work."""
    with moto_cloud():
        yield make_world()


def pytest_configure() -> None:
    tally.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in tally.lines():
        terminalreporter.write_line(line)
