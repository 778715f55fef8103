"""A client of the API over HTTP and HTTPS, with nothing of the product in it."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 180
"""Seconds. Three years of an authority's jobs are one request, and other work may be going on here."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """Which problem it is (RFC 9457), if it is one."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return str(self.json["slug"]) if is_problem else ""

    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.body[:500]!r}"


class Caller:
    """Calls one server; over TLS with the client certificate that the context holds."""

    def __init__(self, base: str, tls: ssl.SSLContext | None = None, token: str | None = None) -> None:
        self._base = urlsplit(base)
        self._tls = tls
        self.token = token

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path of the server."""
        return self.send("GET", path, b"", headers)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        """POST JSON; header names are given with `_` for `-`."""
        octets = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content_Type", "application/json")
        return self.send("POST", path, octets, headers)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.send("DELETE", path, b"", {})

    def with_token(self, token: str) -> Caller:
        """The same, logged in."""
        return Caller(self._base.geturl(), self._tls, token)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Any request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        host, port = self._base.hostname or "", self._base.port
        connection: http.client.HTTPConnection
        if self._tls:
            connection = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=self._tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        try:
            connection.request(method, path, body or None, named)
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()


def fetch(url: str) -> Answer:
    """GET a URL, as software does that finds it in a certificate, and a browser that follows a link."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return Caller(f"{parts.scheme}://{parts.netloc}").get(parts.path + query)


def upload(url: str, fields: dict[str, str], content: bytes) -> Answer:
    """Send a form with a file, as a browser does: the fields as they are, and the file last (RFC 7578)."""
    boundary = secrets.token_hex(16)
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in fields.items()]
    parts.append('Content-Disposition: form-data; name="file"; filename="upload"\r\n\r\n')
    form = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts).encode() + content
    form += f"\r\n--{boundary}--\r\n".encode()
    parsed = urlsplit(url)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Caller(f"{parsed.scheme}://{parsed.netloc}").send("POST", parsed.path, form, headers)
