"""What the API says of itself: its parts, its OpenAPI document, and what each problem means."""

from __future__ import annotations

import msgspec

from chalicelib.errors import NotFound, Problem
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("service")

VERSION = "0.1.0"


class Service(msgspec.Struct):
    """Where to go from here."""

    name: str
    version: str
    organisation: str
    openapi: str
    problems: str
    registration_points: str


class ProblemKind(msgspec.Struct):
    """One kind of problem that this API answers."""

    slug: str
    status: int
    title: str
    meaning: str


class ProblemList(msgspec.Struct):
    """All of them."""

    problems: list[ProblemKind]


@routes.get("/", summary="What this service is", answers={200: Service})
def describe(request: Request) -> Reply:
    """The name of the service and the addresses to begin with."""
    settings = request.cloud.settings
    return Reply(
        Service(
            name="Clavero",
            version=VERSION,
            organisation=settings.organisation,
            openapi=f"{settings.api_url}/openapi.json",
            problems=f"{settings.api_url}/problems",
            registration_points=f"{settings.api_url}/v1/registration-points",
        )
    )


@routes.get("/problems", summary="What problems there are", answers={200: ProblemList})
def list_problems(request: Request) -> Reply:  # noqa: ARG001
    """Every kind of problem, by slug."""
    return Reply(ProblemList(problem_kinds()), headers={"Cache-Control": "public, max-age=3600"})


@routes.get(
    "/problems/{slug}", summary="What a problem means", answers={200: ProblemKind}, problems=[NotFound]
)
def describe_problem(request: Request) -> Reply:
    """The kind of problem that a problem's `type` names."""
    for kind in problem_kinds():
        if kind.slug == request.path["slug"]:
            return Reply(kind, headers={"Cache-Control": "public, max-age=3600"})
    raise NotFound


def problem_kinds() -> list[ProblemKind]:
    """Every kind of problem that a caller can meet, by slug."""
    kinds = {
        kind.slug: ProblemKind(kind.slug, kind.status, kind.title, (kind.__doc__ or "").split("\n")[0])
        for kind in Problem.kinds()
    }
    return [kinds[slug] for slug in sorted(kinds)]
