"""Everything that the product does, done once, and judged by roles, by their use and by alarms.

Each function's role allows what the function does, and it uses what its role allows; and KMS has signed as
often as the authority has told.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from infra.package.template import functions
from tests.deployment.citizens_journeys import citizens
from tests.deployment.cloudwatch import Metrics, Names
from tests.deployment.journeys import everything
from tests.deployment.personal_journeys import personal
from tests.deployment.recorder import Recorder
from tests.deployment.roles import of
from tests.deployment.special_journeys import special
from tests.support.moto_state import moto_cloud
from tests.support.world import STAGE, make_world

FUNCTIONS = functions()
ALARMS = Names(STAGE).alarms()
JUSTIFIED = {
    "Logs": "Lambda writes a function's output with the function's role; no call of ours shows it",
    "DeadLetters": "Lambda keeps the event of a run that failed, with the function's role",
}
"""Statements whose actions no journey uses, and why they are there."""


@dataclass(frozen=True)
class Done:
    """What was called, and what was written to the logs meanwhile."""

    recorder: Recorder
    written: str


@pytest.fixture(scope="module")
def done() -> Done:
    """Every journey and every job."""
    recorder, log = Recorder(), io.StringIO()
    with moto_cloud():
        world = recorder.watch(make_world())
        with redirect_stdout(log):
            citizens(world)
            everything(world)
    for journeys in (personal, special):  # years pass for who renews: a world of its own
        with moto_cloud():
            world = recorder.watch(make_world())
            with redirect_stdout(log):
                journeys(world)
    return Done(recorder, log.getvalue())


def test_every_call_is_allowed(done: Done) -> None:
    policies = {function: of(function) for function in FUNCTIONS}
    refused = {
        (function, asked.action, asked.resource, str(asked.context))
        for function, asked in done.recorder.asked
        if function in policies and not policies[function].allows(asked)
    }
    assert not refused
    assert {function for function, _ in done.recorder.asked} >= set(FUNCTIONS), "every function was heard"
    assert len(done.recorder.asked) > 500


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_permission_is_used(done: Done, function: str) -> None:
    """Each action on each resource of each statement: used in a journey, or justified above."""
    asked = {(each.action, each.resource) for who, each in done.recorder.asked if who == function}
    unused = [
        (statement.sid, action, resource)
        for statement in of(function).statements
        if statement.effect == "Allow" and statement.sid not in JUSTIFIED
        for action in statement.actions
        for resource in statement.resources
        if not any(
            fnmatchcase(used, action) and (fnmatchcase(where, resource) != statement.other_than)
            for used, where in asked
        )
    ]
    assert not unused


def test_kms_signs_as_often_as_the_authority_records(done: Done) -> None:
    """One signature more, and the alarm rings (R24)."""
    metrics = Metrics()
    metrics.put_log(done.written, at=0)
    signed = done.recorder.operations["authority", "kms:Sign"]
    assert signed > 20
    assert signatures_differ(metrics, signed) == "OK"
    assert signatures_differ(metrics, signed + 1) == "ALARM"
    assert signatures_differ(metrics, signed - 1) == "OK", "a crash between recording and signing is no alarm"


def test_what_is_alarmed_on_is_what_is_written(done: Done) -> None:
    metrics = Metrics()
    metrics.put_log(done.written, at=0)
    ours = {
        (source.namespace, source.name, source.dimensions)
        for alarm in ALARMS.values()
        for source in alarm.sources.values()
        if source.namespace == f"Clavero/{STAGE}" and not source.name.startswith("SignaturesBy")
    }
    assert len(ours) == 9
    assert ours <= metrics.values.keys()


def signatures_differ(metrics: Metrics, signed: int) -> str:
    """The state of the alarm when KMS has signed so often."""
    alarm = ALARMS["signatures-differ"]
    with_kms = Metrics(metrics.values.copy())
    source = alarm.sources["signed"]
    with_kms.values[source.namespace, source.name, source.dimensions] = [(0, 1)] * signed
    return alarm.state(with_kms, now=alarm.period)
