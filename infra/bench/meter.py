"""Counts AWS calls and separates the time of the AWS SDK from ours.

A call is one operation of a botocore client (its `before-call` event, which a retry does not repeat, on all
clients, pynamodb's among them) or one call of another function through the door, waited for or not. CPU
time is that of this process; the part spent inside botocore's `_make_api_call` (building, signing, sending
and parsing a request) is the SDK's, everything else is ours, pynamodb's models included.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from botocore.session import Session

from app import FUNCTIONS
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions


@dataclass(frozen=True)
class Reading:
    """One operation, measured."""

    calls: Counter[str]
    cpu_ms: float
    """Outside the SDK."""
    sdk_cpu_ms: float
    wall_ms: float

    @property
    def aws_calls(self) -> int:
        return self.calls.total()

    @property
    def kms_sign(self) -> int:
        return self.calls["kms.Sign"]


class Meter:
    """Measures what one process does in one thread."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._in_sdk = 0.0

    def watch(self, session: Session) -> None:
        """Count the calls of every client that this session will make."""
        session.register("before-call.*.*", self._note)

    def _note(self, **event: Any) -> None:
        model = event["model"]
        self._calls[f"{model.service_model.service_name}.{model.name}"] += 1

    def functions(self) -> CountedFunctions:
        """A door whose calls are counted."""
        return CountedFunctions(self._calls)

    def measure(self, operation: Callable[[], object]) -> Reading:
        """Run an operation."""
        self._calls.clear()
        self._in_sdk = 0.0
        began, used = time.perf_counter(), time.process_time()
        operation()
        used, took = time.process_time() - used, time.perf_counter() - began
        sdk = self._in_sdk
        return Reading(Counter(self._calls), (used - sdk) * 1000, sdk * 1000, took * 1000)

    def time_the_sdk(self) -> None:
        """Take the time of every API call from now on, for the life of the process."""
        within = BaseClient._make_api_call  # type: ignore[attr-defined]  # not in botocore's stubs

        def timed(client: BaseClient, name: str, parameters: dict[str, Any]) -> Any:
            began = time.process_time()
            try:
                return within(client, name, parameters)
            finally:
                self._in_sdk += time.process_time() - began

        BaseClient._make_api_call = timed  # type: ignore[attr-defined]


class CountedFunctions(InProcessFunctions):
    """The door in process. What is only started runs elsewhere, and its calls are not this request's."""

    def __init__(self, calls: Counter[str]) -> None:
        super().__init__(FUNCTIONS)
        self._calls = calls

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._calls[f"invoke {function}"] += 1
        return super().invoke(cloud, function, payload)

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._calls[f"start {function}"] += 1
