"""Alarms that mean something: each rings when what it is for happens, by the figures that the jobs write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.aws.functions import SCHEDULED
from chalicelib.certificates import due_scan
from chalicelib.pki.jobs import JobIncomplete
from infra.local.gateway import Context
from infra.package import template
from infra.package.functions import add_to_each, role_id
from tests.deployment.journeys import everything
from tests.deployment.recorder import Recorder
from tests.support.world import STAGE, World

RUNBOOK = template.PROJECT / "docs" / "runbooks" / "alarms.md"


def alarms() -> dict[str, dict[str, Any]]:
    """Every alarm of the template, by name."""
    made = template.extras()
    for function in template.functions():
        for logical in (template.logical_id(function), role_id(function)):
            made["Resources"].setdefault(logical, {}).setdefault("Properties", {})
    add_to_each(made, template.functions())
    every = (each for each in made["Resources"].values() if each.get("Type") == "AWS::CloudWatch::Alarm")
    return {
        each["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("clavero-${Stage}-"): each["Properties"]
        for each in every
    }


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
}
STATISTICS: dict[str, Callable[[list[float]], float]] = {"Minimum": min, "Maximum": max, "Sum": sum}


class Figures:
    """What was written in the embedded metric format."""

    def __init__(self, written: str) -> None:
        lines = [json.loads(line) for line in written.splitlines() if line.startswith('{"_aws"')]
        self.lines: list[dict[str, Any]] = lines

    def of(self, namespace: str, metric: str, service: str) -> list[float]:
        found: list[float] = []
        for line in self.lines:
            (told,) = line["_aws"]["CloudWatchMetrics"]
            if told["Namespace"] == namespace and line["service"] == service and metric in line:
                assert told["Dimensions"] == [["service"]]
                found += line[metric]
        return found


def rings(name: str, figures: Figures) -> bool:
    """Whether the alarm of this name is in alarm when a period holds just these figures."""
    alarm = alarms()[name]
    namespace = alarm["Namespace"]["Fn::Sub"].replace("${Stage}", STAGE)
    (dimension,) = alarm["Dimensions"]
    values = figures.of(namespace, alarm["MetricName"], dimension["Value"])
    if not values:
        return bool(alarm["TreatMissingData"] == "breaching")
    return COMPARE[alarm["ComparisonOperator"]](STATISTICS[alarm["Statistic"]](values), alarm["Threshold"])


def run(world: World, job: str, capsys: pytest.CaptureFixture[str]) -> Figures:
    """What a job writes."""
    capsys.readouterr()
    with suppress(JobIncomplete):
        world.app.handler_map[job](SCHEDULED, Context("0", function_name=job))
    return Figures(capsys.readouterr().out)


@contextmanager
def refusing(world: World, service: str, operation: str) -> Iterator[None]:
    """A service of AWS that refuses."""

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        told = {"Error": {"Code": "Unavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        return AWSResponse("", 503, {}, None), told  # type: ignore[no-untyped-call]

    events = getattr(world.cloud, service).meta.events
    events.register_first(f"before-call.{service}.{operation}", refuse)
    yield
    events.unregister(f"before-call.{service}.{operation}", refuse)


def test_a_crl_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It rings while the CRL is valid, with half a day to mend what is broken (R9)."""
    assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys))
    with refusing(authority, "kms", "Sign"):
        authority.clock.turn(hours=7)
        assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys)), "one missed renewal"
        authority.clock.turn(hours=5, minutes=30)
        assert rings("crl-near-expiry", run(authority, "publish_crls", capsys))
    assert not rings("crl-near-expiry", run(authority, "publish_crls", capsys)), "mended"


def test_a_publisher_that_does_not_run(authority: World) -> None:
    for name in ("crl-near-expiry", "root-crl-near-expiry", "responder-near-expiry", "outbox-late"):
        assert rings(name, Figures("")), name


def test_the_roots_crl_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert not rings("root-crl-near-expiry", run(authority, "publish_crls", capsys))
    authority.clock.turn(days=340)
    assert rings("root-crl-near-expiry", run(authority, "publish_crls", capsys))


def test_a_responder_near_its_end(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Renewal is due at 30 days; only when it has failed for ten is somebody called (R8)."""
    with refusing(authority, "kms", "Sign"):
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
    assert rings("deadlines-behind", Figures("")), "or it does not run at all"


def test_messages_that_wait_and_are_given_up(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = run(authority, "send_outbox", capsys)
    assert not rings("outbox-late", quiet)
    assert not rings("messages-given-up", quiet)
    with refusing(authority, "sns", "Publish"):
        assert not authority.identify().json["sent"]
        authority.clock.turn(minutes=10)
        assert not rings("outbox-late", run(authority, "send_outbox", capsys))
        authority.clock.turn(minutes=10)
        assert rings("outbox-late", run(authority, "send_outbox", capsys))
        authority.clock.turn(days=16)
        assert rings("messages-given-up", run(authority, "send_outbox", capsys))
    assert not rings("outbox-late", run(authority, "send_outbox", capsys)), "given up is not late"


def test_many_messages_refused(authority: World, capsys: pytest.CaptureFixture[str]) -> None:
    lines = json.dumps(
        {
            "_aws": {"CloudWatchMetrics": [{"Namespace": f"Clavero/{STAGE}", "Dimensions": [["service"]]}]},
            "service": "send_outbox",
            "MessagesFailed": [21],
        }
    )
    assert rings("messages-failing", Figures(lines.replace('{"_aws": ', '{"_aws":')))
    with refusing(authority, "sns", "Publish"):
        authority.identify()
        authority.clock.turn(minutes=2)
        assert run(authority, "send_outbox", capsys).of(
            f"Clavero/{STAGE}", "MessagesFailed", "send_outbox"
        ) == [1]


def test_kms_signs_as_often_as_the_authority_records(
    authority: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over everything that the product does. One signature more, and the alarm rings (R24)."""
    recorder = Recorder()
    world = recorder.watch(authority)
    capsys.readouterr()
    everything(world)
    recorded = sum(Figures(capsys.readouterr().out).of(f"Clavero/{STAGE}", "SignaturesRecorded", "authority"))
    signed = recorder.operations["authority", "kms:Sign"]
    assert signed > 20
    assert not unexplained(signed, recorded)
    assert unexplained(signed + 1, recorded)
    assert not unexplained(signed, recorded + 1), "a crash between recording and signing is no alarm"


def unexplained(signed: float, recorded: float) -> bool:
    alarm = alarms()["signatures-differ"]
    (expression,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    assert expression == "FILL(signed, 0) - FILL(recorded, 0)"
    return COMPARE[alarm["ComparisonOperator"]](signed - recorded, alarm["Threshold"])


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
    pattern = template.extras()["Resources"][name]["Properties"]["FilterPattern"]["Fn::Sub"]
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


def test_every_alarm_has_its_paragraph() -> None:
    headings = [
        line.removeprefix("## ") for line in RUNBOOK.read_text().splitlines() if line.startswith("## ")
    ]
    assert sorted(name for heading in headings for name in heading.split(", ")) == sorted(alarms())


def test_every_alarm_tells_somebody() -> None:
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert timedelta(seconds=alarm.get("Period", 60)) <= timedelta(days=1), name
