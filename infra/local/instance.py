"""One local authority from start to stop: its cloud, its resources, its seed, its app on two ports.

`make run`, `make demo` and the tests start one. There may be one at a time in a process, because every AWS
client made in it reads the process's environment.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from cheroot import wsgi

from chalicelib.aws.cloud import Cloud
from chalicelib.settings import read_settings
from infra.local.clock import LocalClock, machine_time
from infra.local.clock_page import ClockDoor
from infra.local.cloud import LocalCloud
from infra.local.deployer import deploy
from infra.local.gateway import Gateway
from infra.local.pages import LocalPages
from infra.local.pay import PayPage
from infra.local.phone import Phone
from infra.local.post import StoredPost
from infra.local.schedules import Schedules
from infra.local.tls import localhost_certificate, mutual_tls
from infra.local.travel import TimeTravel

STAGE = "local"
THREADS = 16
# Shorter than in AWS, so that who tries something out sees its effect.
INTERVALS: Mapping[str, float] = {
    "publish_crls": 30,
    "send_outbox": 10,
    "revoke_planned": 30,
    "renew_responders": 3600,
    "find_due": 3600,
}

logger = logging.getLogger("clavero.local.server")


@dataclass(frozen=True)
class Seeded:
    """What the seed hands over: the app, and who may connect to the TLS port."""

    app: Any
    """The Chalice app, its functions called in process."""
    trust_store: str
    """PEM certificates of the authorities whose client certificates the TLS port accepts."""
    hints: list[str] = field(default_factory=list)
    """Lines for the person who started it: whose certificate is where, and what to try first."""
    cloud: Cloud | None = None
    """What the app stands on, by which time travel finds what is due; without it nobody travels."""
    tend: Callable[[], None] = lambda: None
    """What people do who run an authority, after time has passed."""


Seed = Callable[[Path, Mapping[str, str]], Seeded]


def _default_seed(folder: Path, environment: Mapping[str, str]) -> Seeded:
    # Imported late: it brings in the whole product, which the local cloud does not need.
    from infra.local.seed import seed

    seeded: Seeded = seed(folder, environment)
    return seeded


class Instance:
    """A local authority in `folder`. A port of 0 becomes a free one; `with` starts and stops it."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        seed: Seed = _default_seed,
        intervals: Mapping[str, float] = INTERVALS,
    ) -> None:
        self.folder = folder
        self.phone = Phone(folder / "phone.jsonl")
        self.cloud = LocalCloud(folder)
        self.clock = LocalClock(folder)
        self.hints: list[str] = []
        self._seed = seed
        self._intervals = intervals
        self._plain = _server(host, port)
        self._tls = _server(host, tls_port)
        self._schedules: Schedules | None = None
        self._threads: list[threading.Thread] = []
        self._environment: dict[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{_port(self._plain)}"

    @property
    def status_url(self) -> str:
        """Where certificates say their status is: by number, since linters know no host called localhost."""
        return f"http://127.0.0.1:{_port(self._plain)}"

    @property
    def tls_url(self) -> str:
        """Mutual TLS; verify the server with `tls_certificate`."""
        return f"https://localhost:{_port(self._tls)}"

    @property
    def tls_certificate(self) -> Path:
        return self.folder / "tls" / "localhost.pem"

    def start(self) -> None:
        """Returns once requests are answered."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._environment = dict(os.environ)
        self.folder.mkdir(parents=True, exist_ok=True)
        # First, since certificates name the addresses where their status is told.
        self._plain.prepare()
        self._tls.prepare()
        self.cloud.start()
        self.cloud.configure(os.environ)
        os.environ.update(
            CLAVERO_STAGE=STAGE,
            CLAVERO_API_URL=self.url,
            CLAVERO_STATUS_URL=self.status_url,
            CLAVERO_LOCAL_DIR=str(self.folder),
        )
        deploy(STAGE, endpoint_url=self.cloud.endpoint_url)
        seeded = self._seed(self.folder, os.environ)
        self.hints = seeded.hints
        self._schedules = Schedules(seeded.app, self._intervals, self.clock)
        self._serve(seeded, self._schedules)
        self._schedules.start()

    def _serve(self, seeded: Seeded, schedules: Schedules) -> None:
        post = StoredPost(boto3.client("s3"), read_settings(os.environ).private_bucket)
        pages = LocalPages(self.phone, self.clock, post, PayPage(self.url))
        gateway = Gateway(seeded.app, self.url, pages, pages.posted, clock=self.clock)
        if seeded.cloud is not None:
            travel = TimeTravel(seeded.cloud, self.clock, schedules, seeded.tend)
            gateway.door = ClockDoor(travel, self.clock)
        certificate, key = localhost_certificate(self.tls_certificate.parent, machine_time())
        trust_store = self.tls_certificate.parent / "clients.pem"
        trust_store.write_text(seeded.trust_store)
        self._tls.ssl_adapter = mutual_tls(certificate, key, trust_store)
        for server in (self._plain, self._tls):
            server.wsgi_app = gateway
            thread = threading.Thread(target=server.serve, name="server", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stops answering, then the schedules, then the cloud, which saves its state last."""
        for server in (self._plain, self._tls):
            if getattr(server, "socket", None) is not None:
                server.stop()
        for thread in self._threads:
            thread.join()
        self._threads = []
        if self._schedules:
            self._schedules.stop()
        self.cloud.stop()
        if self._environment is not None:
            os.environ.clear()
            os.environ.update(self._environment)
            self._environment = None

    def __enter__(self) -> Instance:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(wsgi.Server):
    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """To the log, where a client without a certificate is no news; cheroot would print everything."""
        logger.log(level, msg, exc_info=traceback)


def _server(host: str, port: int) -> _Server:
    server = _Server((host, port), None, numthreads=THREADS, request_queue_size=128, shutdown_timeout=2)
    server.keep_alive_conn_limit = 4 * THREADS
    return server


def _port(server: wsgi.Server) -> int:
    return int(server.bind_addr[1])
