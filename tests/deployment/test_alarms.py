"""Alarms that mean something: each rings when what it is for happens, by the figures that the code writes.

Alarms on the figures of AWS itself, and the sum of all, are in test_aws_alarms.py; the one that compares
signatures is in test_journeys.py, over everything that the product does.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.aws.functions import SCHEDULED
from chalicelib.certificates import due_scan
from chalicelib.pki.jobs import JobIncomplete
from infra.local.gateway import Context
from tests.deployment.cloudwatch import Metrics, Names
from tests.support.refused import refused
from tests.support.world import STAGE, World

NAMES = Names(STAGE)
ALARMS = NAMES.alarms()


def rings(name: str, written: str) -> bool:
    """Whether the alarm of this name is in alarm when each period holds just what was written."""
    alarm, metrics = ALARMS[name], Metrics()
    for back in range(alarm.periods):
        metrics.put_log(written, at=-back * alarm.period)
    return alarm.state(metrics, now=alarm.period) == "ALARM"


def run(world: World, job: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a job writes to its log."""
    capsys.readouterr()
    with suppress(JobIncomplete):
        world.app.handler_map[job](SCHEDULED, Context("0", function_name=job))
    return capsys.readouterr().out


def test_a_crl_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It rings while the CRL is valid, with half a day to mend what is broken (R9)."""
    assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys))
    with refused(authority.cloud.kms, "Sign", "Unavailable"):
        authority.clock.turn(hours=7)
        assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys)), "one missed renewal"
        authority.clock.turn(hours=5, minutes=30)
        assert rings("crl-near-expiry", run(authority, "publish_crls", capsys))
    assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys)), "mended"


def test_a_publisher_that_does_not_run(authority: World) -> None:
    for name in ("crl-near-expiry", "root-crl-near-expiry", "responder-near-expiry", "outbox-late"):
        assert rings(name, ""), name


def test_the_roots_crl_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert not rings("root-crl-near-expiry", run(authority, "publish_crls", capsys))
    authority.clock.turn(days=340)
    assert rings("root-crl-near-expiry", run(authority, "publish_crls", capsys))


def test_a_responder_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Renewal is due at 30 days; only when it has failed for ten is somebody called (R8)."""
    with refused(authority.cloud.kms, "Sign", "Unavailable"):
        authority.clock.turn(days=65)
        assert not rings("responder-near-expiry", run(authority, "renew_responders", capsys))
        authority.clock.turn(days=10)
        assert rings("responder-near-expiry", run(authority, "renew_responders", capsys))
    assert not rings("responder-near-expiry", run(authority, "renew_responders", capsys))


def test_a_job_that_never_finishes_its_day(
    authority: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days missed, and a run that is out of time at once: the cursor stands days ago."""
    assert not rings("deadlines-behind", run(authority, "find_due", capsys))
    authority.clock.turn(days=3)
    with monkeypatch.context() as hurried:
        hurried.setattr(due_scan, "BUDGET", timedelta(0))
        hurried.setattr(authority.cloud.functions, "start", lambda *_: None)
        assert rings("deadlines-behind", run(authority, "find_due", capsys))
    assert not rings("deadlines-behind", run(authority, "find_due", capsys)), "mended"
    assert rings("deadlines-behind", ""), "or it does not run at all"


def test_messages_that_wait_and_are_given_up(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = run(authority, "send_outbox", capsys)
    assert not rings("outbox-late", quiet)
    assert not rings("messages-given-up", quiet)
    with refused(authority.cloud.sns, "Publish", "Unavailable"):
        assert not authority.identify().json["sent"]
        authority.clock.turn(minutes=10)
        assert not rings("outbox-late", run(authority, "send_outbox", capsys))
        authority.clock.turn(minutes=10)
        assert rings("outbox-late", run(authority, "send_outbox", capsys))
        authority.clock.turn(days=16)
        assert rings("messages-given-up", run(authority, "send_outbox", capsys))
    assert not rings("outbox-late", run(authority, "send_outbox", capsys)), "given up is not late"


def test_many_messages_refused(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    with refused(authority.cloud.sns, "Publish", "Unavailable"):
        authority.identify()
        authority.clock.turn(minutes=2)
        written = run(authority, "send_outbox", capsys)
    metrics = Metrics()
    metrics.put_log(written, at=0)
    alarm = ALARMS["messages-failing"]
    assert metrics.of(alarm.sources[""], 0, alarm.period) == 1
    assert not rings("messages-failing", written)
    assert rings("messages-failing", written * 21)


@pytest.mark.parametrize(
    ("role", "error", "by_authority", "foreign"),
    [
        ("clavero-prod-authority", None, True, False),
        ("clavero-prod-authority", "ThrottlingException", False, False),
        ("clavero-prod-status", None, False, False),
        ("clavero-key-ceremony", None, False, True),
        ("somebody", "AccessDenied", False, True),
    ],
)
def test_the_trail_is_read_as_it_should(
    role: str, error: str | None, by_authority: bool, foreign: bool
) -> None:
    record: dict[str, Any] = {
        "eventSource": "kms.amazonaws.com",
        "eventName": "Sign",
        "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": role}}},
    } | ({"errorCode": error} if error else {})
    assert matches("SignaturesOfTheAuthority", record) == by_authority
    assert matches("SignaturesOfOthers", record) == foreign
    assert not matches("SignaturesOfOthers", {**record, "eventName": "Verify"})


def matches(name: str, record: dict[str, Any]) -> bool:
    """Whether a metric filter of the template counts a record (the part of the pattern language it uses)."""
    pattern = NAMES.resources[name]["Properties"]["FilterPattern"]["Fn::Sub"]
    terms = re.findall(r"\(\$\.([\w.]+) (=|!=|NOT EXISTS)(?: \"([^\"]*)\")?\)", pattern)
    assert pattern.count("&&") == len(terms) - 1
    return all(_holds(record, *term) for term in terms)


def _holds(record: dict[str, Any], path: str, operator: str, wanted: str) -> bool:
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if operator == "NOT EXISTS":
        return value is None
    return bool((value == wanted.replace("${Stage}", "prod")) == (operator == "="))
