"""That a route answers no problem which it does not declare: looked at with every answer that a test gets.

The document (OpenAPI) is made of what routes declare. Generated requests find what a stranger meets; what
takes a story to meet is met by the stories.
"""

from __future__ import annotations

import json

from chalicelib.web.app import Api
from chalicelib.web.openapi import problems_of
from chalicelib.web.problems import RouteNotFound
from infra.local.gateway import match_route

PROBLEM = "application/problem+json"


def require_declared(app: Api, method: str, path: str, content_type: str, body: bytes) -> None:
    """Fail with an answer that the document of the API does not have."""
    if content_type != PROBLEM:
        return
    try:
        found = match_route(app.table, path)[0]
    except RouteNotFound:
        return
    route = app.table[found].get(method)
    if route is not None:
        slug, declared = json.loads(body)["slug"], {kind.slug for kind in problems_of(route)}
        assert slug in declared, f"{method} {found} answers {slug}, and does not declare it"
