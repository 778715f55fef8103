"""ministack with a telephone: every text message and e-mail that it takes is kept in a file, to be read.

`python -m tests.deployment.cloud_with_phone FILE`; everything else by ministack's own environment variables.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ministack.app
from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.cloud_process import Message, Receive, Send, _body, _service
from infra.local.phone import Phone, sent_messages


class WithPhone:
    """ministack's ASGI application, overheard."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        service = _service(headers.get(b"authorization", b""))
        if scope["type"] != "http" or service not in {"sns", "ses"}:
            await ministack.app.app(scope, receive, send)
            return
        body = await _body(receive)
        parts: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return parts.pop() if parts else {"type": "http.disconnect"}

        content_type = headers.get(b"content-type", b"").decode()
        for message in sent_messages(service, scope["path"], content_type, body, datetime.now(UTC)):
            self._phone.keep(message)
        await ministack.app.app(scope, again, send)


async def main(file: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    config = Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await serve(WithPhone(Phone(file)), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
