"""Certificates per second over HTTP, with 1 and with 8 clients.

The app is served as `make run` does it (cheroot, the local gateway, the functions in process), by two
processes, one for each CPU of a small machine, since Python computes in one thread of a process at a time.
Its tables are in DynamoDB Local (in memory) and its keys in ministack, which share the machine with the
servers and the clients. Codes and requests are made beforehand, all for EC P-256. A client is a thread with
one connection kept open that sends its next request when it has the answer to the last. The first answers,
which open connections and fill memories, are not counted. `per_second` is the rate with 8 clients,
`per_second_1_process` the same with one server, `per_second_1_client` with one client and one server.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from subprocess import PIPE
from typing import Any

from infra.bench.authority import Authority, new_csr
from infra.local.cloud import PROJECT

WARMING = 16


def measure(authority: Authority) -> dict[str, Any]:
    """Certificates per second."""
    with server() as one, server() as other:
        _run([one, other], 8, _bodies(authority, WARMING))
        return {
            "per_second_1_client": _run([one], 1, _bodies(authority, 120)),
            "per_second_1_process": _run([one], 8, _bodies(authority, 320)),
            "per_second": _run([one, other], 8, _bodies(authority, 320)),
        }


@contextmanager
def server() -> Iterator[int]:
    """A process that serves the app; its port."""
    command = [sys.executable, "-m", "infra.bench.server"]
    with subprocess.Popen(command, cwd=PROJECT, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.communicate()  # closes its standard input


def _bodies(authority: Authority, count: int) -> list[bytes]:
    return [json.dumps({"code": code, "csr": new_csr()}).encode() for code, _ in authority.codes(count)]


def _run(ports: list[int], clients: int, bodies: list[bytes]) -> float:
    """The rate at which so many clients get certificates, each from one of the servers."""
    waiting = iter(bodies)
    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        done = sum(pool.map(lambda n: _client(ports[n % len(ports)], waiting), range(clients)))
        took = time.perf_counter() - began
    if done != len(bodies):
        raise RuntimeError(f"{done} certificates instead of {len(bodies)}")
    return round(done / took, 1)


def _client(port: int, waiting: Iterator[bytes]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    done = 0
    for body in waiting:  # the iterator of a list may be shared by threads
        connection.request("POST", "/v1/certificates", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"HTTP {answer.status}: {content[:300]!r}")
        done += 1
    connection.close()
    return done
