"""API Gateway on one machine: a WSGI application that turns HTTP into REST API events (payload version 1.0).

The app gets what AWS would send it: decoded path parameters, greedy `{proxy+}`, multi-value query and
headers, base64 bodies (binary media types */*), and the client certificate of mutual TLS in the request
context. What API Gateway answers by itself is answered here, in the form our gateway responses give it.
"""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from cryptography import x509

from chalicelib.errors import Problem
from chalicelib.web.app import problem_reply
from chalicelib.web.problems import BodyTooLarge, MethodNotAllowed, RouteNotFound
from infra.local.clock import machine_time

BODY_LIMIT = 10 * 1024 * 1024  # Amazon API Gateway quotas: payload size

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Answer = tuple[int, list[tuple[str, str]], bytes]

logger = logging.getLogger("clavero.local.gateway")


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that a handler may read."""

    aws_request_id: str
    function_name: str = "api_handler"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-south-2:000000000000:function:api_handler"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


@dataclass
class Gateway:
    """WSGI in front of a Chalice app; the local extras, `door` and `pages`, may answer first."""

    app: Any
    api_url: str
    pages: Callable[[str, str], Answer | None] = lambda _path, _query: None
    posted: Callable[[str, Callable[[], bytes]], Answer | None] = lambda _path, _body: None
    """As `pages`, for a form that is sent to one of them."""
    clock: Callable[[], datetime] = machine_time
    door: Callable[[Environ, str, Callable[[], bytes]], Answer | None] = lambda _environ, _path, _body: None
    """What of the local extras is more than a page; it is given the request, its path and its body."""
    request_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, headers, body = self._answer(environ)
        except Problem as problem:
            status, headers, body = self._problem(problem)
        except Exception:
            # What API Gateway does with a function that failed; the cause is for the operator.
            logger.exception("the app failed")
            status, headers, body = self._problem(Problem())
        if status not in (204, 304) and not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("Content-Length", str(len(body)))]
        start_response(f"{status} {_reason(status)}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" or status in (204, 304) else [body]

    def _answer(self, environ: Environ) -> Answer:
        raw_path = _raw_path(environ)
        if answer := self.door(environ, raw_path, lambda: _body(environ)):
            return answer
        posted = environ["REQUEST_METHOD"] == "POST"
        page = self.posted(raw_path, lambda: _body(environ)) if posted else None
        if page := page or self.pages(raw_path, environ.get("QUERY_STRING", "")):
            return page
        resource, parameters = match_route(self.app.routes, raw_path)
        method = environ["REQUEST_METHOD"]
        methods = self.app.routes[resource]
        if method not in methods and not (method == "HEAD" and "GET" in methods):
            raise MethodNotAllowed("Allowed: " + ", ".join(methods))
        request_id = self.request_id()
        event = rest_event(environ, resource, raw_path, parameters, _body(environ), request_id, self.clock())
        return _from_lambda(self.app(event, Context(request_id)))

    def _problem(self, problem: Problem) -> Answer:
        reply = problem_reply(problem, self.api_url)
        headers = {"Content-Type": reply.content_type, "X-Content-Type-Options": "nosniff", **reply.headers}
        return reply.status, list(headers.items()), msgspec.json.encode(reply.body)


def match_route(routes: Iterable[str], raw_path: str) -> tuple[str, dict[str, str]]:
    """The route that answers a percent-encoded path, and its decoded parameters.

    A static segment goes before a parameter, and a parameter before a greedy one, as in API Gateway.

    Raises:
        RouteNotFound: none does.
    """
    segments = raw_path.removeprefix("/").split("/")
    best: tuple[list[int], str, dict[str, str]] | None = None
    for route in routes:
        if (parameters := _match(route.strip("/").split("/"), segments)) is not None:
            rank = [_generality(segment) for segment in route.strip("/").split("/")]
            if best is None or rank < best[0]:
                best = (rank, route, parameters)
    if best is None:
        raise RouteNotFound
    return best[1], best[2]


def _generality(segment: str) -> int:
    return 2 if segment.endswith("+}") else 1 if segment.startswith("{") else 0


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for index, part in enumerate(pattern):
        if part.endswith("+}") and index < len(segments):
            parameters[part[1:-2]] = unquote("/".join(segments[index:]))
            return parameters if segments[index] else None
        if index >= len(segments):
            return None
        if part.startswith("{"):
            if not segments[index]:
                return None
            parameters[part[1:-1]] = unquote(segments[index])
        elif part != unquote(segments[index]):
            return None
    # A slash at the end is not a further segment, except in a greedy parameter, where base64 may end so.
    return parameters if segments[len(pattern) :] in ([], [""]) else None


def rest_event(
    environ: Environ,
    resource: str,
    raw_path: str,
    parameters: dict[str, str],
    body: bytes,
    request_id: str,
    now: datetime,
) -> dict[str, Any]:
    """The event of the Lambda proxy integration (API Gateway Developer Guide, input format)."""
    headers, method = _headers(environ), environ["REQUEST_METHOD"]
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    identity: dict[str, Any] = {
        "sourceIp": environ.get("REMOTE_ADDR", ""),
        "userAgent": headers.get("User-Agent"),
    }
    # Only the TLS layer sets this variable: request headers all begin with HTTP_.
    if pem := environ.get("SSL_CLIENT_CERT"):
        identity["clientCert"] = client_certificate(pem)
    path = unquote(raw_path)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local",
            "resourcePath": resource,
            "httpMethod": method,
            "path": path,
            "accountId": "000000000000",
            "apiId": "local",
            "stage": "local",
            "protocol": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "domainName": headers.get("Host", "localhost"),
            "requestId": request_id,
            "extendedRequestId": request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": identity,
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def client_certificate(pem: str) -> dict[str, Any]:
    """`requestContext.identity.clientCert`, in the five fields and formats of API Gateway."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    serial = certificate.serial_number.to_bytes((certificate.serial_number.bit_length() + 7) // 8 or 1)
    return {
        "clientCertPem": pem.strip() + "\n",
        "subjectDN": certificate.subject.rfc4514_string(),
        "issuerDN": certificate.issuer.rfc4514_string(),
        "serialNumber": serial.hex(":"),
        "validity": {
            "notBefore": _openssl_time(certificate.not_valid_before_utc),
            "notAfter": _openssl_time(certificate.not_valid_after_utc),
        },
    }


