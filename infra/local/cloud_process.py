"""The process of the local cloud: ministack, made durable.

ministack keeps everything in memory and saves it at a clean stop. An authority must not forget a certificate
because the power failed, so nothing is acknowledged here before it is on disk:

- a write to a DynamoDB table is appended to a journal (and synced) before its answer is sent; the journal is
  played again over the last snapshot at the next start. Those writes are deterministic, so this is exact;
- any other change (a key, a table, a bucket) is rare and gets a snapshot of everything before its answer;
- S3 objects are written to disk by ministack itself.

The snapshot of DynamoDB names the first journal that it does not contain, so that a crash between any two
steps neither loses a write nor plays one twice. Started by infra.local.cloud; ends when its standard input
closes, so that it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TextIO

import ministack.app
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core import persistence

from infra.local.clock import LocalClock
from infra.local.phone import Phone, sent_messages

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JOURNALED = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}
JOURNAL_LIMIT = 4 << 20  # bytes; then a snapshot begins a new one
_READS = ("Get", "Describe", "List", "Query", "Scan", "BatchGet", "TransactGet", "Filter")
_KMS_USES = {"Sign", "Verify", "GenerateMac", "VerifyMac", "Encrypt", "Decrypt", "ReEncrypt"}
_KEPT_HEADERS = (b"authorization", b"x-amz-target", b"content-type")

logger = logging.getLogger("clavero.local.cloud")


class DamagedStateError(Exception):
    """A saved state that cannot be read; starting without it would silently forget certificates."""


class StateInUseError(Exception):
    """Another process keeps its state in the same folder; two would overwrite each other's."""


class DurableCloud:
    """An ASGI application: ministack's, with each change on disk before it is answered."""

    def __init__(self, folder: Path, phone: Phone) -> None:
        self._folder = folder
        self._clock = LocalClock(folder.parent)
        self._phone = phone
        self._lock = asyncio.Lock()
        self._number = 0
        self._journal: TextIO | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await ministack.app.app(scope, receive, self._recovering(send))
        elif scope["type"] == "http" and scope["method"] != "GET" and scope["method"] != "HEAD":
            await self._change(scope, await _body(receive), send)
        else:
            await ministack.app.app(scope, receive, send)

    def _recovering(self, send: Send) -> Send:
        """Lets the server accept connections only once the journals are played."""

        async def recovering(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self._recover()
            await send(message)

        return recovering

    async def _change(self, scope: Message, body: bytes, send: Send) -> None:
        headers = dict(scope["headers"])
        service = _service(headers.get(b"authorization", b""))
        operation = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
        journaled = service == "dynamodb" and operation in JOURNALED
        if not journaled and not _changes_state(service, operation, scope["path"]):
            answer = await _call(scope, body)
            if answer[0]["status"] == 200:
                content_type = headers.get(b"content-type", b"").decode()
                for message in sent_messages(service, scope["path"], content_type, body, self._clock()):
                    self._phone.keep(message)
        else:
            async with self._lock:
                answer = await _call(scope, body)
                if answer[0]["status"] < 300:
                    if journaled:
                        await self._append(scope, body)
                    else:
                        self.save()
        for part in answer:
            await send(part)

    async def _append(self, scope: Message, body: bytes) -> None:
        journal = self._journal
        if journal is None:
            raise RuntimeError("a write before the journal was opened")
        headers = [
            [name.decode(), value.decode()] for name, value in scope["headers"] if name in _KEPT_HEADERS
        ]
        entry = {"path": scope["path"], "headers": headers, "body": base64.b64encode(body).decode()}
        journal.write(json.dumps(entry) + "\n")
        journal.flush()
        await asyncio.to_thread(os.fsync, journal.fileno())
        if journal.tell() > JOURNAL_LIMIT:
            self.save()

    def save(self, _services: object = None) -> None:
        """Writes the whole state, and begins the journal of what comes after it."""
        self._number += 1
        if self._journal:
            self._journal.close()
        self._journal = self._journal_path(self._number).open("a", encoding="utf-8")
        for service, state in ministack.app._build_persistence_save_dict().items():
            if (payload := state()) is not None:
                self._write(service, {**payload, "journal": self._number})
        for number in self._journals():
            if number < self._number:
                self._journal_path(number).unlink()

    def _write(self, service: str, payload: dict[str, Any]) -> None:
        path = self._folder / f"{service}.json"
        temporary = path.with_suffix(".tmp")
        document = {"__ministack_format__": persistence._state_format_version(service), "payload": payload}
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(document, file, default=persistence._json_default)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    async def _recover(self) -> None:
        saved = self._folder / "dynamodb.json"
        contained = json.loads(saved.read_text())["payload"]["journal"] if saved.exists() else 0
        for number in self._journals():
            self._number = max(self._number, number)
            if number >= contained:
                for entry in self._entries(number):
                    await self._replay(entry)
        self._number = max(self._number, contained)
        self.save()

    def _entries(self, number: int) -> Iterator[dict[str, Any]]:
        for line in self._journal_path(number).read_text(encoding="utf-8").splitlines(keepends=True):
            # A last line without its end was being written when the power failed: never acknowledged.
            if line.endswith("\n"):
                yield json.loads(line)

    async def _replay(self, entry: dict[str, Any]) -> None:
        headers = [(name.encode(), value.encode()) for name, value in entry["headers"]]
        scope = {
            "type": "http",
            "method": "POST",
            "path": entry["path"],
            "headers": headers,
            "query_string": b"",
        }
        answer = await _call(scope, base64.b64decode(entry["body"]))
        if answer[0]["status"] != 200:
            logger.error("a journaled write was refused when played again: %s", answer[1]["body"][:200])

    def _journals(self) -> list[int]:
        return sorted(int(path.stem.partition("-")[2]) for path in self._folder.glob("journal-*.jsonl"))

    def _journal_path(self, number: int) -> Path:
        return self._folder / f"journal-{number}.jsonl"


def _service(authorization: bytes) -> str:
    """The service that the credential scope of an AWS Signature Version 4 names."""
    scope = authorization.decode().partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) == 5 else ""


def _changes_state(service: str, operation: str, path: str) -> bool:
    if service == "s3":
        return "/" not in path.strip("/")  # a bucket; objects are on disk already
    if service == "kms":
        return not operation.startswith((*_READS, "Generate")) and operation not in _KMS_USES
    return service == "dynamodb" and not operation.startswith(_READS)


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _call(scope: Message, body: bytes) -> list[Message]:
    """ministack's whole answer to a request, kept back."""
    answer: list[Message] = []
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(requests, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        answer.append(message)

    await ministack.app.app(scope, receive, send)
    return answer


def _refuse_damaged_state(folder: Path) -> None:
    """ministack would log the error and go on with an empty store."""
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DamagedStateError(f"{path} cannot be read ({error}); restore it from a copy") from error


def _lock(folder: Path) -> TextIO:
    """A lock that ends with the process, however it ends."""
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StateInUseError(f"another local authority runs in {folder.parent}") from error
    return file


async def _serve(folder: Path, descriptor: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    threading.Thread(target=_end_with_parent, args=(loop, stop), daemon=True).start()
    cloud = DurableCloud(folder, Phone(folder.parent / "phone.jsonl"))
    ministack.app.save_all = cloud.save
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await serve(cloud, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def _end_with_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    state = Path(os.environ["STATE_DIR"])
    held = _lock(state)
    _refuse_damaged_state(state)
    asyncio.run(_serve(state, int(sys.argv[1])))
