"""Worlds for the tests: an authority on (corrected) moto, as if made for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import tally
from tests.support.moto_state import leave_standing
from tests.support.once_a_process import do_once
from tests.support.standing_world import world_as_made
from tests.support.world import World


@pytest.fixture
def authority() -> World:
    """An authority with an officer at work."""
    return world_as_made()


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_standing() -> Iterator[None]:
    yield
    leave_standing()


def pytest_configure() -> None:
    do_once()
    tally.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in tally.lines():
        terminalreporter.write_line(line)
