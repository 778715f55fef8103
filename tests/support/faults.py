"""Faults at the rim: each AWS call, and each call between our functions, can be made to fail.

Calls are numbered in the order in which one request makes them. A fault names a number and what happens
there: the call never arrives, is refused, takes effect but is not answered, or the function that makes it
dies before or after it. Nothing in the product is patched: the AWS clients tell us of their calls by
botocore's events, and the door between functions is the one that the product is given anyway.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from app import FUNCTIONS
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions, running
from chalicelib.aws.tables import connection
from chalicelib.errors import Problem, Unavailable

ROOT = Path(__file__).parent.parent.parent
Crossed = tuple[tuple[str, str, int, int], ...]
"""Where a call came from, the innermost of our functions first: file, function, and the line and the column
where the call in it ends."""
INNERMOST = 8


class Killed(BaseException):
    """The function is gone, as when Lambda ends it: no code of ours may catch this."""


class Fault(Enum):
    """What can happen at a call."""

    UNREACHABLE = "never arrives"
    REFUSED = "is refused by the service"
    UNANSWERED = "takes effect, its answer is lost"
    KILLED_BEFORE = "is not made, the function dies"
    KILLED_AFTER = "takes effect, the function dies"

    @property
    def prevents(self) -> bool:
        """Whether the call has no effect."""
        return self in {Fault.UNREACHABLE, Fault.REFUSED, Fault.KILLED_BEFORE}

    @property
    def kills(self) -> bool:
        return self in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}

    def of_aws(self, operation: str) -> BaseException:
        """What the caller of an AWS client meets."""
        if self.kills:
            return Killed()
        if self is Fault.REFUSED:
            response: Any = {
                "Error": {"Code": "InternalServerError", "Message": "broken by the test"},
                "ResponseMetadata": {"HTTPStatusCode": 500},
            }
            return ClientError(response, operation)
        kind = EndpointConnectionError if self is Fault.UNREACHABLE else ReadTimeoutError
        return kind(endpoint_url="https://aws.invalid")

    def of_door(self) -> BaseException:
        """What the caller of another function meets (LambdaFunctions turns every failure into this)."""
        return Killed() if self.kills else Unavailable()


CODE = re.compile(r"#(\S{10})$")
"""A generation code in a text message."""
READS = ("Get", "BatchGet", "TransactGet", "Head", "Query", "Scan", "GenerateMac", "Encrypt", "Decrypt")
"""AWS operations that leave nothing behind."""


def faults_at(call: str) -> list[Fault]:
    """The faults worth trying there: killed at a read is as killed before the next write."""
    return [fault for fault in Fault if not (fault.kills and only_reads(call))]


def only_reads(call: str) -> bool:
    """Whether a call leaves nothing behind."""
    _, _, operation = call.rpartition(".")
    return operation.startswith(READS)


@dataclass
class Faults(InProcessFunctions):
    """The door between functions, in process, and the faults at it and at the AWS clients."""

    calls: list[str] = field(default_factory=list)
    """What was called since `watch`, each as `function: call`."""
    signed: Counter[str] = field(default_factory=Counter)
    """How often KMS really signed, by key id: what CloudTrail would know."""
    codes: list[str] = field(default_factory=list)
    """Every generation code that reached somebody, by text message or on paper, the newest last."""
    came_from: list[Crossed] = field(default_factory=list)
    """From where each call came, if it leaves something behind."""
    crossed: set[Crossed] = field(default_factory=set)
    """From where those calls came that were broken."""
    started: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)
    """Functions started without waiting. As in AWS they run later, and apart: see `run_started`."""

    def __post_init__(self) -> None:
        super().__init__(FUNCTIONS)
        self._armed: tuple[int, Fault] | None = None
        self._wanted: tuple[str, int, Fault] | None = None
        self._cloud: Cloud | None = None
        self._lock = threading.Lock()

    def watch(self, number: int = -1, fault: Fault = Fault.UNREACHABLE) -> None:
        """Begin to count; the call of this number, if any, will fail."""
        self.calls.clear()
        self.came_from.clear()
        self._armed, self._wanted = (number, fault) if number >= 0 else None, None

    def watch_for(self, call: str, fault: Fault, occurrence: int = 1) -> None:
        """Begin to count; this call, the first or a later one of its name, will fail."""
        self.watch()
        self._wanted = (call, occurrence, fault)

    def rest(self) -> None:
        """No more faults."""
        self._armed = self._wanted = None

    @property
    def armed(self) -> bool:
        """Whether a fault is still to come."""
        return self._armed is not None

    def attach(self, cloud: Cloud) -> None:
        """Listen to the clients of a cloud."""
        if self._cloud is cloud:
            return
        self._cloud = cloud
        for client in (connection().client, cloud.kms, cloud.s3, cloud.sns, cloud.ses):
            events: Any = client.meta.events
            events.register("before-call", self._before_call)
            events.register("after-call", self._after_call)

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.attach(cloud)
        operation = payload.get("operation", "")
        number = self._begin(f"invoke {function} {operation}".strip(), Fault.of_door)
        try:
            result = super().invoke(cloud, function, payload)
        except Killed:
            # Lambda says FunctionError, and the next call meets a new container.
            raise Unavailable from None
        except Problem:
            self._end(number, Fault.of_door)
            raise
        if operation == "grant" and result["code"]:  # on paper; the others come by text message
            self.codes.append(result["code"])
        self._end(number, Fault.of_door)
        return result

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        lost: list[Fault] = []

        def failure(fault: Fault) -> BaseException | None:
            """Whoever starts a function is not told that it failed (LambdaFunctions logs it)."""
            lost.append(fault)
            return Killed() if fault.kills else None

        number = self._begin(f"start {function}", failure)
        if not lost:
            self.started.append((function, detail))
        self._end(number, failure)

    def run_started(self, cloud: Cloud) -> None:
        """Run what was started."""
        waiting, self.started = self.started, []
        for function, detail in waiting:
            super().start(cloud, function, detail)

    def _before_call(self, model: Any, params: Any, context: Any, **_: Any) -> None:
        if model.name == "Sign":
            context["clavero_key_id"] = json.loads(params["body"])["KeyId"]
        if model.name == "Publish":
            context["clavero_code"] = CODE.findall(params["body"]["Message"])
        call = f"{model.service_model.service_name}.{model.name}"
        context["clavero_number"] = self._begin(call, lambda fault: fault.of_aws(model.name))

    def _after_call(self, model: Any, http_response: Any, context: Any, **_: Any) -> None:
        if model.name == "Sign" and http_response.status_code == 200:
            with self._lock:
                self.signed[context["clavero_key_id"]] += 1
        self.codes += context.get("clavero_code", [])
        self._end(context["clavero_number"], lambda fault: fault.of_aws(model.name))

    def _begin(self, call: str, failure: Any) -> int:
        came_from = () if only_reads(call) else _our_functions()
        with self._lock:
            number = len(self.calls)
            self.calls.append(f"{running.get()}: {call}")
            self.came_from.append(came_from)
            if self._wanted is not None and self._wanted[0] == call:
                name, left, fault = self._wanted
                self._armed, self._wanted = (
                    ((number, fault), None) if left == 1 else (None, (name, left - 1, fault))
                )
        self._fail(number, True, failure)
        return number

    def _end(self, number: int, failure: Any) -> None:
        self._fail(number, False, failure)

    def _fail(self, number: int, before: bool, failure: Any) -> None:
        if self._armed is None or self._armed[0] != number or self._armed[1].prevents != before:
            return
        fault = self._armed[1]
        self._armed = None
        self.crossed.add(self.came_from[number])
        if fault.kills and self._cloud is not None:
            self._cloud.memory.clear()  # what the container knew went with it
        if (error := failure(fault)) is not None:
            raise error


def _our_functions() -> Crossed:
    """The functions outside the rim that are at work, as `Crossed` tells them (tests/crash/places.py)."""
    found, frame = [], sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        path = frame.f_code.co_filename.removeprefix(f"{ROOT}/")
        if path.startswith(("chalicelib/", "infra/")) and not path.startswith("chalicelib/aws/"):
            at = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
            name = frame.f_code.co_qualname.replace(".<locals>", "")
            found.append((path, name, at[1] or 0, at[3] or 0))
    return tuple(found[:INNERMOST])
