"""A request as a handler sees it: decoded, bounded and typed, from the event that API Gateway sends."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509

from chalicelib.web.problems import (
    BadJson,
    BodyInvalid,
    BodyTooLarge,
    IdempotencyKeyMissing,
    NotAcceptable,
    UnsupportedMediaType,
)
from chalicelib.web.routes import Media, Route

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case."""

    cloud: Cloud
    route: Route
    path: dict[str, str]
    headers: dict[str, str]
    body: Any
    """A struct of the route's type, octets, or None."""
    query: Any
    source: str
    """The caller's address as API Gateway saw it."""
    context: dict[str, Any]

    @cached_property
    def client_certificate(self) -> x509.Certificate | None:
        """The certificate of the TLS client, which API Gateway has verified against the trust store."""
        pem = ((self.context.get("identity") or {}).get("clientCert") or {}).get("clientCertPem")
        return x509.load_pem_x509_certificate(pem.encode()) if pem else None

    @property
    def idempotency_key(self) -> str:
        """The caller's own key for this operation (required by the route)."""
        return self.headers["idempotency-key"]

    def accepted(self, media: Media) -> str:
        """Which of the route's media types the caller prefers (RFC 9110 section 12.5.1).

        Raises:
            NotAcceptable: none of them.
        """
        offers = (media.content_type, *media.also)
        best: tuple[float, int, str] | None = None
        for part in self.headers.get("accept", "*/*").split(","):
            wanted, *parameters = (piece.strip().lower() for piece in part.split(";"))
            quality = _quality(parameters)
            for rank, offer in enumerate(offers):
                if quality > 0 and _matches(wanted, offer):
                    candidate = (quality, -rank, offer)
                    best = max(best, candidate) if best else candidate
        if best is None:
            raise NotAcceptable("One of: " + ", ".join(offers))
        return best[2]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if match := re.fullmatch(r"q=([01](?:\.\d{0,3})?)", parameter):
            return float(match[1])
    return 1.0


def _matches(wanted: str, offer: str) -> bool:
    kind = offer.split("/")[0]
    return wanted in {"*/*", "*", f"{kind}/*", offer.split(";")[0]}


def read_request(cloud: Cloud, route: Route, event: dict[str, Any]) -> Request:
    """Decode and check an event against its route.

    Raises:
        Problem: the request is too large, of another media type, or not of the documented form.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if route.idempotency_key and not IDEMPOTENCY_KEY.fullmatch(headers.get("idempotency-key", "")):
        raise IdempotencyKeyMissing
    context = event["requestContext"]
    return Request(
        cloud=cloud,
        route=route,
        path=dict(event.get("pathParameters") or {}),
        headers=headers,
        body=_body(route, event, headers),
        query=_query(route, event),
        source=(context.get("identity") or {}).get("sourceIp", ""),
        context=context,
    )


def _body(route: Route, event: dict[str, Any], headers: dict[str, str]) -> Any:
    if route.body is None:
        return None
    limit = route.body.limit if isinstance(route.body, Media) else Media("application/json").limit
    raw = _octets(event, limit)
    if len(raw) > limit:
        raise BodyTooLarge(f"At most {limit} octets")
    expected = route.body.content_type if isinstance(route.body, Media) else "application/json"
    sent = headers.get("content-type", "").split(";")[0].strip().lower()
    if sent != expected:
        raise UnsupportedMediaType(f"Send Content-Type: {expected}")
    if isinstance(route.body, Media):
        return raw
    try:
        return msgspec.json.decode(raw, type=route.body)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadJson from None


def _octets(event: dict[str, Any], limit: int) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    if len(text) > limit * 4 // 3 + 4:
        raise BodyTooLarge(f"At most {limit} octets")
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise BadJson from None


def _query(route: Route, event: dict[str, Any]) -> Any:
    if route.query is None:
        return None
    try:
        return msgspec.convert(event.get("queryStringParameters") or {}, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: msgspec.ValidationError) -> BodyInvalid:
    """msgspec names the rule and the place and, for unknown fields, the name; never a value."""
    text = str(error)
    place = re.search(r" - at `(?:key in )?\$\.?([^`]*)`$", text)
    rule = text.split(" - at ")[0]
    if rule.startswith(("Object contains unknown field", "Invalid enum value", "Invalid value")):
        rule = rule.split("`")[0].split(" '")[0].strip()
    return BodyInvalid(rule, field=place[1] if place else None)
