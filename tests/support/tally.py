"""What the crash and race suites tried: counted over all processes of a run, and told at its end."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

OUT = Path(__file__).parent.parent.parent / "out"
RUN = "CLAVERO_TEST_RUN"
TOLD = {"crash": "crash points tried", "races": "rounds of races on DynamoDB Local"}


def begin() -> None:
    """Name this run; the processes that it starts inherit the name."""
    os.environ.setdefault(RUN, secrets.token_hex(8))


def add(suite: str, name: str, count: int) -> None:
    """Count something of this run; what an earlier run left is dropped."""
    OUT.mkdir(exist_ok=True)
    with (OUT / f"{suite}.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        kept = json.loads(text) if text else {}
        if kept.get("run") != os.environ[RUN]:
            kept = {"run": os.environ[RUN], "total": 0, "each": {}}
        kept["total"] += count
        kept["each"][name] = kept["each"].get(name, 0) + count
        file.seek(0)
        file.truncate()
        file.write(json.dumps(kept, indent=2) + "\n")


def lines() -> Iterator[str]:
    """What this run tried, for people."""
    for suite, told in TOLD.items():
        file = OUT / f"{suite}.json"
        kept = json.loads(file.read_text()) if file.exists() else {}
        if kept.get("run") == os.environ.get(RUN):
            yield f"{told}: {kept['total']}, of {len(kept['each'])} kinds (out/{suite}.json)"
