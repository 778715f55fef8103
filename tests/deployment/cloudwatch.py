"""CloudWatch's alarms as its user guide describes them: periods, M out of N, missing data, metric math.

Not all of them, and it says so: a statistic, an expression or a treatment of missing data that no alarm of
ours has is an error, never a quiet alarm. Source: "Using Amazon CloudWatch alarms", whose two tables of
examples are the vectors in test_aws_alarms.py.
"""

from __future__ import annotations

import ast
import json
import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.deployer import REGION
from infra.package import template
from infra.package.functions import add_to_each, logical_id, role_id

MORE_THAN_ASKED = 2
"""How many periods more than it needs an alarm looks back, where some are missing: in the guide, 5 for 3."""

Dimensions = frozenset[tuple[str, str]]
Value = float | None

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": operator.lt,
    "GreaterThanThreshold": operator.gt,
}
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Minimum": min,
    "Maximum": max,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "p99": lambda values: sorted(values)[math.ceil(len(values) * 0.99) - 1],
}
ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
INSIGHT = re.compile(r'SELECT SUM\((\w+)\) FROM SCHEMA\("([\w/]+)", (\w+(?:, \w+)*)\)')


def state(breaching: Sequence[bool | None], most: int, asked: int, treat_missing: str) -> str:
    """The state by the datapoints of the evaluation range, the newest last; None for a missing one."""
    real = [each for each in breaching if each is not None][-asked:]
    filled = {"breaching": True, "notBreaching": False}[treat_missing]
    considered = real + [filled] * (asked - len(real))
    return "ALARM" if sum(considered) >= most else "OK"


@dataclass(frozen=True)
class Source:
    """One metric that an alarm reads."""

    namespace: str
    name: str
    dimensions: Dimensions
    statistic: str


