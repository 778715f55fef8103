"""The OpenAPI document is valid, complete, and true: what it does not say, the API does not answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import ROOMS
from chalicelib.web.openapi import problems_of
from infra.local.gateway import Gateway
from tests.support.declared import PROBLEM, require_declared
from tests.support.world import World

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

schemathesis.openapi.media_type("application/ocsp-request", st.binary(max_size=200))


@schemathesis.serializer("application/ocsp-request")
def as_octets(_: Any, value: Any) -> bytes:
    """OCSP requests are sent as they are."""
    return value if isinstance(value, bytes) else str(value).encode()


def test_the_document_is_valid_openapi(authority: World) -> None:
    document = authority.citizen.get("/openapi.json").json
    validate(document)
    declared = {(route.method.lower(), route.path.replace("+}", "}")) for room in ROOMS for route in room}
    listed = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert declared | {("get", "/openapi.json")} == listed


def test_every_problem_of_every_route_is_in_the_list(authority: World) -> None:
    listed = {each["slug"] for each in authority.citizen.get("/problems").json["problems"]}
    declared = {kind.slug for room in ROOMS for route in room for kind in problems_of(route)}
    assert declared <= listed


def test_every_problem_has_a_meaning(authority: World) -> None:
    """The address in a problem's `type` leads to a sentence for people."""
    for each in authority.citizen.get("/problems").json["problems"]:
        assert each["title"], each
        assert each["meaning"], each


def test_a_test_fails_that_gets_a_problem_which_its_route_does_not_declare(authority: World) -> None:
    """So every story asks it of every answer: what it takes a story to meet no generated request finds."""
    of_points = ("GET", "/v1/registration-points", PROBLEM)
    require_declared(authority.app, *of_points, b'{"slug": "province-invalid"}')
    with pytest.raises(AssertionError, match="does not declare"):
        require_declared(authority.app, *of_points, b'{"slug": "own-case"}')


def _as_wsgi(world: World, **more: str) -> Callable[..., Any]:
    gateway = Gateway(world.app, world.cloud.settings.api_url)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        environ.setdefault("REQUEST_URI", environ["PATH_INFO"])
        environ.setdefault("REMOTE_ADDR", "203.0.113.9")
        return gateway({**environ, **more}, start_response)

    return application


def _explore(*callers: Callable[..., Any]) -> tuple[int, int]:
    """Send generated requests, well-formed and not, to every operation; each as every caller.

    Returns how many operations there are, and how many requests were sent.
    """
    schema = schemathesis.openapi.from_wsgi("/openapi.json", callers[0])
    operations = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operations.append(result.ok())
    sent = 0
    for operation in operations:
        for mode in GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @BOUNDED
            def answers_as_documented(case: Any) -> None:
                nonlocal sent
                for caller in callers:
                    sent += 1
                    case.call_and_validate(checks=CHECKS, app=caller)

            with contextlib.suppress(Unsatisfiable):  # an operation without input has no malformed one
                answers_as_documented()
    return len(operations), sent


def test_strangers_and_officers_get_only_documented_answers(authority: World) -> None:
    """Making requests up takes longer than answering them: both send the same ones."""
    officer = authority.officer
    token = f"Bearer {officer.token}"
    operations, sent = _explore(
        _as_wsgi(authority),
        _as_wsgi(authority, SSL_CLIENT_CERT=officer.certificate or "", HTTP_AUTHORIZATION=token),
    )
    assert operations >= 16
    assert sent >= 2 * BOUNDED.max_examples * operations
