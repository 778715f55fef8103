"""Every alarm of the template: it reads a metric that is written of something that is made, and rings.

Metrics of AWS are named as its documentation names them (read in November 2026). The jobs' own figures, and
what makes them bad, are in test_alarms.py.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

import pytest

from infra.local.deployer import REGION
from infra.package import template
from infra.package.functions import logical_id
from tests.deployment.cloudwatch import Alarm, Metrics, Names, calculate, state

STAGE = "prod"
NAMES = Names(STAGE)
ALARMS = NAMES.alarms()
RUNBOOK = template.PROJECT / "docs" / "runbooks" / "alarms.md"
FUNCTIONS = [function.replace("_", "-") for function in template.functions()]
SCHEDULED = ("find-due", "publish-crls", "renew-responders", "revoke-planned", "send-outbox")


@dataclass(frozen=True)
class Documented:
    """A metric as AWS describes it."""

    dimensions: frozenset[str]
    statistics: frozenset[str]
    source: str


def _documented(dimensions: str, statistics: str, source: str) -> Documented:
    return Documented(frozenset(dimensions.split()), frozenset(statistics.split()), source)


DOCS = "https://docs.aws.amazon.com/"
GATEWAY = DOCS + "apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"
LAMBDA = DOCS + "lambda/latest/dg/monitoring-metrics-types.html"
SNS = DOCS + "sns/latest/dg/sns-monitoring-using-cloudwatch.html"
DOCUMENTED = {
    ("AWS/ApiGateway", "4XXError"): _documented("ApiName Stage", "Sum Average", GATEWAY),
    ("AWS/ApiGateway", "5XXError"): _documented("ApiName Stage", "Sum Average", GATEWAY),
    ("AWS/ApiGateway", "Latency"): _documented("ApiName Stage", "Average p99", GATEWAY),
    ("AWS/Lambda", "Errors"): _documented("FunctionName", "Sum", LAMBDA),
    ("AWS/Lambda", "Throttles"): _documented("FunctionName", "Sum", LAMBDA),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _documented(
        "QueueName",
        "Average Minimum Maximum Sum",
        DOCS + "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    ),
    # The page names the group of metrics by PhoneNumber, and not the value that direct messages go under;
    # docs/runbooks/new-account.md has it looked up after the first message.
    ("AWS/SNS", "NumberOfNotificationsFailed"): _documented("PhoneNumber", "Sum Average", SNS),
    ("AWS/SNS", "SMSMonthToDateSpentUSD"): _documented("", "Maximum", SNS),
    ("AWS/DynamoDB", "ThrottledRequests"): _documented(
        "TableName Operation",
        "Sum SampleCount",
        DOCS + "amazondynamodb/latest/developerguide/metrics-dimensions.html",
    ),
    ("AWS/WAFV2", "BlockedRequests"): _documented(
        "Region Rule WebACL", "Sum", DOCS + "waf/latest/developerguide/waf-metrics.html"
    ),
}


def properties(kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in NAMES.resources.values() if each.get("Type") == kind]


def existing(dimension: str) -> set[str]:
    """What a dimension may be called, by the resources of the template and the settings of the package."""
    config = json.loads((template.PROJECT / ".chalice" / "config.json").read_text())
    acl = NAMES.resources["Firewall"]["Properties"]
    return {
        "ApiName": {NAMES.text(NAMES.resources["RestAPI"]["Properties"]["Name"])},
        "Stage": {config["api_gateway_stage"]},
        "FunctionName": {
            NAMES.text(NAMES.resources[logical_id(each)]["Properties"]["FunctionName"])
            for each in template.functions()
        },
        "QueueName": {n for n, each in NAMES.resources.items() if each.get("Type") == "AWS::SQS::Queue"},
        "TableName": {NAMES.text(each["TableName"]) for each in properties("AWS::DynamoDB::Table")},
        "WebACL": {NAMES.text(acl["VisibilityConfig"]["MetricName"])},
        "Rule": {"ALL", *(each["VisibilityConfig"]["MetricName"] for each in acl["Rules"])},
        "Region": {REGION},
        "PhoneNumber": {"PhoneNumberDirect"},
        "service": set(config["lambda_functions"]),
    }[dimension]


Series = dict[str, list[list[float]]]


@dataclass(frozen=True)
class Case:
    """By metric, the values of each of the last periods: it rings, and it just does not."""

    loud: Series
    quiet: Series


def case(metric: str, loud: list[list[float]], quiet: list[list[float]]) -> Case:
    return Case({metric: loud}, {metric: quiet})


NINETY_NINE_GOOD = [0.0] * 99
CASES = {
    "crl-near-expiry": case("CrlHoursLeft", [[24, 12.9]], [[24, 13]]),
    "root-crl-near-expiry": case("RootCrlDaysLeft", [[29.9]], [[30]]),
    "responder-near-expiry": case("ResponderDaysLeft", [[21], [19.9]], [[21], [20]]),
    "deadlines-behind": case("DeadlineDaysBehind", [[0], [3, 2]], [[1], [3, 1]]),
    "mass-revocation-late": case("MassRevocationHoursLate", [[0, 6.1]], [[0, 6]]),
    "outbox-late": case("OldestMessageSeconds", [[60, 901]], [[60, 900]]),
    "messages-given-up": case("MessagesGivenUp", [[0, 1]], [[0, 0]]),
    "messages-failing": case("MessagesFailed", [[7, 7, 7]], [[10, 10]]),
    "sms-failing": case("NumberOfNotificationsFailed", [[6, 5]], [[5, 5]]),
    "sms-spending": case("SMSMonthToDateSpentUSD", [[700, 801]], [[700, 800]]),
    "server-errors": case("5XXError", [[*NINETY_NINE_GOOD, 1, 1]] * 2, [[*NINETY_NINE_GOOD, 1]] * 2),
    "many-refusals": case("4XXError", [[1.0] * 3001] * 2, [[1.0] * 3000] * 2),
    "firewall-blocking": case("BlockedRequests", [[3001]] * 2, [[3000]] * 2),
    "slow-answers": case("Latency", [[50.0] * 98 + [8001] * 2] * 3, [[50.0] * 99 + [9000]] * 3),
    "tables-throttled": case("ThrottledRequests", [[6, 5]] * 2, [[5, 5]] * 2),
    "foreign-signature": case("SignaturesByOthers", [[1]], [[0]]),
    "signatures-differ": Case(
        {"SignaturesByKms": [[1] * 5], "SignaturesRecorded": [[1] * 4]},
        {"SignaturesByKms": [[1] * 4], "SignaturesRecorded": [[1] * 5]},
    ),
    **{f"{each}-errors": case("Errors", [[0, 1]], [[0, 0]]) for each in FUNCTIONS},
    **{f"{each}-throttles": case("Throttles", [[0, 1]], [[0, 0]]) for each in FUNCTIONS},
    **{
        f"{each}-dead-letters": case("ApproximateNumberOfMessagesVisible", [[0, 1]], [[0, 0]])
        for each in SCHEDULED
    },
}


def read(alarm: Alarm, series: Series, *, of: int | None = None) -> str:
    """The state of an alarm after these periods; `of` so many of the last of them alone."""
    metrics = Metrics()
    sources = {source.name: source for source in alarm.sources.values()}
    for name, periods in series.items():
        for back, values in enumerate(reversed(periods[-of:] if of else periods)):
            at = -back * alarm.period
            if name in sources:
                metrics.put(sources[name].namespace, name, sources[name].dimensions, at, *values)
                continue
            # A query: each value is another table's.
            assert name in alarm.expression
            for table, value in zip(sorted(existing("TableName")), values, strict=False):
                on = frozenset({("TableName", table), ("Operation", "PutItem")})
                metrics.put("AWS/DynamoDB", name, on, at, value)
    return alarm.state(metrics, now=alarm.period)


def test_every_alarm_has_its_paragraph_and_its_cases() -> None:
    lines = RUNBOOK.read_text().splitlines()
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert sorted(name for heading in headings for name in heading.split(", ")) == sorted(ALARMS)
    assert sorted(CASES) == sorted(ALARMS)


def test_every_alarm_tells_somebody() -> None:
    for name, alarm in ALARMS.items():
        assert alarm.told["AlarmActions"] == [{"Ref": "Alarms"}], name
        # What PutMetricAlarm takes: a day, or a week where a period is an hour or more.
        longest = 7 * 86400 if alarm.period >= 3600 else 86400
        assert alarm.periods * alarm.period <= longest, name
        if alarm.expression.startswith("SELECT"):
            assert alarm.periods * alarm.period <= 3 * 3600, "a query sees three hours"


@pytest.mark.parametrize("name", sorted(CASES))
def test_it_rings_when_it_should_and_not_before(name: str) -> None:
    alarm, told = ALARMS[name], CASES[name]
    assert read(alarm, told.loud) == "ALARM"
    assert read(alarm, told.quiet) == "OK"
    if alarm.most > 1:
        assert read(alarm, told.loud, of=alarm.most - 1) == "OK", "not for a moment's trouble"


@pytest.mark.parametrize("name", sorted(CASES))
def test_silence_is_an_alarm_where_somebody_must_speak(name: str) -> None:
    """A job that does not run writes nothing. What AWS counts is absent when there is nothing to count."""
    speaks = {
        "crl-near-expiry", "root-crl-near-expiry", "responder-near-expiry", "outbox-late", "deadlines-behind"
    }  # fmt: skip

    assert read(ALARMS[name], {}) == ("ALARM" if name in speaks else "OK")


@pytest.mark.parametrize("name", sorted(CASES))
def test_it_reads_a_metric_that_is_written_for_a_resource_that_is_made(name: str) -> None:
    for source in ALARMS[name].sources.values():
        for dimension, value in source.dimensions:
            assert value in existing(dimension)
        if source.namespace.startswith("AWS/"):
            documented = DOCUMENTED[source.namespace, source.name]
            assert {dimension for dimension, _ in source.dimensions} == documented.dimensions
            assert source.statistic in documented.statistics
        else:
            assert source.namespace == f"Clavero/{STAGE}"
    if ALARMS[name].expression.startswith("SELECT"):
        documented = DOCUMENTED["AWS/DynamoDB", "ThrottledRequests"]
        dimensions = ", ".join(sorted(documented.dimensions))
        query = f'SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", {dimensions})'
        assert ALARMS[name].expression == query


def test_the_gateway_and_the_firewall_write_their_metrics() -> None:
    (everything, *_) = NAMES.resources["RestAPI"]["Properties"]["MethodSettings"]
    assert everything["ResourcePath"] == "/*"
    assert everything["MetricsEnabled"]
    acl = NAMES.resources["Firewall"]["Properties"]
    assert all(each["VisibilityConfig"]["CloudWatchMetricsEnabled"] for each in [acl, *acl["Rules"]])


# The tables of "How alarm state is evaluated when data is missing", where missing data are breaching or not.
@pytest.mark.parametrize(
    ("points", "most", "breaching", "not_breaching"),
    [
        ("0-X-X", 3, "OK", "OK"),
        ("0----", 3, "OK", "OK"),
        ("-----", 3, "ALARM", "OK"),
        ("0XX-X", 3, "ALARM", "ALARM"),
        ("----X", 3, "ALARM", "OK"),
        ("X----", 3, "ALARM", "OK"),
        ("0-X-X", 2, "ALARM", "ALARM"),
        ("00X0X", 2, "ALARM", "ALARM"),
        ("0-X--", 2, "ALARM", "OK"),
        ("----0", 2, "ALARM", "OK"),
        ("----X", 2, "ALARM", "OK"),
    ],
)
def test_the_judge_knows_the_examples_of_the_user_guide(
    points: str, most: int, breaching: str, not_breaching: str
) -> None:
    series = [{"0": False, "X": True, "-": None}[point] for point in points]
    assert state(series, most, 3, "breaching") == breaching
    assert state(series, most, 3, "notBreaching") == not_breaching


def test_the_judge_says_what_it_does_not_know() -> None:
    with pytest.raises(KeyError):
        state([None], 1, 1, "ignore")
    for unknown in ("ANOMALY_DETECTION_BAND(m1)", "m1 > 2"):
        with pytest.raises(NotImplementedError):
            calculate(ast.parse(unknown, mode="eval").body, {"m1": 1.0})
    with pytest.raises(NotImplementedError):
        Metrics().insight('SELECT AVG(Latency) FROM "AWS/ApiGateway"', 0, 1)