@dataclass
class Metrics:
    """What was written: by metric, values with the second of each."""

    values: dict[tuple[str, str, Dimensions], list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def put(self, namespace: str, name: str, dimensions: Dimensions, at: float, *values: float) -> None:
        self.values[namespace, name, dimensions] += [(at, value) for value in values]

    def put_log(self, written: str, at: float) -> None:
        """Every line in the embedded metric format, as CloudWatch reads it from a log."""
        for line in written.splitlines():
            if not line.startswith('{"_aws"'):
                continue
            told = json.loads(line)
            for directive in told["_aws"]["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    dimensions = frozenset((name, told[name]) for name in names)
                    for metric in directive["Metrics"]:
                        found = told[metric["Name"]]
                        values = found if isinstance(found, list) else [found]
                        self.put(directive["Namespace"], metric["Name"], dimensions, at, *values)

    def of(self, source: Source, begin: float, end: float) -> Value:
        """One datapoint: the statistic over a period."""
        key = (source.namespace, source.name, source.dimensions)
        found = [value for at, value in self.values.get(key, ()) if begin <= at < end]
        return STATISTICS[source.statistic](found) if found else None

    def insight(self, query: str, begin: float, end: float) -> Value:
        """A query over every metric that has exactly these dimensions."""
        found = INSIGHT.fullmatch(query)
        if found is None:
            raise NotImplementedError(query)
        name, namespace, names = found[1], found[2], set(found[3].split(", "))
        values = [
            value
            for (of, metric, dimensions), written in self.values.items()
            if (of, metric) == (namespace, name) and {each for each, _ in dimensions} == names
            for at, value in written
            if begin <= at < end
        ]
        return sum(values) if values else None


@dataclass(frozen=True)
class Alarm:
    """An alarm of the template, its intrinsics resolved."""

    name: str
    told: Mapping[str, Any]
    sources: Mapping[str, Source]
    """By id in an expression, or by the empty text."""
    expression: str
    period: int

    @property
    def periods(self) -> int:
        return int(self.told["EvaluationPeriods"])

    @property
    def most(self) -> int:
        return int(self.told.get("DatapointsToAlarm", self.periods))

    def state(self, metrics: Metrics, now: float) -> str:
        """OK or ALARM, `now`."""
        compare = COMPARE[self.told["ComparisonOperator"]]
        points: list[bool | None] = []
        for back in range(self.periods + MORE_THAN_ASKED, 0, -1):
            value = self._value(metrics, now - back * self.period, now - (back - 1) * self.period)
            points.append(None if value is None else compare(value, self.told["Threshold"]))
        return state(points, self.most, self.periods, self.told["TreatMissingData"])

    def _value(self, metrics: Metrics, begin: float, end: float) -> Value:
        if not self.expression:
            return metrics.of(self.sources[""], begin, end)
        if self.expression.startswith("SELECT"):
            return metrics.insight(self.expression, begin, end)
        known = {each: metrics.of(source, begin, end) for each, source in self.sources.items()}
        return calculate(ast.parse(self.expression, mode="eval").body, known)


def calculate(node: ast.expr, known: Mapping[str, Value]) -> Value:
    """Metric math, of which our alarms use arithmetic and FILL. What is missing makes the result missing."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        left, right = calculate(node.left, known), calculate(node.right, known)
        return None if left is None or right is None else ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FILL":
        metric, filling = (calculate(each, known) for each in node.args)
        return filling if metric is None else metric
    raise NotImplementedError(ast.dump(node))


class Names:
    """What the template's references come to, for one stage."""

    def __init__(self, stage: str) -> None:
        self.template = template.extras()
        for function in template.functions():
            for logical in (logical_id(function), role_id(function)):
                self.template["Resources"].setdefault(logical, {}).setdefault("Properties", {})
        add_to_each(self.template, template.functions())
        self.resources: dict[str, dict[str, Any]] = self.template["Resources"]
        self._parameters = {
            **{
                name: each["Default"]
                for name, each in self.template["Parameters"].items()
                if "Default" in each
            },
            "Stage": stage,
            "AWS::Region": REGION,
        }

    def text(self, value: Any) -> str:
        """A text with its references replaced; a queue, which has no name, goes by its logical id."""
        if not isinstance(value, dict):
            return str(value)
        ((function, argument),) = value.items()
        if function == "Ref":
            return str(self._parameters[argument])
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._parameters[found[1]]), argument)
        if function == "Fn::GetAtt" and argument[1] == "QueueName":
            assert self.resources[argument[0]]["Type"] == "AWS::SQS::Queue"
            return str(argument[0])
        raise NotImplementedError(function)

    def alarms(self) -> dict[str, Alarm]:
        """Every alarm, by the name that runbooks know it by."""
        every = [each for each in self.resources.values() if each.get("Type") == "AWS::CloudWatch::Alarm"]
        made = [self._alarm(each["Properties"]) for each in every]
        return {alarm.name: alarm for alarm in made}

    def _alarm(self, told: Mapping[str, Any]) -> Alarm:
        name = str(told["AlarmName"]["Fn::Sub"]).removeprefix("clavero-${Stage}-")
        if "Metrics" not in told:
            source = self._source(told, told.get("Statistic") or told["ExtendedStatistic"])
            return Alarm(name, told, {"": source}, "", told["Period"])
        stats = {each["Id"]: each["MetricStat"] for each in told["Metrics"] if "MetricStat" in each}
        (math_,) = [each for each in told["Metrics"] if each.get("ReturnData", True)]
        (period,) = {each["Period"] for each in [*stats.values(), math_] if "Period" in each}
        sources = {each: self._source(stat["Metric"], stat["Stat"]) for each, stat in stats.items()}
        return Alarm(name, told, sources, self.text(math_["Expression"]), period)

    def _source(self, told: Mapping[str, Any], statistic: str) -> Source:
        dimensions = [(each["Name"], self.text(each["Value"])) for each in told.get("Dimensions", [])]
        return Source(self.text(told["Namespace"]), told["MetricName"], frozenset(dimensions), statistic)
