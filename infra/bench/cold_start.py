"""How long the public function takes to start: the package under Lambda's own runtime, beside two floors.

Init is what the interface emulator reports (`INIT REPORT`): from starting Python until the handler can be
called. Nobody limits the CPU here as Lambda does, so the figures compare with each other and not with AWS.
The floors are a bare Chalice app, and one that has also imported pynamodb and cryptography; they lie in the
same unpacked package, compiled like the rest. Rounds go around all, so that a busy moment meets each.

A room is imported with the first request for it, so what init no longer pays is looked for where it went:
`first_answer` is from sending the first event to its answer, init within it, for an OCSP request and for a
log-in, beside the same app with all rooms imported at init (`eager`). There is no cloud behind the emulator
here, and neither request needs one: the one is no OCSP request (answered `malformedRequest`), the other lacks
its fields (answered 422); both are answered by their rooms.
"""

from __future__ import annotations

import py_compile
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from infra.package import wheels
from infra.package.__main__ import build_zip
from infra.package.emulator import ARCHITECTURE, TOOLS, emulated

ROUNDS = 9
TARGET = 1.25
"""At most so many times the full floor."""
FLOOR_CHALICE = """
from chalice.app import Chalice
app = Chalice(app_name="floor")
@app.route("/")
def index():
    return {}
"""
FLOOR_FULL = (
    """
import botocore.session
import pynamodb.models
import pynamodb.transactions
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
"""
    + FLOOR_CHALICE
)
EAGER = """
from app import app
app.import_all()
"""
MODULES = {"floor_chalice": FLOOR_CHALICE, "floor_full": FLOOR_FULL, "eager": EAGER}
ENVIRONMENT = {
    "AWS_REGION": "eu-south-2",
    "AWS_DEFAULT_REGION": "eu-south-2",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}


def event(method: str, path: str, content_type: str = "", body: str | None = None) -> dict[str, Any]:
    """What API Gateway sends."""
    headers = {"accept": "*/*"} | ({"content-type": content_type} if content_type else {})
    return {
        "httpMethod": method,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "headers": headers,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "body": body,
        "isBase64Encoded": False,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


ROOT = event("GET", "/")
OCSP = event("POST", "/ocsp", "application/ocsp-request", "no request")
LOG_IN = event("POST", "/v1/sessions/pin", "application/json", "{}")
CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "floor_chalice": ("floor_chalice.app", ROOT, 200),
    "floor_full": ("floor_full.app", ROOT, 200),
    "app_ocsp": ("app.app", OCSP, 200),
    "eager_ocsp": ("eager.app", OCSP, 200),
    "app_log_in": ("app.app", LOG_IN, 422),
    "eager_log_in": ("eager.app", LOG_IN, 422),
}


class Start(NamedTuple):
    """One start of a function."""

    init_ms: float
    first_answer_ms: float
    memory_mb: float


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians of the starts of the public function and of the floors, and their ratios."""
    if not TOOLS.exists():
        return {"skipped": {"init_ms": "needs `make .tools/lambda/installed`"}}
    starts: dict[str, list[Start]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package, task = folder / "clavero.zip", folder / "task"
        build_zip(wheels.fetch(ARCHITECTURE, folder / "wheels"), package)
        with zipfile.ZipFile(package) as opened:
            opened.extractall(task)
        for module, source in MODULES.items():
            (task / f"{module}.py").write_text(source)
            py_compile.compile(
                str(task / f"{module}.py"), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
        for _ in range(rounds):
            for case in CASES:
                starts[case].append(_start(case, task, folder / "log"))
        size = package.stat().st_size
    # The requests differ after init only, so both tell of it.
    init = {
        "app": [each.init_ms for case in ("app_ocsp", "app_log_in") for each in starts[case]],
        "eager": [each.init_ms for case in ("eager_ocsp", "eager_log_in") for each in starts[case]],
        "floor_chalice": [each.init_ms for each in starts["floor_chalice"]],
        "floor_full": [each.init_ms for each in starts["floor_full"]],
    }
    full = init["floor_full"]
    return {
        "init_ms": round(statistics.median(init["app"]), 1),
        "floor_chalice_ms": round(statistics.median(init["floor_chalice"]), 1),
        "floor_full_ms": round(statistics.median(full), 1),
        "ratio": round(statistics.median(init["app"]) / statistics.median(full), 2),
        "fastest_ratio": _of_fastest(init["app"], full),
        "eager_init_ms": round(statistics.median(init["eager"]), 1),
        "eager_ratio": round(statistics.median(init["eager"]) / statistics.median(full), 2),
        "eager_fastest_ratio": _of_fastest(init["eager"], full),
        **{f"first_answer_{case}_ms": _first_answer(starts[case], statistics.median) for case in CASES},
        **{f"fastest_answer_{case}_ms": _first_answer(starts[case], min) for case in CASES},
        **{f"memory_{case}_mb": round(starts[case][-1].memory_mb) for case in CASES},
        "zip_mb": round(size / 1e6, 1),
        "rounds": rounds,
    }


def _start(case: str, task: Path, log: Path) -> Start:
    handler, first, status = CASES[case]
    with emulated(task, handler, ENVIRONMENT, log) as emulator:
        sent = time.perf_counter()
        answer = emulator.invoke(first)
        taken = (time.perf_counter() - sent) * 1000
        if answer["statusCode"] != status:
            raise RuntimeError(f"{case}: {answer}")
        return Start(emulator.init_ms(), taken, emulator.peak_mb())


def _of_fastest(taken: list[float], floor: list[float]) -> float:
    # Of each kind as many as of the other: the fastest of more would be the faster one.
    return round(min(taken[: len(floor)]) / min(floor), 2)


def _first_answer(starts: list[Start], of: Callable[[Iterable[float]], float]) -> float:
    return round(of([each.first_answer_ms for each in starts]), 1)
