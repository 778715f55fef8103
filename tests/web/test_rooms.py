"""A room is imported with the first request for one of its paths: by which, and what else comes with it."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import chalicelib
from app import BEHIND, ROOMS, app, create_app
from chalicelib.aws.functions import answer, unpack
from chalicelib.errors import Conflict, Problem
from chalicelib.web.app import Api
from chalicelib.web.problem_list import problem_kinds
from chalicelib.web.rooms import Room, by_path, room_of

MODULES = {room.module for room in ROOMS} - {"chalicelib.web.meta"}  # it holds the version, for the document
SAY = """
import base64, json, sys
from chalicelib.errors import Problem
from app import app
def ask(method, path, **event):
    answer = app({"headers": {}, "body": None, "isBase64Encoded": False, **event, "requestContext": {
        "resourcePath": path, "httpMethod": method, "identity": {"sourceIp": "192.0.2.1"}}}, None)
    return answer["statusCode"], base64.b64decode(answer["body"]).decode()
def refusal(reply):
    from chalicelib.aws.functions import unpack
    try:
        unpack(reply)
    except Problem as problem:
        return problem.slug
told = %s
sys.stderr.write(json.dumps([told, sorted(sys.modules)]))
"""


def in_a_fresh_process(expression: str) -> tuple[Any, set[str]]:
    """What an expression gives where nothing but the app was imported, and the modules there afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", SAY % expression], check=True, capture_output=True, text=True
    )
    told, modules = json.loads(done.stderr.splitlines()[-1])
    return told, set(modules)


def test_every_path_finds_its_room_and_every_beginning_is_used() -> None:
    rooms = by_path(ROOMS)
    used = set()
    for room in ROOMS:
        for route in room:
            assert room_of(route.path, rooms) is room, route.path
            used |= {
                path for path in room.paths if f"{route.path}/".startswith(f"{path}/") or path == route.path
            }
    assert used == rooms.keys()


def test_every_module_of_routes_is_a_room() -> None:
    found = {
        each.name
        for each in pkgutil.walk_packages(chalicelib.__path__, "chalicelib.")
        if each.name.endswith(".routes")
    }
    found.remove("chalicelib.web.routes")  # what a route is
    assert found == {name for name in MODULES if name.endswith(".routes")}


def test_no_path_is_of_two_rooms() -> None:
    with pytest.raises(ValueError, match="/v1/me"):
        by_path([Room("one", ("/v1/me",)), Room("two", ("/v1/me",))])


