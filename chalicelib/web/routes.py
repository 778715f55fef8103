"""Routes as data: what each takes, answers and refuses, for the dispatcher and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from chalicelib.errors import Problem

JSON_LIMIT = 32 * 1024
"""Octets of a JSON body. The largest that we expect, a CSR of an RSA-4096 key, is under 4 KiB."""


class Media(msgspec.Struct, frozen=True):
    """A body that is not JSON, by its media type."""

    content_type: str
    limit: int = JSON_LIMIT
    also: tuple[str, ...] = ()
    """Other media types that a caller may ask for with Accept."""


Body = type[msgspec.Struct] | Media


class Reply(msgspec.Struct, frozen=True):
    """What a handler answers."""

    body: msgspec.Struct | dict[str, Any] | bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


class Caller(msgspec.Struct, frozen=True):
    """Who may call a route, and how they prove it. `authenticate` refuses by raising a Problem."""

    name: str
    authenticate: Callable[[Any], Any]
    """From the Request to whatever the handlers take as their second argument."""
    schemes: tuple[str, ...]
    """Names of OpenAPI security schemes, all of which are needed."""
    problems: tuple[type[Problem], ...] = ()


class Route(msgspec.Struct, frozen=True):
    """One operation of the API."""

    method: str
    path: str
    handler: Callable[..., Reply]
    tag: str
    summary: str
    body: Body | None
    query: type[msgspec.Struct] | None
    answers: Mapping[int, Body | None]
    problems: tuple[type[Problem], ...]
    caller: Caller | None
    """None: anybody."""
    idempotency_key: bool
    """Whether the Idempotency-Key header is required."""


class Routes:
    """The routes of one room, in the order in which they are declared."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.declared: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self.declared)

    def _declare(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        answers: Mapping[int, Body | None],
        body: Body | None = None,
        query: type[msgspec.Struct] | None = None,
        problems: Sequence[type[Problem]] = (),
        caller: Caller | None = None,
        idempotency_key: bool = False,
    ) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        def declare(handler: Callable[..., Reply]) -> Callable[..., Reply]:
            self.declared.append(
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    summary=summary,
                    body=body,
                    query=query,
                    answers=answers,
                    problems=tuple(problems) + (caller.problems if caller else ()),
                    caller=caller,
                    idempotency_key=idempotency_key,
                )
            )
            return handler

        return declare

    def get(self, path: str, **declared: Any) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare a GET."""
        return self._declare("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare a POST."""
        return self._declare("POST", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Declare a DELETE."""
        return self._declare("DELETE", path, **declared)
