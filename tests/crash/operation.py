"""What the crash suite breaks: an operation, the world before it, what its client makes of the answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.audit.events import every_event
from chalicelib.aws.functions import running
from chalicelib.errors import Conflict, Unavailable
from chalicelib.pki import jobs as pki
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.tables import PersonRow
from tests.support.client import Answer
from tests.support.faults import Crossed, Fault, Faults, faults_at, only_reads
from tests.support.invariants import valid_certificates
from tests.support.world import World

NIF = "12345678Z"
TRY_AGAIN = {Unavailable.slug, "signing-unavailable", Conflict.slug}
"""What a client is told when a service failed: every operation documents them."""


class Again(Exception):
    """The operation was not done; the same request may be sent again."""


@dataclass
class Case:
    """A world before an operation, with what the operation needs to know of it."""

    world: World
    faults: Faults
    kept: Any = None
    again: bool = False
    """Whether the request was sent before, and its answer lost or its effect unknown."""
    secrets: list[str] = field(default_factory=list)
    """Codes that people were told, which must stand in clear nowhere."""


@dataclass(frozen=True)
class Operation:
    """One operation. `act` gives what the client got, or raises Again; `check` looks at what came of it."""

    name: str
    before: Callable[[Case], Any]
    act: Callable[[Case], Any]
    check: Callable[[Case, Any], None]
    reads: bool = True
    """False for the twin of another operation, whose reads are the same: only its effects are broken."""
    only: str = ""
    """Of a twin whose other effects are that operation's too: the function of ours in which to break it. The
    answers to its calls are lost, or who made them dies; a call that is lost leaves what one before did."""

    def faults_at(self, call: str, came_from: Crossed) -> list[Fault]:
        """The faults to try at this call."""
        if self.only:
            there = any(f"{path}:{name}".endswith(f"/{self.only}") for path, name, _, _ in came_from)
            return [Fault.UNANSWERED, Fault.KILLED_AFTER] if there else []
        return faults_at(call) if self.reads or not only_reads(call) else []


def told(answer: Answer, status: int, slug: str = "") -> Answer:
    """The answer, if it is the one that was to come.

    Raises:
        Again: the service could not, and says so in the documented way.
    """
    if answer.status == status and (not slug or answer.slug == slug):
        return answer
    if answer.status in {409, 503} and answer.slug in TRY_AGAIN:
        raise Again(answer.slug)
    raise AssertionError(f"undocumented answer: {answer.status} {answer.body!r}")


def run(function: str, work: Callable[[], Any]) -> Any:
    """Run a command or a job, which says by a Problem that it could not be done."""
    caller = running.set(function)
    try:
        return work()
    except (Unavailable, Conflict, pki.JobIncomplete) as problem:
        raise Again(problem.slug) from problem
    finally:
        running.reset(caller)


def nothing(case: Case) -> None:
    """No preparation."""


def acts(act: str) -> int:
    return sum(event.act == act for event in every_event())


def only_certificate_of_the_citizen() -> CertificateRow:
    """Exactly one, issued and not revoked."""
    valid = valid_certificates(list(CertificateRow.scan()))[str(PersonRow.get(NIF).id)]
    assert len(valid) == 1, f"{len(valid)} valid certificates"
    return valid[0]


def stands_alone(code: str, text: str) -> bool:
    """Whether a code is readable in a text; six digits within a longer number or a hash are another thing."""
    return bool(re.search(rf"(?<![0-9A-Za-z.]){re.escape(code)}(?![0-9A-Za-z])", text))