def test_a_path_is_registered_once() -> None:
    api = create_app(app.cloud)
    with pytest.raises(ValueError, match="is there already"):
        api.add(list(api.table["/v1/pins"].values()))


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/v1/me", "chalicelib.registry.me.routes"),
        ("/v1/me/sessions/{session}", "chalicelib.login.citizens_api.routes"),
        ("/v1/me/email/confirmation", "chalicelib.registry.me.routes"),
        ("/", "chalicelib.web.meta"),
        ("/v1/mean", None),
        ("/v1", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_the_longest_beginning_of_whole_segments_decides(path: str, module: str | None) -> None:
    room = room_of(path, by_path(ROOMS))
    assert (room.module if room else None) == module


def test_nothing_of_a_room_is_imported_before_a_request() -> None:
    _, modules = in_a_fresh_process("None")
    assert not modules & (MODULES | set(BEHIND))
    ours = {name.split(".")[1] for name in modules if name.startswith("chalicelib.")}
    assert ours == {"aws", "errors", "settings", "web"}


@pytest.mark.parametrize(
    ("request_", "status", "room", "not_needed"),
    [
        ("'GET', '/'", 200, None, {"audit", "codes", "login", "notices", "pki", "registry"}),
        (
            "'POST', '/ocsp', headers={'content-type': 'application/ocsp-request'}, body='no'",
            200,
            "chalicelib.pki.routes",
            {"certificates", "codes", "login", "notices", "registry"},
        ),
        (
            "'POST', '/v1/sessions/pin', headers={'content-type': 'application/json'}, body='{}'",
            422,
            "chalicelib.login.citizens_api.routes",
            {"certificates"},
        ),
        ("'GET', '/v1/pins'", 405, "chalicelib.login.citizens_api.routes", {"certificates"}),
    ],
)
def test_a_request_imports_its_room_and_no_other(
    request_: str, status: int, room: str | None, not_needed: set[str]
) -> None:
    told, modules = in_a_fresh_process(f"ask({request_})")
    assert told[0] == status, told
    assert modules & MODULES == ({room} if room else set())
    assert not {name.split(".")[1] for name in modules if name.startswith("chalicelib.")} & not_needed


def test_a_path_of_nobody_imports_nothing() -> None:
    told, modules = in_a_fresh_process("ask('GET', '/v1/nothing')")
    assert told[0] == 404
    assert not modules & MODULES


@pytest.mark.parametrize("module", BEHIND)
def test_a_function_imports_no_routes(module: str) -> None:
    _, modules = in_a_fresh_process(f"__import__({module!r}) and None")
    assert not modules & MODULES


def test_the_list_of_problems_is_whole_though_it_is_the_first_request() -> None:
    told, _ = in_a_fresh_process("ask('GET', '/problems')")
    listed = [each["slug"] for each in json.loads(told[1])["problems"]]
    app.import_all()
    behind = {kind.slug for kind in Problem.kinds() if kind.__module__ in BEHIND}
    assert behind
    assert behind <= set(listed)
    assert set(listed) <= {kind.slug for kind in problem_kinds()}
    assert len(listed) > 100


def test_the_document_is_whole_though_it_is_the_first_request() -> None:
    told, _ = in_a_fresh_process("ask('GET', '/openapi.json')")
    listed = {path.replace("{proxy}", "{proxy+}") for path in json.loads(told[1])["paths"]}
    assert listed == app.table.keys() == app.routes.keys()


def test_a_problem_of_another_function_is_known_here_though_its_module_was_not() -> None:
    """The authority's refusals have types that the caller's room need not have imported."""
    reply = {"problem": {"slug": "email-invalid", "detail": "", "field": None, "retry_after": None}}
    reply["problem"]["module"] = "chalicelib.registry.contact"
    assert in_a_fresh_process(f"refusal({reply!r})")[0] == "email-invalid"
    del reply["problem"]["module"]  # as a release before this one answers
    assert in_a_fresh_process(f"refusal({reply!r})")[0] == "temporarily-unavailable"


@pytest.mark.parametrize("module", ["antigravity", "chalicelib.nowhere"])
def test_no_other_module_is_imported_for_a_problem(module: str) -> None:
    reply = {"problem": {"slug": "new", "module": module, "detail": "", "field": None, "retry_after": None}}
    told, modules = in_a_fresh_process(f"refusal({reply!r})")
    assert told == "temporarily-unavailable"
    assert module not in modules


def test_answers_name_the_module_of_a_problem() -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Conflict

    reply = answer(refuse, app.cloud, {})
    assert reply["problem"]["module"] == "chalicelib.errors"
    with pytest.raises(Conflict):
        unpack(reply)


def test_many_first_requests_at_once_open_a_room_once(monkeypatch: pytest.MonkeyPatch) -> None:
    api = create_app(app.cloud)
    opened: list[str] = []
    add = Api.add

    def slowly(self: Api, routes: Any) -> None:
        opened.append(routes.module)
        time.sleep(0.05)
        add(self, routes)

    monkeypatch.setattr(Api, "add", slowly)
    start = threading.Barrier(8)

    def ask(path: str) -> set[str]:
        start.wait()
        return set(api._methods(path))

    with ThreadPoolExecutor(8) as threads:
        asked = ["/v1/me/sessions", "/v1/me/sessions/{session}", "/v1/pins", "/v1/sessions/pin"] * 2
        found = list(threads.map(ask, asked))
    assert found == [{"GET", "DELETE"}, {"DELETE"}, {"POST"}, {"POST"}] * 2
    assert opened == ["chalicelib.login.citizens_api.routes"]
