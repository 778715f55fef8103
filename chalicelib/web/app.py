"""The Chalice app whose HTTP side is ours: one dispatcher from an API Gateway event to a typed handler.

Chalice registers the routes (so that it can package the API) and the functions; it would, however,
refuse a binary answer to a client that sends no Accept header (as `openssl ocsp` does not), answer some
errors in shapes of its own, and keep the current request in an attribute that threads share.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from typing import Any

import msgspec
from chalice.app import Chalice

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.log import RequestLine, log_failure, log_request
from chalicelib.errors import Problem
from chalicelib.web.problems import MethodNotAllowed, ProblemDetails, RouteNotFound
from chalicelib.web.request import read_request
from chalicelib.web.routes import Reply, Route

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Api(Chalice):
    """The deployed app: routes for the internet, and functions with their own roles."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(app_name="clavero")
        self.api.binary_types = ["*/*"]
        self.cloud = cloud
        self.table: dict[str, dict[str, Route]] = {}

    def add(self, routes: Iterable[Route]) -> None:
        """Register the routes of a room."""
        for route in routes:
            self.table.setdefault(route.path, {})[route.method] = route
            accepted = ["application/json"]
            # Chalice only needs to know that the route exists: __call__ below does the work.
            self.route(
                route.path, methods=[route.method], content_types=accepted, name=route.handler.__name__
            )(_placeholder)

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG002
        """Answer one API Gateway (REST, payload 1.0) event."""
        started = time.perf_counter()
        request_context = event.get("requestContext") or {}
        path, method = request_context.get("resourcePath", ""), request_context.get("httpMethod", "")
        slug = ""
        try:
            reply = self._answer(path, method, event)
        except Problem as problem:
            slug = problem.slug
            if problem.status >= 500:
                log_failure(problem)
            reply = problem_reply(problem, self.cloud.settings.api_url)
        except Exception as error:  # the last door: a stranger sees a problem, an operator the cause
            slug = Problem.slug
            log_failure(error)
            reply = problem_reply(Problem(), self.cloud.settings.api_url)
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        log_request(
            RequestLine(
                method, path, reply.status, slug, milliseconds, str(request_context.get("requestId", ""))
            )
        )
        return _event_answer(reply)

    def _answer(self, path: str, method: str, event: dict[str, Any]) -> Reply:
        methods = self.table.get(path)
        if methods is None:
            raise RouteNotFound
        route = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if route is None:
            raise MethodNotAllowed("Allowed: " + ", ".join(methods))
        request = read_request(self.cloud, route, event)
        if route.caller is None:
            return route.handler(request)
        return route.handler(request, route.caller.authenticate(request))


def problem_reply(problem: Problem, api_url: str) -> Reply:
    """The one mapping from typed errors to HTTP. The `type` resolves to a description of the problem."""
    headers: dict[str, str] = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    extra: dict[str, Any] = {"field": problem.field} if problem.field else {}
    details = ProblemDetails(
        type=f"{api_url}/problems/{problem.slug}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail if problem.detail != problem.title else "",
        slug=problem.slug,
        **extra,
    )
    return Reply(details, problem.status, "application/problem+json", headers)


def _placeholder(**_: str) -> None:
    """Never called."""


def _event_answer(reply: Reply) -> dict[str, Any]:
    body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    return {
        "statusCode": reply.status,
        "headers": {"Content-Type": reply.content_type, **SECURITY_HEADERS, **reply.headers},
        "multiValueHeaders": {},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