def _openssl_time(moment: datetime) -> str:
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S %Y} GMT"


def _raw_path(environ: Environ) -> str:
    """The path as sent: PATH_INFO is decoded already, and an encoded slash is not a separator."""
    target = str(environ["REQUEST_URI"]).partition("?")[0]
    if not target.startswith("/"):  # absolute form, RFC 9112 section 3.2.2
        target = "/" + target.partition("://")[2].partition("/")[2]
    return target


def _headers(environ: Environ) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for variable, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(variable):
            headers[name] = environ[variable]
    claimed = headers.get("X-Forwarded-For")
    source = environ.get("REMOTE_ADDR", "")
    headers["X-Forwarded-For"] = f"{claimed}, {source}" if claimed else source
    headers["X-Forwarded-Proto"] = environ.get("wsgi.url_scheme", "http")
    return headers


def _body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > BODY_LIMIT:
        raise BodyTooLarge(f"At most {BODY_LIMIT} octets")
    if length or environ.get("wsgi.input_terminated"):
        body: bytes = environ["wsgi.input"].read(length or BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise BodyTooLarge(f"At most {BODY_LIMIT} octets")
        return body
    return b""


def _from_lambda(answer: Mapping[str, Any]) -> Answer:
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else str(text).encode()
    single = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    headers = list(single.items())
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
        headers += [(name, str(value)) for value in values]
    return int(answer["statusCode"]), headers, body


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
