"""What each problem means: the addresses that the `type` of a problem names."""

from __future__ import annotations

import msgspec

from chalicelib.errors import NotFound, Problem
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("service")


class ProblemKind(msgspec.Struct):
    """One kind of problem that this API answers."""

    slug: str
    status: int
    title: str
    meaning: str


class ProblemList(msgspec.Struct):
    """All of them."""

    problems: list[ProblemKind]


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
