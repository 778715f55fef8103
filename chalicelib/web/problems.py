"""Problem details (RFC 9457), and what can be wrong with any request before its handler sees it."""

from __future__ import annotations

import msgspec

from chalicelib.errors import Problem


class BadJson(Problem):
    """The body is not JSON."""

    slug = "body-not-json"
    status = 400
    title = "The body is not valid JSON"


class BodyInvalid(Problem):
    """The body or a parameter does not have the documented form."""

    slug = "body-invalid"
    status = 422
    title = "The request does not have the documented form"


class BodyTooLarge(Problem):
    """More octets than the route takes."""

    slug = "body-too-large"
    status = 413
    title = "The request is larger than this operation takes"


class UnsupportedMediaType(Problem):
    """The Content-Type is not the documented one."""

    slug = "media-type-not-supported"
    status = 415
    title = "This operation takes another media type"


class NotAcceptable(Problem):
    """No representation fits the Accept header."""

    slug = "not-acceptable"
    status = 406
    title = "This operation cannot answer in an accepted media type"


class RouteNotFound(Problem):
    """No such path."""

    slug = "route-not-found"
    status = 404
    title = "There is no such address here"


class MethodNotAllowed(Problem):
    """The path has no such method."""

    slug = "method-not-allowed"
    status = 405
    title = "This address does not take that method"


class IdempotencyKeyMissing(Problem):
    """The operation must be repeatable, and the caller gave no key."""

    slug = "idempotency-key-missing"
    status = 400
    title = "Send an Idempotency-Key header: 8 to 64 letters, digits, dots, underscores or hyphens"


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """RFC 9457 section 3."""

    type: str
    title: str
    status: int
    detail: str = ""
    slug: str = ""
    field: str = ""
    """Which part of the request it is about."""
