"""The OpenAPI 3.1 document, made from the routes themselves, so that it cannot lag behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from chalicelib.errors import Problem, Unavailable
from chalicelib.web.meta import VERSION
from chalicelib.web.problems import (
    BadJson,
    BodyInvalid,
    BodyTooLarge,
    IdempotencyKeyMissing,
    ProblemDetails,
    UnsupportedMediaType,
)
from chalicelib.web.request import IDEMPOTENCY_KEY, Request
from chalicelib.web.routes import Body, Media, Reply, Route, Routes


class OpenApiDocument(msgspec.Struct):
    """An OpenAPI document."""

    openapi: str


OCTETS = {"type": "string", "format": "binary"}
REF = "#/components/schemas/{name}"


def document_routes(routes: Callable[[], Iterable[Route]]) -> Routes:
    """The route that answers the document of `routes`, asked for when it is needed, and of itself."""
    room = Routes("service")

    @room.get("/openapi.json", summary="The OpenAPI document", answers={200: OpenApiDocument})
    def get_openapi(request: Request) -> Reply:
        """This document."""
        made = document(
            [*routes(), *room], title="Clavero", version=VERSION, server=request.cloud.settings.api_url
        )
        return Reply(made, headers={"Cache-Control": "public, max-age=300"})

    return room


def document(routes: Iterable[Route], *, title: str, version: str, server: str) -> dict[str, Any]:
    """The document of these routes."""
    listed = list(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        path = route.path.replace("{proxy+}", "{proxy}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    schemes = {
        "citizenSession": {"type": "http", "scheme": "bearer", "description": "A citizen's session."},
        "officerSession": {
            "type": "http",
            "scheme": "bearer",
            "description": "A registration officer's session.",
        },
        "officerCertificate": {"type": "mutualTLS", "description": "A registration officer's certificate."},
    }
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": "Registration and log-in of citizens, their certificates and their status.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": _schemas(listed), "securitySchemes": schemes},
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return plain


def _structs(route: Route) -> list[type[msgspec.Struct]]:
    bodies = [route.body, *route.answers.values()]
    return [body for body in bodies if body is not None and not isinstance(body, Media)]


def _schemas(routes: list[Route]) -> dict[str, Any]:
    structs = {struct for route in routes for struct in _structs(route)} | {ProblemDetails}
    _, components = msgspec.json.schema_components(
        sorted(structs, key=lambda s: s.__name__), ref_template=REF
    )
    return dict(sorted(components.items()))


def _content(body: Body) -> dict[str, Any]:
    if isinstance(body, Media):
        return {kind: {"schema": OCTETS} for kind in (body.content_type, *body.also)}
    return {"application/json": {"schema": {"$ref": REF.format(name=body.__name__)}}}


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "description": " ".join((route.handler.__doc__ or "").split()),
        "responses": _responses(route),
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    if route.caller is not None:
        operation["security"] = [{scheme: [] for scheme in route.caller.schemes}]
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part.strip("{}").rstrip("+") for part in route.path.split("/") if part.startswith("{")]
    string = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._=-]+$"}
    return [{"name": name, "in": "path", "required": True, "schema": string} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = msgspec.json.schema(route.query)
    properties = schema["$defs"][route.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": form} for name, form in properties.items()]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if not route.idempotency_key:
        return []
    string = {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY.pattern}$"}
    return [{"name": "Idempotency-Key", "in": "header", "required": True, "schema": string}]


def problems_of(route: Route) -> set[type[Problem]]:
    """Every problem that a route may answer: its own, and those of its form."""
    found: set[type[Problem]] = {Problem, Unavailable, *route.problems}
    if route.body is not None:
        found |= {BodyTooLarge, UnsupportedMediaType}
        found |= set() if isinstance(route.body, Media) else {BadJson, BodyInvalid}
    if route.query is not None:
        found.add(BodyInvalid)
    if route.idempotency_key:
        found.add(IdempotencyKeyMissing)
    return found


def _responses(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, body in route.answers.items():
        responses[str(status)] = {"description": "Done"} | ({"content": _content(body)} if body else {})
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in problems_of(route):
        by_status.setdefault(problem.status, []).append(problem)
    for status, kinds in sorted(by_status.items()):
        told = "; ".join(f"`{kind.slug}`: {kind.title}" for kind in sorted(kinds, key=lambda kind: kind.slug))
        schema = {"$ref": REF.format(name="ProblemDetails")}
        problem_answer = {"description": told, "content": {"application/problem+json": {"schema": schema}}}
        if str(status) in responses:
            responses[str(status)]["content"] = (
                responses[str(status)].get("content", {}) | problem_answer["content"]
            )
        else:
            responses[str(status)] = problem_answer
    return responses
