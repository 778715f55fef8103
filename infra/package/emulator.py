"""A function of the zip under Lambda's own runtime: AWS's runtime client behind its interface emulator.

The emulator is the program that AWS puts into its base images; it comes in the wheel of the SAM command line.
It takes one request at a time (two at once end it), as one Lambda execution environment does.
"""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.package.template import PROJECT

TOOLS = PROJECT / ".tools" / "lambda"
PATH = "/2015-03-31/functions/function/invocations"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
"""What a package must be built for to run here."""


class FunctionFailed(Exception):
    """The function raised, or could not start."""


class Emulator:
    """One execution environment: `handler` of the unpacked package in `folder`."""

    def __init__(self, folder: Path, handler: str, environment: Mapping[str, str], log: Path) -> None:
        self._lock = threading.Lock()
        self.log = log
        self._address, runtime = _free_address(), _free_address()
        binary = next(
            TOOLS.glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{ARCHITECTURE}")
        )
        command = [str(binary), "--runtime-interface-emulator-address", self._address]
        command += ["--runtime-api-address", runtime]
        command += [str(TOOLS / "bin" / "python"), "-m", "awslambdaric", handler]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={
                    "PATH": os.environ["PATH"],
                    "LAMBDA_TASK_ROOT": str(folder),
                    "PYTHONPATH": str(folder),
                    # /var/task is read-only: what the package does not hold compiled stays uncompiled.
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
                    **environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def invoke(self, event: Any) -> Any:
        """Call the function and wait.

        Raises:
            FunctionFailed: it raised.
        """
        request = urllib.request.Request(f"http://{self._address}{PATH}", json.dumps(event).encode())
        with self._lock, urllib.request.urlopen(request, timeout=150) as answer:  # noqa: S310
            told = json.loads(answer.read() or b"null")
        if isinstance(told, dict) and "errorType" in told:
            raise FunctionFailed(f"{told['errorType']}: {told.get('errorMessage')}")
        return told

    def init_ms(self) -> float:
        """How long the function took to start, by the emulator's own clock; known after the first call."""
        found = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)\)", self.log.read_text(errors="replace"))
        if found is None:
            raise FunctionFailed(f"no INIT REPORT in {self.log}")
        return float(found[1])

    def peak_mb(self) -> float:
        """The most memory that the function's process has taken."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        pid = next(pid for children in threads for pid in children.read_text().split())
        status = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        host, _, port = self._address.partition(":")
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    return
            time.sleep(0.01)
        self.stop()
        raise FunctionFailed(f"the emulator did not start: {self.log.read_text(errors='replace')[-500:]}")


@contextmanager
def emulated(folder: Path, handler: str, environment: Mapping[str, str], log: Path) -> Iterator[Emulator]:
    """An emulator for the duration of a block."""
    emulator = Emulator(folder, handler, environment, log)
    try:
        yield emulator
    finally:
        emulator.stop()


def _free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"
