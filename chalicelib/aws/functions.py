"""The one door between our functions: a synchronous call with a JSON payload.

In AWS it is Lambda Invoke; on one machine the same handlers are called in process. Both pass JSON,
so that nothing works locally that would not survive the journey.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.log import log_failure
from chalicelib.errors import Problem, Unavailable

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Handler = Callable[["Cloud", dict[str, Any]], dict[str, Any]]

running: ContextVar[str] = ContextVar("running", default="api_handler")
"""Which function's code is running: in Lambda always its own, in process the one that was called."""


@contextmanager
def running_as(function: str) -> Iterator[None]:
    """Say which function's code runs within."""
    caller = running.set(function)
    try:
        yield
    finally:
        running.reset(caller)


SCHEDULED: dict[str, Any] = {
    "version": "0",
    "account": "",
    "region": "",
    "source": "clavero",
    "detail-type": "Started by another function",
    "time": "",
    "id": "",
    "resources": [],
    "detail": {},
}
"""What a scheduled function expects to be called with."""


class Functions(Protocol):
    """How a function of ours is called by name."""

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]: ...

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None: ...


def answer(handler: Handler, cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """Run a handler; a Problem becomes data, because an exception's type does not survive the journey."""
    try:
        return {"result": handler(cloud, payload)}
    except Problem as problem:
        return {
            "problem": {
                "slug": problem.slug,
                "module": type(problem).__module__,
                "detail": problem.detail,
                "field": problem.field,
                "retry_after": problem.retry_after,
            }
        }


def unpack(reply: dict[str, Any]) -> dict[str, Any]:
    """The result of a call, or the Problem that its handler raised."""
    if "problem" in reply:
        told = reply["problem"]
        if (module := told.get("module", "")).startswith("chalicelib."):
            # What another function raises need not be known here yet: rooms are imported when they are asked.
            with suppress(ImportError):  # a later release may have it elsewhere
                importlib.import_module(module)
        kinds = {kind.slug: kind for kind in Problem.kinds()}
        kind = kinds.get(told["slug"], Unavailable)
        raise kind(told["detail"], field=told["field"], retry_after=told["retry_after"])
    result: dict[str, Any] = reply["result"]
    return result


class LambdaFunctions:
    """The door in AWS."""

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = cloud.lambda_.invoke(
                FunctionName=cloud.settings.prefix + function, Payload=json.dumps(payload).encode()
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable from error
        if "FunctionError" in reply:
            raise Unavailable
        return unpack(json.loads(reply["Payload"].read()))

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        try:
            cloud.lambda_.invoke(
                FunctionName=cloud.settings.prefix + function,
                InvocationType="Event",
                Payload=json.dumps(SCHEDULED | {"detail": detail or {}}).encode(),
            )
        except (BotoCoreError, ClientError) as error:
            log_failure(error)


class InProcessFunctions:
    """The door on one machine: the same handlers, the same JSON."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        sent = json.loads(json.dumps(payload))
        with running_as(function):
            reply = answer(self._handlers[function], cloud, sent)
        return unpack(json.loads(json.dumps(reply)))

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        try:
            self.invoke(cloud, function, detail or {})
        except Problem as problem:
            log_failure(problem)
