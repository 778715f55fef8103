"""The deployed shape on one machine: the zip's functions under Lambda's runtime, over ministack."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import app
from chalicelib.aws.cloud import Cloud, utc_now
from chalicelib.aws.functions import SCHEDULED, unpack
from chalicelib.settings import read_settings
from infra.local.cloud import LocalCloud
from infra.local.deployer import REGION, deploy
from infra.local.phone import Phone as LocalPhone
from infra.local.phone import Received
from infra.package.emulator import Emulator, FunctionFailed, emulated
from tests.deployment.stack import SENDS_A_CODE, wait_until
from tests.support.client import Client
from tests.support.world import CEREMONY, Clock, Phone, World, make_world

STAGE = "dev"
HANDLERS = {
    "api_handler": "app.app",
    "authority": "app.call_authority",
    "status": "app.call_status",
    "publish_crls": "app.publish_crls",
    "send_outbox": "app.send_outbox",
    "revoke_planned": "app.revoke_planned",
    "renew_responders": "app.renew_responders",
    "find_due": "app.find_due",
}
OWN = {
    "CLAVERO_STAGE": STAGE,
    "CLAVERO_API_URL": "https://api.clavero.es",
    "CLAVERO_STATUS_URL": "http://status.clavero.es",
    "CLAVERO_PRACTICE_URL": "https://www.clavero.es",
    "CLAVERO_BUCKET": "clavero-dev-status-000000000000",
    "CLAVERO_PRIVATE_BUCKET": "clavero-dev-private-000000000000",
    "CLAVERO_POLICY_ARC": "1.3.6.1.4.1.32473.1",
    "CLAVERO_EMAIL_SENDER": "no-reply@clavero.es",
}
ROLES = """
[roles]
account = "000000000000"
ceremony = "arn:aws:iam::000000000000:role/clavero-key-ceremony"
authority = "arn:aws:iam::000000000000:role/clavero-dev-authority"
status = "arn:aws:iam::000000000000:role/clavero-dev-status"
"""


class RealClock(Clock):
    """The time that the functions know too: nobody can turn it."""

    def __call__(self) -> datetime:
        return utc_now()


@dataclass
class Shape:
    """All functions, each in an environment of its own, and the cloud behind them."""

    cloud: LocalCloud
    emulators: dict[str, Emulator]

    def invoke(self, _cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The door between functions, for who stands outside: an operator, a ceremony."""
        return unpack(self.emulators[function].invoke(json.loads(json.dumps(payload))))

    def start(self, _cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        self.emulators[function].invoke(SCHEDULED | {"detail": detail or {}})

    def world(self) -> World:
        """An authority on it: the ceremony held, an officer at work, every request through the emulator."""
        settings = read_settings({**OWN, "AWS_REGION": REGION})
        ceremony = CEREMONY.replace('stage = "test"', f'stage = "{STAGE}"').replace(
            "[root]", ROLES + "[root]"
        )
        phone = Phone(self._texts, self._emails)
        here = make_world(
            functions=self, clock=RealClock(), phone=phone, settings=settings, ceremony=ceremony
        )
        remote: Any = Remote(here.cloud, self.emulators["api_handler"], self._received)
        officer = Client(remote, source=here.officer.source, certificate=here.officer.certificate)
        officer.token = here.officer.token
        return World(here.cloud, remote, here.clock, phone, officer, Client(remote))

    def _texts(self) -> list[tuple[str, str]]:
        return [(each.to, each.text) for each in self._received() if each.channel == "sms"]

    def _emails(self) -> list[Any]:
        return [SimpleNamespace(body=each.text) for each in self._received() if each.channel == "email"]

    def _received(self) -> list[Received]:
        return LocalPhone(self.cloud.folder / "phone.jsonl").received()


class Remote:
    """The app as a gateway knows it, with the work done in the emulator."""

    def __init__(self, cloud: Cloud, emulator: Emulator, received: Callable[[], list[Received]]) -> None:
        self.routes, self.table, self.cloud, self.requests = app.routes, app.table, cloud, 0
        self._emulator, self._received = emulator, received

    def __call__(self, event: dict[str, Any], _context: Any) -> Any:
        self.requests += 1
        heard = len(self._received())
        answer = self._emulator.invoke(event)
        if event["resource"] in SENDS_A_CODE and answer["statusCode"] < 300:
            wait_until(lambda: len(self._received()) > heard)
        return answer


@contextmanager
def deployed(package: Path, folder: Path) -> Iterator[Shape]:
    """The package under the runtime, with its tables, keys and bucket."""
    task = folder / "task"
    with zipfile.ZipFile(package) as opened:
        opened.extractall(task)
    local = LocalCloud(folder / "cloud")
    local.folder.mkdir()
    with ExitStack() as stack:
        local.start()
        stack.callback(local.stop)
        settings: dict[str, str] = {}
        local.configure(settings)
        settings.update(OWN)
        emulators: dict[str, Emulator] = {}
        settings["AWS_ENDPOINT_URL_LAMBDA"] = stack.enter_context(_lambda_service(emulators))
        for function, handler in HANDLERS.items():
            log = folder / f"{function}.log"
            emulators[function] = stack.enter_context(emulated(task, handler, settings, log))
        with pytest.MonkeyPatch.context() as patched:
            for name, value in settings.items():
                patched.setenv(name, value)
            deploy(STAGE, endpoint_url=local.endpoint_url)
            yield Shape(local, emulators)


@contextmanager
def _lambda_service(emulators: Mapping[str, Emulator]) -> Iterator[str]:
    """Lambda's Invoke, by function name: what functions call each other through."""

    class Invoke(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            function = self.path.split("/")[3].removeprefix(f"clavero-{STAGE}-")
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body, headers = 200, b"", {}
            if self.headers.get("X-Amz-Invocation-Type") == "Event":
                threading.Thread(target=_quietly, args=(emulators[function], event)).start()
                status = 202
            else:
                try:
                    body = json.dumps(emulators[function].invoke(event)).encode()
                except FunctionFailed as failed:
                    headers, body = {"X-Amz-Function-Error": "Unhandled"}, json.dumps(str(failed)).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Invoke)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _quietly(emulator: Emulator, event: Any) -> None:
    try:
        emulator.invoke(event)
    except (FunctionFailed, OSError):
        return  # as in AWS, nobody waits for it; the schedule does the work again
