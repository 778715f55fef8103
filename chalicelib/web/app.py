"""The Chalice app whose HTTP side is ours: one dispatcher from an API Gateway event to a typed handler.

Chalice is told the routes (so that it can package the API) and the functions; it would, however,
refuse a binary answer to a client that sends no Accept header (as `openssl ocsp` does not), answer some
errors in shapes of its own, and keep the current request in an attribute that threads share.
"""

from __future__ import annotations

import base64
import importlib
import threading
import time
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
from chalice.app import Chalice, RouteEntry

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.log import RequestLine, log_failure, log_request
from chalicelib.errors import Problem
from chalicelib.web.problems import MethodNotAllowed, ProblemDetails, RouteNotFound
from chalicelib.web.request import read_request
from chalicelib.web.rooms import Room, by_path, room_of
from chalicelib.web.routes import Reply, Route

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Api(Chalice):
    """The deployed app: routes for the internet, and functions with their own roles."""

    def __init__(self, cloud: Cloud, rooms: Iterable[Room] = (), behind: Iterable[str] = ()) -> None:
        # Chalice adds its name to an environment variable each time, which clients of AWS send each time.
        super().__init__(app_name="clavero", env={})
        del self.routes  # Chalice's empty table, in whose place the one below is made when it is asked for
        self.api.binary_types = ["*/*"]
        self.cloud = cloud
        self._rooms = tuple(rooms)
        self._rooms_by_path = by_path(self._rooms)
        self._behind = tuple(behind)
        self._table: dict[str, dict[str, Route]] = {}
        self._opened: set[Room] = set()
        self._opening = threading.RLock()

    def add(self, routes: Iterable[Route]) -> None:
        """Register routes.

        Raises:
            ValueError: the path of one of them is taken.
        """
        added: dict[str, dict[str, Route]] = {}
        for route in routes:
            if route.path in self._table or route.method in added.get(route.path, {}):
                raise ValueError(f"{route.method} {route.path} is there already")
            added.setdefault(route.path, {})[route.method] = route
        self._table.update(added)  # all methods of a path at once: other threads may be looking

    def import_all(self) -> None:
        """Open every room, and import the modules behind the other functions."""
        with self._opening:
            for room in self._rooms:
                self._open(room)
            for module in self._behind:
                importlib.import_module(module)

    def every_route(self) -> list[Route]:
        """The routes of every room, in the order of the rooms."""
        self.import_all()
        return [route for room in self._rooms for route in room]

    @property
    def table(self) -> dict[str, dict[str, Route]]:
        """Every route, by path and method."""
        self.import_all()
        return self._table

    @cached_property
    def routes(self) -> dict[str, dict[str, RouteEntry]]:  # type: ignore[override]
        """Every route as Chalice packages it; to answer requests nobody needs this."""
        return {
            path: {
                method: RouteEntry(
                    _placeholder,
                    route.handler.__name__,
                    path,
                    method,
                    content_types=["application/json"],
                    cors=self.api.cors,
                )
                for method, route in methods.items()
            }
            for path, methods in self.table.items()
        }

    def _open(self, room: Room) -> None:
        with self._opening:
            if room not in self._opened:
                self.add(room)
                self._opened.add(room)

    def _methods(self, path: str) -> dict[str, Route]:
        """The routes of a path, by method; those of its room are imported and registered if need be."""
        if path not in self._table:
            room = room_of(path, self._rooms_by_path)
            if room is None:
                raise RouteNotFound
            if room.describes_all:
                self.import_all()
            self._open(room)
        if path not in self._table:
            raise RouteNotFound
        return self._table[path]

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
        methods = self._methods(path)
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
