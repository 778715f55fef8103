"""An HTTP client that goes through the local gateway in process, as API Gateway would hand requests on."""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.web.app import Api
from infra.local.gateway import Gateway
from tests.support.declared import require_declared


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """Which problem it was."""
        return str(self.json["slug"])


class Client:
    """A caller at one address, with or without a client certificate and a session."""

    def __init__(
        self,
        app: Api,
        *,
        source: str = "203.0.113.7",
        certificate: str | None = None,
        token: str | None = None,
    ) -> None:
        self.app, self.source, self.certificate, self.token = app, source, certificate, token
        self._gateway = Gateway(app, app.cloud.settings.api_url)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        content_type: str | None = "application/json",
    ) -> Answer:
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        target, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": path,
            "SCRIPT_NAME": "",
            "PATH_INFO": target,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.source,
            "CONTENT_LENGTH": str(len(octets)),
            "wsgi.input": io.BytesIO(octets),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "https",
        }
        if body is not None and content_type:
            environ["CONTENT_TYPE"] = content_type
        if self.certificate:
            environ["SSL_CLIENT_CERT"] = self.certificate
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        for name, value in (sent | (headers or {})).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        told: list[Any] = []

        def start_response(status: str, fields: list[tuple[str, str]], *_: Any) -> Any:
            told.extend((int(status.split()[0]), fields))

        content = b"".join(self._gateway(environ, start_response))
        answered = {name.lower(): value for name, value in told[1]}
        require_declared(self.app, method, target, answered.get("content-type", ""), content)
        return Answer(told[0], answered, content)

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Answer:
        """POST; `key` is the Idempotency-Key, or `new` for a fresh one."""
        headers = dict(options.pop("headers", {}))
        if key:
            headers["Idempotency-Key"] = secrets.token_hex(12) if key == "new" else key
        return self.send("POST", path, body, headers=headers, **options)


def segment(text: str) -> str:
    """A path segment, percent-encoded."""
    return quote(text, safe="")
