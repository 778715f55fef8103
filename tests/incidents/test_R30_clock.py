"""R30: one clock, UTC and aware: the machine's time zone, summer time and the century change nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.aws.cloud import utc_now
from tests.support.world import World, log_in

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def far_away(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine 14 hours ahead of UTC, or 11 behind."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_R30_a_machine_at_the_date_line_issues_the_same(far_away: str, authority: World) -> None:
    """serverless-ca stamped its CRLs with the machine's local time."""
    certificate = authority.certificate_of()
    assert certificate.not_valid_before_utc == authority.clock.at.replace(microsecond=0)
    assert abs((utc_now() - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("identified", "last_second"),
    [
        # The clocks go back on 31 October 2027 and forward on 28 March 2027: days count, not hours.
        (datetime(2027, 10, 20, 8, tzinfo=UTC), datetime(2027, 11, 4, 22, 59, 59, tzinfo=UTC)),
        (datetime(2027, 3, 20, 8, tzinfo=UTC), datetime(2027, 4, 4, 21, 59, 59, tzinfo=UTC)),
        # Already the next day in Madrid.
        (datetime(2027, 1, 9, 23, 30, tzinfo=UTC), datetime(2027, 1, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_R30_a_code_ends_with_a_day_in_madrid(
    authority: World, identified: datetime, last_second: datetime
) -> None:
    authority.clock.at = identified
    authority.officer = log_in(authority.app, authority.officer.certificate or "")
    answer = authority.identify(document={"kind": "dni", "number": "12345678Z", "expires_on": "2036-05-01"})
    assert datetime.fromisoformat(answer.json["expires_at"]) == last_second


@pytest.mark.parametrize(
    "day", [datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_R30_three_years_of_a_leap_day(authority: World, day: datetime) -> None:
    """29 February and New Year's Eve are days like others."""
    from tests.support.world import appoint

    authority.clock.at = day
    authority.officer = log_in(authority.app, appoint(authority.cloud, "officer-9", "valencia"))
    certificate = authority.certificate_of()
    until = certificate.not_valid_after_utc
    assert (until.year, until.month) in {(2031, 2), (2030, 12)}
    assert until < day.replace(year=day.year + 3, day=28 if day.month == 2 else 31)


def test_R30_no_module_reads_a_clock_of_its_own() -> None:
    """`now` is an argument: only the rim reads the clock, and nobody makes a naive time."""
    readers = {"now", "utcnow", "today", "time", "time_ns"}
    found = []
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in readers
            ):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id in {"datetime", "date", "time"}:
                    found.append(str(path.relative_to(ROOT)))
    assert found == ["chalicelib/aws/cloud.py"]


def test_R30_the_rules_hold_in_a_hundred_years() -> None:
    """The pure rules, run by a machine whose clock shows 2126 and whose zone is Kiritimati."""
    script = """
from datetime import UTC, datetime
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.pki.profiles import Years, not_after
now = datetime(2126, 6, 1, 12, tzinfo=UTC)
assert expires_at(GENERATION, now) == datetime(2126, 6, 16, 21, 59, 59, tzinfo=UTC)
assert not_after(now, Years(3)) == datetime(2129, 6, 1, 11, 59, 59, tzinfo=UTC)
"""
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=ROOT,
        env={"TZ": "Pacific/Kiritimati", "PATH": "/usr/bin"},
    )
