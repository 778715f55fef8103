"""Whether the time of an answer tells people from strangers (6.6, F16), in every comparison of public_routes.

So many people and as many strangers are asked about, in pairs whose order is drawn, each once, from an
address of its own: nothing is repeated about anybody, and no limit is reached. What has to be there before (a
request for a PIN, an uploaded video) is made before the clock starts. The app runs in this process and the
engines beside it, so it is the time of the answer without the network that a real attacker has between; what
is started and not waited for runs elsewhere, as in AWS.

`auc` is the chance that a person's answer took longer than a stranger's, a half if time tells nothing: the
Mann-Whitney statistic over all pairs. `low` and `high` are its confidence interval at 99.9 % (DeLong), since
at 95 % one of two dozen comparisons would be off by accident. `certain` is how far the nearer end of it is
from a half, and 0 if the half is in it. `cpu_auc` is the same of this process's CPU time, which other work on
the machine disturbs less, so that it shows a cause before the clock does. `difference_ms` is that of the
medians, `median_ms` a stranger's.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from infra.bench.citizens import Citizens, Person
from infra.bench.public_routes import COMPARISONS, Comparison

TRIES = 200
WIDTH = statistics.NormalDist().inv_cdf(1 - 0.001 / 2)


def measure(citizens: Citizens, comparisons: Sequence[Comparison] = COMPARISONS) -> dict[str, Any]:
    """The figures of every comparison, by its name; the worst; and how long it took."""
    strangers = citizens.pool("stranger", TRIES)
    found: dict[str, dict[str, float]] = {}
    began = time.monotonic()
    for comparison in comparisons:
        people = [citizens.stranger() for _ in range(TRIES)] if comparison.who == "stranger" else None
        people = people or citizens.pool(comparison.who, TRIES)
        found[comparison.name] = compare(citizens, comparison, people, strangers)
    return {
        "tries": TRIES,
        "seconds": round(time.monotonic() - began),
        "worst_certain": max(each["certain"] for each in found.values()),
        "comparisons": found,
    }


def compare(
    citizens: Citizens, comparison: Comparison, people: list[Person], strangers: list[Person]
) -> dict[str, float]:
    """Ask about each of these people and of these strangers."""
    known: list[tuple[float, float]] = []
    unknown: list[tuple[float, float]] = []
    order = random.SystemRandom()
    _ask(citizens, comparison, citizens.stranger(), False)  # opens connections and fills memories
    for person, stranger in zip(people, strangers, strict=True):
        pair = [(person, True, known), (stranger, False, unknown)]
        order.shuffle(pair)
        for who, is_known, times in pair:
            times.append(_ask(citizens, comparison, who, is_known))
    wall = figures([took for took, _ in known], [took for took, _ in unknown])
    cpu = figures([used for _, used in known], [used for _, used in unknown])
    return wall | {"cpu_auc": cpu["auc"], "cpu_difference_ms": cpu["difference_ms"]}


def _ask(citizens: Citizens, comparison: Comparison, person: Person, known: bool) -> tuple[float, float]:
    """Milliseconds until the answer, and of this process's CPU."""
    body, path = comparison.send(citizens, person, known)
    key = os.urandom(12).hex() if comparison.key else ""
    request = citizens.request(comparison.route, body, path, key=key)
    began, used = time.perf_counter(), time.process_time()
    answer = citizens.answer(request)
    used, took = time.process_time() - used, time.perf_counter() - began
    if answer.status != comparison.status:
        raise RuntimeError(f"{comparison.name}: {answer.status} {answer.body[:300]!r}")
    if answer.status < 300:
        citizens.told[comparison.route, person.nif] = answer.json
    return took * 1000, used * 1000


def figures(known: Sequence[float], unknown: Sequence[float]) -> dict[str, float]:
    """What the times say."""
    auc, half = area(known, unknown)
    low, high = max(0.0, auc - half), min(1.0, auc + half)
    return {
        "auc": round(auc, 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "certain": round(max(low - 0.5, 0.5 - high, 0.0), 3),
        "difference_ms": round(statistics.median(known) - statistics.median(unknown), 3),
        "median_ms": round(statistics.median(unknown), 2),
    }


def area(known: Sequence[float], unknown: Sequence[float]) -> tuple[float, float]:
    """P(known > unknown), ties counted half, and half the width of its interval (DeLong et al. 1988)."""
    above = [sum((k > u) + (k == u) / 2 for u in unknown) / len(unknown) for k in known]
    below = [sum((k > u) + (k == u) / 2 for k in known) / len(known) for u in unknown]
    variance = statistics.variance(above) / len(known) + statistics.variance(below) / len(unknown)
    return statistics.fmean(above), WIDTH * math.sqrt(variance)
