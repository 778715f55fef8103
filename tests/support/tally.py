"""What the crash and race suites tried: counted over all processes of a run, and told at its end."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent.parent / "out"
RUN = "CLAVERO_TEST_RUN"
Kept = dict[str, Any]
TOLD = {"crash": "crash points tried", "races": "rounds of races on DynamoDB Local"}


def begin() -> None:
    """Name this run; the processes that it starts inherit the name."""
    os.environ.setdefault(RUN, secrets.token_hex(8))


def add(suite: str, name: str, count: int, crossed: Iterable[Any] = ()) -> None:
    """Count something of this run, and keep what it crossed; what an earlier run left is dropped."""
    OUT.mkdir(exist_ok=True)
    with (OUT / f"{suite}.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        kept = json.loads(text) if text else {}
        if kept.get("run") != os.environ[RUN]:
            kept = {"run": os.environ[RUN], "total": 0, "each": {}, "crossed": []}
        kept["total"] += count
        kept["each"][name] = kept["each"].get(name, 0) + count
        kept["crossed"] = sorted({*kept["crossed"], *map(json.dumps, crossed)})
        file.seek(0)
        file.truncate()
        file.write(json.dumps(kept) + "\n")


def read(suite: str) -> Kept:
    """What was counted by the run that wrote last; nothing, if there was none."""
    file = OUT / f"{suite}.json"
    return json.loads(file.read_text()) if file.exists() else {"run": "", "each": {}, "crossed": []}


def is_of_this_run(suite: str) -> bool:
    """Whether this run counted anything of a suite."""
    return bool(read(suite)["run"] == os.environ.get(RUN))


def lines() -> Iterator[str]:
    """What this run tried, for people."""
    for suite, told in TOLD.items():
        kept = read(suite)
        if is_of_this_run(suite):
            yield f"{told}: {kept['total']}, of {len(kept['each'])} kinds (out/{suite}.json)"
