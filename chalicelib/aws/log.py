"""Structured logs and metrics: events are structs made for it, so nothing personal slips in."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from msgspec import structs

logger = Logger(service="clavero")

# Where a handler cannot write, `logging` prints the traceback of what was being told of, with its text.
logging.raiseExceptions = False


class RequestLine(msgspec.Struct, frozen=True):
    """One request, by its route and never by its path: path parameters, queries and bodies stay out."""

    method: str
    route: str
    status: int
    slug: str
    milliseconds: float
    request_id: str


class JobLine(msgspec.Struct, frozen=True):
    """One run of a scheduled job."""

    job: str
    counts: dict[str, Any]


def log_request(line: RequestLine) -> None:
    """One line for each request."""
    logger.info("request", extra=structs.asdict(line))


def log_job(line: JobLine) -> None:
    """One line for each run."""
    logger.info("job", extra=structs.asdict(line))


def log_failure(error: BaseException) -> None:
    """Where something failed: types and lines of code only, since an exception's text may quote its input."""
    steps = []
    step: BaseException | None = error
    while step is not None:
        frames = traceback.extract_tb(step.__traceback__)
        where = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}:{frame.name}" for frame in frames[-8:]]
        steps.append({"type": type(step).__name__, "where": where, "aws": _aws_code(step)})
        step = step.__cause__
    logger.error("failure", extra={"causes": steps})


def _aws_code(error: BaseException) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
