"""Worlds for the tests: an authority on (corrected) moto, as if made for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import tally
from tests.support.moto_state import leave_standing
from tests.support.once_a_process import do_once
from tests.support.standing_world import world_as_made
from tests.support.world import World

COVERED = pytest.StashKey[tuple[list[str], str]]()


@pytest.fixture
def authority() -> World:
    """An authority with an officer at work."""
    return world_as_made()


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_standing() -> Iterator[None]:
    yield
    leave_standing()


LONGEST = ("tests/crash/", "tests/races/", "tests/deployment/", "tests/web/test_openapi.py", "tests/infra/")
"""Begun first: two processes that end with the short ones end at the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, begins in enumerate(LONGEST) if item.nodeid.startswith(begins)), len(LONGEST))

    items.sort(key=place)


def pytest_configure() -> None:
    do_once()
    tally.begin()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where every operation of the crash suite was tried, a write that none of them broke fails the run."""
    if hasattr(session.config, "workerinput") or not tally.is_of_this_run("crash"):
        return
    from tests.crash.places import told_of_all

    session.config.stash[COVERED] = wrong, _ = told_of_all(tally.read("crash"))
    if wrong and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in tally.lines():
        terminalreporter.write_line(line)
    wrong, how_much = terminalreporter.config.stash.get(COVERED, ([], ""))
    for line in (*wrong, how_much):
        terminalreporter.write_line(line, red=bool(wrong))
