"""How long the public function takes to start: the package under Lambda's own runtime, beside two floors.

Init is what the interface emulator reports (`INIT REPORT`): from starting Python until the handler can be
called. Nobody limits the CPU here as Lambda does, so the figures compare with each other and not with AWS.
The floors are a bare Chalice app, and one that has also imported pynamodb and cryptography; they lie in the
same unpacked package, compiled like the rest. Rounds go around all three, so that a busy moment meets each.
"""

from __future__ import annotations

import py_compile
import statistics
import tempfile
import zipfile
from pathlib import Path
from typing import Any

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
ENVIRONMENT = {
    "AWS_REGION": "eu-south-2",
    "AWS_DEFAULT_REGION": "eu-south-2",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
EVENT = {
    "httpMethod": "GET",
    "multiValueHeaders": {"accept": ["*/*"]},
    "headers": {"accept": "*/*"},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "body": None,
    "isBase64Encoded": False,
    "stageVariables": None,
    "requestContext": {"resourcePath": "/", "httpMethod": "GET", "identity": {"sourceIp": "192.0.2.1"}},
}


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """`init_ms` of the public function, `floor_chalice_ms`, `floor_full_ms`, and their ratio; medians."""
    if not TOOLS.exists():
        return {"skipped": {"init_ms": "needs `make .tools/lambda/installed`"}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package, task = folder / "clavero.zip", folder / "task"
        build_zip(wheels.fetch(ARCHITECTURE, folder / "wheels"), package)
        with zipfile.ZipFile(package) as opened:
            opened.extractall(task)
        for module, source in (("floor_chalice", FLOOR_CHALICE), ("floor_full", FLOOR_FULL)):
            (task / f"{module}.py").write_text(source)
            py_compile.compile(
                str(task / f"{module}.py"), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
        times: dict[str, list[float]] = {"app": [], "floor_chalice": [], "floor_full": []}
        memory = 0.0
        for _ in range(rounds):
            for module, taken in times.items():
                with emulated(task, f"{module}.app", ENVIRONMENT, folder / "log") as emulator:
                    emulator.invoke(EVENT)
                    taken.append(emulator.init_ms())
                    memory = emulator.peak_mb() if module == "app" else memory
        size = package.stat().st_size
    init, chalice, full = (statistics.median(taken) for taken in times.values())
    return {
        "init_ms": round(init, 1),
        "floor_chalice_ms": round(chalice, 1),
        "floor_full_ms": round(full, 1),
        "ratio": round(init / full, 2),
        "fastest_ratio": round(min(times["app"]) / min(times["floor_full"]), 2),
        "memory_mb": round(memory),
        "zip_mb": round(size / 1e6, 1),
        "rounds": rounds,
    }
