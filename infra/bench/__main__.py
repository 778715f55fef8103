"""`python -m infra.bench`: measures the authority, prints a table and writes out/bench.json.

`python -m infra.bench NAME` measures one of ALONE, and leaves the file as it is; so does `mass_revocation`,
which takes so long that it is not among the others (`--certificates` makes it shorter).

Operation -> figures: `aws_calls` (and `aws_calls_cold`, the first time in a new container), `kms_sign`,
`cpu_ms` outside the AWS SDK, `sdk_cpu_ms` inside it, `floor_cpu_ms`, `per_second`, and for the CRLs
`seconds`, `largest_octets` and `peak_mib`. How each is measured is said in operations.py, meter.py,
throughput.py and crl.py beside this. What could not be measured is under `skipped`, with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.bench import cold_start, renewal_scan
from infra.local.quiet import hush

OUT = Path("out") / "bench.json"
COLUMNS = ("aws_calls", "aws_calls_cold", "kms_sign", "cpu_ms", "sdk_cpu_ms", "floor_cpu_ms", "per_second")
APART = (*COLUMNS, "skipped", "calls", "comparisons")
TARGETS: dict[str, dict[str, float]] = {
    "issue_from_csr": {"aws_calls": 5, "kms_sign": 1},
    "issue_pkcs12": {"aws_calls": 5, "kms_sign": 1},
    "ocsp_cached": {"aws_calls": 1, "kms_sign": 0},
    "login_pin": {"aws_calls": 4, "kms_sign": 0},
    "login_password": {"aws_calls": 4, "kms_sign": 0},
    "strangers": {"worst_certain": 0.1},
    "crl_100k": {"largest_octets": 1_000_000},
    "renew": {"aws_calls": 6, "kms_sign": 1},
    "renewal_scan": {"growth": 0.5, "told_twice": 0, "lost": 0},
    "mass_revocation": {"aws_calls": 4, "largest_octets": 1_000_000},
    "cold_start": {"ratio": cold_start.TARGET},
}
"""The most that a figure may be."""
ALONE: dict[str, Callable[[], dict[str, Any]]] = {
    "cold_start": cold_start.measure,
    "renewal_scan": renewal_scan.alone,
}
"""What needs nothing of the others, and takes long."""


def main() -> int:
    """Measure; the exit code is 0 only if every target is met."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench")
    names = [*sorted(ALONE), "mass_revocation"]
    parser.add_argument("only", nargs="?", choices=names, help="what to measure; if left out, most")
    parser.add_argument("--certificates", type=int, default=100_000, help="of a mass revocation")
    given = parser.parse_args()
    only = given.only
    began, busy = time.monotonic(), os.getloadavg()[0]
    hush()
    if only == "mass_revocation":
        figures = {only: _mass_revocation(given.certificates)}
    else:
        figures = {only: ALONE[only]()} if only else _measured()
    print(_table(figures))
    took = f"Load {busy:.1f} at the start; {time.monotonic() - began:.0f} seconds"
    print(f"\n{_machine()}. {took}.")
    if not only:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(figures, indent=2) + "\n")
        print(f"Figures in {OUT}.")
    missed = [
        f"{operation}: {name} is {figures[operation][name]}, the target is {most}"
        for operation, targets in TARGETS.items()
        if operation in figures
        for name, most in targets.items()
        if figures[operation].get(name, 0) > most
    ]
    skipped = any("skipped" in found for found in figures.values())
    met = "Every target that was measured is met." if skipped else "Every target is met."
    print("\n".join(f"MISSED {line}" for line in missed) if missed else met)
    return 1 if missed else 0


def _measured() -> dict[str, dict[str, Any]]:
    from infra.bench import crl, load, log_in, operations, renew, strangers, throughput
    from infra.bench.authority import Authority
    from infra.bench.engines import Engines
    from infra.bench.meter import Meter

    with Engines() as engines:
        meter, authority = Meter(), Authority()
        if engines.without_dynamodb is None:
            _say("certificates over HTTP ...")
            rates = throughput.measure(authority)
        _say("calls and CPU time ...")
        meter.time_the_sdk()
        figures = operations.measure(authority, meter)
        figures |= log_in.measure(authority, meter)
        figures["renew"] = renew.measure(authority, meter)
        if engines.without_dynamodb is None:
            figures["issue_from_csr"] |= rates
            _say("strangers ...")
            people = log_in.citizens(meter)
            figures["strangers"] = strangers.measure(people)
            _say("load by wrk ...")
            figures |= load.measure(authority, people)
            _say("100,000 revocations ...")
            figures["crl_100k"] = crl.measure(meter)
        else:
            why = f"no DynamoDB Local: {engines.without_dynamodb}"
            figures["issue_from_csr"]["skipped"] = {"per_second": why}
            figures["ocsp_cached"]["skipped"] = {"per_second": why}
            del figures["ocsp_cached"]["per_second"]
            figures["crl_100k"] = {"skipped": {"seconds": why}}
            figures["strangers"] = {"skipped": {"worst_certain": why}}
    for name, measure in ALONE.items():
        _say(f"{name} ...")
        figures[name] = measure()
    return figures


def _mass_revocation(certificates: int) -> dict[str, Any]:
    from infra.bench import mass_revocation
    from infra.bench.authority import Authority
    from infra.bench.engines import Engines
    from infra.bench.meter import Meter

    with Engines(lasting=True) as engines:
        if engines.without_dynamodb is not None:
            return {"skipped": {"seconds": f"no DynamoDB Local: {engines.without_dynamodb}"}}
        meter = Meter()
        meter.time_the_sdk()
        return mass_revocation.measure(Authority(), meter, certificates)


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"Measuring {what}", file=sys.stderr, flush=True)


def _table(figures: dict[str, dict[str, Any]]) -> str:
    lines = ["".join([f"{'operation':16}", *(f"{name:>15}" for name in COLUMNS)])]
    for operation, found in figures.items():
        skipped = found.get("skipped", {})
        cells = ["SKIPPED" if name in skipped else _cell(found.get(name)) for name in COLUMNS]
        lines.append("".join([f"{operation:16}", *(f"{cell:>15}" for cell in cells)]))
    for operation, found in figures.items():
        rest = {name: value for name, value in found.items() if name not in APART}
        if rest:
            lines.append(
                f"\n{operation}: " + ", ".join(f"{name} {_cell(value)}" for name, value in rest.items())
            )
        if "calls" in found:
            lines.append(f"{operation}: {found['calls']}")
        lines += [f"  {name:24} {each}" for name, each in found.get("comparisons", {}).items()]
        lines += [f"{operation}: {name} SKIPPED, {why}" for name, why in found.get("skipped", {}).items()]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def _machine() -> str:
    return f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
