"""EventBridge's part on one machine: calls the app's scheduled functions at their intervals."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from infra.local.clock import machine_time
from infra.local.deployer import REGION
from infra.local.gateway import Context

logger = logging.getLogger("clavero.local.schedules")


class Schedules:
    """Calls each named function of a Chalice app every so many seconds, one at a time."""

    def __init__(
        self, app: Any, seconds: Mapping[str, float], clock: Callable[[], datetime] = machine_time
    ) -> None:
        self._handlers = {name: app.handler_map[name] for name in seconds}
        self._seconds = seconds
        self._clock = clock
        self._one = threading.RLock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)

    def start(self) -> None:
        """Calls every function once, so that what they publish is there, then at its interval."""
        for name in self._handlers:
            self.call(name)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def call(self, name: str) -> None:
        """One call; a failure is logged, and the next interval tries again, as in AWS."""
        identifier, now = str(uuid.uuid4()), self._clock()
        event = {
            "version": "0",
            "id": identifier,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:000000000000:rule/{name}"],
            "detail": {},
        }
        try:
            with self._one:
                self._handlers[name](event, Context(identifier, function_name=name))
        except Exception:
            logger.exception("%s failed", name)

    def paused(self) -> AbstractContextManager[object]:
        """While this is held, only its thread runs any function: nothing else happens during a journey."""
        return self._one

    def _run(self) -> None:
        due = {name: time.monotonic() + seconds for name, seconds in self._seconds.items()}
        while due and not self._stopped.wait(max(0.0, min(due.values()) - time.monotonic())):
            name = min(due, key=lambda candidate: due[candidate])
            self.call(name)
            due[name] = time.monotonic() + self._seconds[name]
