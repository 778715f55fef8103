"""The clock of a local authority: it goes as the machine's does, so far ahead as somebody has moved it.

It is moved forward and never back: certificates, CRL numbers and the daily job rest on time that only passes.
How far ahead it is stands in a file of the authority's folder, which every process of the authority reads, so
that the app, its jobs, its telephone and operators' commands agree, after a restart too. The product has no
such thing: a deployed function reads the machine's clock (chalicelib/aws/cloud.py).

`python -m infra.local.clock` asks the authority that runs what time it is there, or moves its clock:

    python -m infra.local.clock --days 70
    python -m infra.local.clock --to 2029-11-20T07:00:00Z
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FILE = "clock.json"
AHEAD = "ahead_seconds"


def machine_time() -> datetime:
    """What the machine's own clock says."""
    return datetime.now(UTC)


class LocalClock:
    """The clock of the authority in a folder; any number of these go alike."""

    def __init__(self, folder: Path, machine: Callable[[], datetime] = machine_time) -> None:
        self._path = folder / FILE
        self._machine = machine
        self._read: tuple[int, timedelta] = (0, timedelta(0))

    def __call__(self) -> datetime:
        return self._machine() + self.ahead

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the machine's clock."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return timedelta(0)
        if changed != self._read[0]:
            self._read = changed, timedelta(seconds=float(json.loads(self._path.read_text())[AHEAD]))
        return self._read[1]

    def move_to(self, at: datetime) -> None:
        """Move it forward to this moment, from which it goes on; a moment that has passed changes nothing."""
        ahead = at - self._machine()
        if ahead <= self.ahead:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(json.dumps({AHEAD: ahead.total_seconds()}) + "\n")
        fresh.replace(self._path)


def main(arguments: list[str]) -> int:
    """Print the time of the authority that runs, moved first if that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.clock", description="Tell the local authority's time, or move it forward."
    )
    parser.add_argument("--to", help="a moment (ISO 8601)")
    for unit in ("days", "hours", "minutes"):
        parser.add_argument(f"--{unit}", type=float)
    asked = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    url = f"http://localhost:{os.environ.get('CLAVERO_PORT', '8000')}/local/clock"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    body = json.dumps(asked).encode() if asked else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            told: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        print(json.load(error).get("detail") or error.reason, file=sys.stderr)
        return 1
    except urllib.error.URLError as error:
        print(f"{url}: {error.reason}. Is the authority running?", file=sys.stderr)
        return 1
    print(told["now"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
