"""Many callers at once over one authority."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from cryptography import x509

from chalicelib.notices.jobs import send_outbox
from chalicelib.pki.issuers import issuers
from chalicelib.pki.jobs import JobIncomplete, publish_crls
from infra.local.phone import Phone as Received
from tests.support.client import Answer, Client
from tests.support.faults import Faults
from tests.support.world import Phone, World, another_person, issuer_id

CALLERS = 16
Told = TypeVar("Told")


def at_once(works: Sequence[Callable[[], Told]]) -> list[Told]:
    """What each came to, in order; all of them begin together."""
    barrier = threading.Barrier(len(works))

    def one(work: Callable[[], Told]) -> Told:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(one, works))


def until_done(work: Callable[[], Answer], tries: int = 12) -> Answer:
    """As a client does that is told to come again."""
    for _ in range(tries):
        answer = work()
        if answer.status not in {409, 503} or answer.slug not in {"conflict", "temporarily-unavailable"}:
            break
    return answer


def received(file: Path) -> Phone:
    """The phone of the local cloud, as the tests read it."""
    phone = Received(file)
    return Phone(
        lambda: [(sent.to, sent.text) for sent in phone.received() if sent.channel == "sms"],
        lambda: [SimpleNamespace(body=sent.text) for sent in phone.received() if sent.channel == "email"],
    )


@dataclass
class Arena:
    """One authority for all races; each race has people of its own."""

    world: World
    faults: Faults
    _numbers: Any = field(default_factory=lambda: itertools.count(40_000_000))

    def somebody(self, **changes: Any) -> dict[str, Any]:
        """A person whom nobody has seen before, as changes to the standard one."""
        number = next(self._numbers)
        return another_person(number) | changes

    def code_of(self, somebody: dict[str, Any]) -> str:
        """A generation code for this person."""
        answer = self.world.identify(**somebody)
        assert answer.status == 201, answer.body
        return self.faults.codes[-1]

    def citizen(self, number: int = 0) -> Client:
        """A caller at an address of its own."""
        return Client(self.world.app, source=f"203.0.113.{number + 1}")

    def officer(self) -> Client:
        """Another connection of the same officer."""
        same = self.world.officer
        return Client(same.app, source=same.source, certificate=same.certificate, token=same.token)

    def publish(self) -> None:
        """One run of the schedule; what it could not do, the next run does."""
        with contextlib.suppress(JobIncomplete):
            publish_crls(self.world.cloud)

    def settle(self) -> None:
        """Let the schedules finish what the requests began."""
        self.faults.started.clear()
        self.publish()
        self.world.clock.turn(minutes=2)
        send_outbox(self.world.cloud)
        send_outbox(self.world.cloud)

    def certificate_of(self, somebody: dict[str, Any]) -> x509.Certificate:
        answer = self.world.download(self.code_of(somebody))
        assert answer.status == 200, answer.body
        return x509.load_pem_x509_certificates(answer.body)[0]

    def revoke(self, somebody: dict[str, Any], certificate: x509.Certificate, reason: str) -> Answer:
        """In person, for this holder."""
        request = {
            "nif": somebody["nif"],
            "issuer": issuer_id(certificate),
            "serial": f"{certificate.serial_number:x}",
            "reason": reason,
            "identity": {"channel": "in-person", "document": somebody["document"]},
        }
        return self.officer().post(f"{self.world.point}/revocations", request)

    def published(self) -> dict[int, x509.CertificateRevocationList]:
        """The CRLs as anybody gets them, by shard."""
        issuer = next(issuer for issuer in issuers(self.world.cloud).all if issuer.parent)
        return {
            shard: x509.load_der_x509_crl(self.citizen().get(f"/crl/{issuer.id}/{shard:03d}.crl").body)
            for shard in range(issuer.crl_shards)
        }
