"""Load by wrk, a tool that others wrote: OCSP, issuance and log-in over HTTP, with 8 connections kept open.

One server process, as `make run` serves it, on DynamoDB Local and ministack. OCSP is asked of one certificate
whose answer is kept, for five seconds. Each issuance has a code and a request of its own, made beforehand,
and each log-in by PIN a person who asked for it; wrk goes through them once. Log-ins by password are those of
so many people, one after the other, for five seconds. Latencies are wrk's own. Answers other than 2xx are
counted, and are a fault.

All of it comes from one address, the loopback, and every limit is in force: of a source, wrong codes and
passwords are counted and messages asked for, and here all are right. The PINs were asked for beforehand, each
from an address of its own.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from infra.bench.authority import Authority, new_csr
from infra.bench.citizens import PASSWORD, Citizens
from infra.bench.log_in import pins_that_wait
from infra.bench.throughput import server

CONNECTIONS = 8
SECONDS = 5
ISSUES = 300
LOG_INS = 200
OWNERS = 50
"""People who log in with a password again and again."""
MANY = 5_000
"""More log-ins by password than there is time for."""

OCSP_SCRIPT = """
local file = io.open("{body}", "rb")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/ocsp-request"
file:close()
"""
# wrk's threads share nothing, so one thread reads all lines; when they are used up it stops itself.
LINES_SCRIPT = """
local lines, at = {{}}, 0
for line in io.lines("{body}") do lines[#lines + 1] = line end
function request()
  at = at + 1
  if at > #lines then wrk.thread:stop() end
  local headers = {{["Content-Type"] = "application/json"}}
  return wrk.format("POST", "{path}", headers, lines[math.min(at, #lines)])
end
"""


def measure(authority: Authority, people: Citizens) -> dict[str, dict[str, Any]]:
    """Rates and latencies of each operation."""
    if shutil.which("wrk") is None:
        return {"load": {"skipped": {"ocsp_per_second": "wrk is not installed"}}}
    with server() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        request = folder / "ocsp.der"
        request.write_bytes(_ocsp_request(port, authority))
        asked = _wrk(port, "/ocsp", OCSP_SCRIPT.format(body=request), folder, CONNECTIONS)
        codes = [{"code": code, "csr": new_csr()} for code, _ in authority.codes(ISSUES)]
        issued = _lines(port, "/v1/certificates", codes, folder)
        pins = pins_that_wait(people, LOG_INS)
        by_pin = _lines(port, "/v1/sessions/pin", pins, folder)
        known = people.pool("with_password", OWNERS)
        typed = [{"nif": person.nif, "password": PASSWORD} for person in known]
        by_password = _lines(port, "/v1/sessions/password", typed * (MANY // OWNERS), folder)
    measured = {"ocsp": asked, "issue": issued, "login_pin": by_pin, "login_password": by_password}
    return {
        "load": {
            f"{operation}_{name}": value
            for operation, found in measured.items()
            for name, value in found.items()
        }
    }


def _lines(port: int, path: str, bodies: list[dict[str, str]], folder: Path) -> dict[str, Any]:
    """Send each of these once, or as many as there is time for."""
    file = folder / "bodies"
    file.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return _wrk(port, path, LINES_SCRIPT.format(body=file, path=path), folder, CONNECTIONS)


def _ocsp_request(port: int, authority: Authority) -> bytes:
    """A request about a certificate whose answer was made and kept."""
    ((code, _),) = authority.codes(1)
    body = json.dumps({"code": code, "csr": new_csr()}).encode()
    leaf, issuer = x509.load_pem_x509_certificates(_post(port, "/v1/certificates", body, "application/json"))[
        :2
    ]
    built = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
    der = built.public_bytes(Encoding.DER)
    _post(port, "/ocsp", der, "application/ocsp-request")
    return der


def _post(port: int, path: str, body: bytes, kind: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"HTTP {answer.status}: {content[:300]!r}")
    return content


def _wrk(port: int, path: str, script: str, folder: Path, connections: int) -> dict[str, Any]:
    file = folder / "script.lua"
    file.write_text(script)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(file)]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    return read_report(said)


def read_report(said: str) -> dict[str, Any]:
    """What wrk says: requests, rate, median and 99th percentile in milliseconds, and other answers."""
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s)", said)
    others = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if total is None:
        raise RuntimeError(said)
    seconds = float(total[2]) / (1000 if total[3] == "ms" else 1)
    return {
        "requests": int(total[1]),
        "per_second": round(int(total[1]) / seconds, 1),
        "p50_ms": _milliseconds(said, "50%"),
        "p99_ms": _milliseconds(said, "99%"),
        "other_answers": int(others[1]) if others else 0,
    }


def _milliseconds(said: str, percentile: str) -> float:
    found = re.search(rf"{re.escape(percentile)}\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        raise RuntimeError(said)
    return round(float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]], 2)
