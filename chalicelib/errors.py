"""Typed errors: every refusal has a stable slug, and one mapping (web/problems.py) makes it RFC 9457.

`detail` is public text: it may reach a stranger, so it never holds a code, a password, a key or
anything personal. What only operators may know goes into the exception's `__cause__` and the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class Problem(Exception):
    """A refusal that the caller can understand and act on.

    Subclasses set `slug` (stable, documented in docs/errors.md), `status` (HTTP) and `title`.
    """

    slug: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed on our side"

    def __init__(self, detail: str = "", *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.field = field
        self.retry_after = retry_after
        """Seconds after which the same request may succeed, where that is known."""

    @classmethod
    def kinds(cls) -> Iterator[type[Problem]]:
        """Every kind of problem in the modules imported so far that has a slug of its own."""
        if "slug" in vars(cls):
            yield cls
        for kind in cls.__subclasses__():
            yield from kind.kinds()


class Unavailable(Problem):
    """A service we depend on failed; nothing was half done, and the same request may be sent again."""

    slug = "temporarily-unavailable"
    status = 503
    title = "Try again in a moment"


class Conflict(Problem):
    """Somebody changed the same thing at the same time."""

    slug = "conflict"
    status = 409
    title = "The same thing is being changed by another request"


class NotFound(Problem):
    """There is no such thing, or the caller may not know of it."""

    slug = "not-found"
    status = 404
    title = "There is no such thing here"


class Forbidden(Problem):
    """The caller is known, and may not do this."""

    slug = "forbidden"
    status = 403
    title = "You may not do this"
