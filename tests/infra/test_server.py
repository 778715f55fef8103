"""`python -m infra.local.server`, as a person runs and stops it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
# The real seed makes a whole authority; how the process starts and ends does not depend on it.
RUN = """
import sys, types
from tests.infra import test_instance
seed = types.ModuleType("infra.local.seed")
seed.seed = test_instance._seed
sys.modules["infra.local.seed"] = seed
from infra.local import instance, server
instance.Instance.__init__.__kwdefaults__["intervals"] = {}
server.main()
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "CLAVERO_LOCAL_DIR": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _read_until(process: subprocess.Popen[str], text: str) -> str:
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if text in line:
            return said
    pytest.fail(f"it ended, saying:\n{said}")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_when_asked(tmp_path: Path, end: signal.Signals) -> None:
    port, tls_port = _free_port(), _free_port()
    process = _start(tmp_path, CLAVERO_PORT=str(port), CLAVERO_TLS_PORT=str(tls_port))
    said = _read_until(process, "Ctrl-C")
    assert f"http://localhost:{port}/local/phone" in said
    assert f"https://localhost:{tls_port}/" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/local/phone", timeout=5) as answer:
        assert answer.status == 200
    process.send_signal(end)
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert list((tmp_path / "state").glob("dynamodb.json"))


def test_its_cloud_does_not_outlive_it(tmp_path: Path) -> None:
    """Else the next start would find two clouds writing one state."""
    process = _start(tmp_path, CLAVERO_PORT=str(_free_port()), CLAVERO_TLS_PORT=str(_free_port()))
    _read_until(process, "Ctrl-C")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("this system does not tell a process's children")
    (child,) = children.read_text().split()
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 15
    while Path(f"/proc/{child}/cmdline").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}/cmdline").exists()


def test_a_bad_port_is_named(tmp_path: Path) -> None:
    process = _start(tmp_path, CLAVERO_PORT="eighty")
    assert "CLAVERO_PORT must be a port number" in process.communicate(timeout=30)[0]
    assert process.returncode != 0
