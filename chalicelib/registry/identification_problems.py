"""Every problem that an identification can meet, for the routes that take one."""

from __future__ import annotations

from typing import Final

from chalicelib.errors import Problem
from chalicelib.registry import contact, documents, identification, own_case, people

PROBLEMS: Final[tuple[type[Problem], ...]] = tuple(
    kind
    for module in (documents, people, contact, identification, own_case)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Problem) and kind is not Problem
)
