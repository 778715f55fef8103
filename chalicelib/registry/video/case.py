"""A case of identification by video: its states and the moves between them, its events and its notices.

What a case is opened for (`purpose`) decides what an acceptance gives; nothing here depends on it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.errors import NotFound
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import Message, queue
from chalicelib.registry.states import move
from chalicelib.registry.tables import VideoCaseRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class CaseToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a case again; in the body, because addresses are logged."""

    token: Annotated[str, Meta(min_length=20, max_length=100)]


Purpose = Literal["registration", "certificate"]
REGISTRATION: Final[Purpose] = "registration"
CERTIFICATE: Final[Purpose] = "certificate"

OPEN: Final = "open"
WAITING: Final = "waiting"
REVIEWING: Final = "reviewing"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
CLOSED: Final = "closed"
STATES: Final = (OPEN, WAITING, REVIEWING, ACCEPTED, REJECTED, CLOSED)

MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        (OPEN, "submitted"): WAITING,
        # Nobody is known by these data, or not as somebody who may have this by video.
        (OPEN, "closed"): CLOSED,
        (WAITING, "taken"): REVIEWING,
        (REVIEWING, "taken"): REVIEWING,
        (REVIEWING, "approved"): WAITING,
        (REVIEWING, "accepted"): ACCEPTED,
        (REVIEWING, "rejected"): REJECTED,
        (REJECTED, "appealed"): WAITING,
    }
)

TO_REVIEW: Final = "open"
CODELESS: Final = "code"
"""What the index holds: cases that wait for a review, and accepted ones whose code has not gone out."""

TOLD_WITHIN: Final = timedelta(days=15)


def case_of(case_id: str, token: str) -> VideoCaseRow:
    """The applicant's own case.

    Raises:
        NotFound
    """
    row = VideoCaseRow.find(case_id)
    if not hmac.compare_digest(row.token if row else "0" * 64, token_id(token)) or row is None:
        raise NotFound
    return row


def evidence_of(row: VideoCaseRow) -> str:
    """How a proof names the case that it came from."""
    return f"video-case:{row.id}"


def case_named(evidence: str) -> VideoCaseRow | None:
    """The case that `evidence_of` named; None for the name of anything else."""
    kind, _, case_id = evidence.partition(":")
    return VideoCaseRow.find(case_id) if kind == "video-case" else None


def move_case(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    act: str,
    actor: str,
    changes: dict[str, Any],
    details: dict[str, str] | None = None,
) -> None:
    """Move a case over the version that was read, with its event.

    Raises:
        MoveNotAllowed
    """
    actions = [VideoCaseRow.state.set(move(MOVES, row.state, act)), VideoCaseRow.version.add(1)]
    for name, value in changes.items():
        column = getattr(VideoCaseRow, name)
        actions.append(column.remove() if value is None else column.set(value))
    transaction.update("case", VideoCaseRow(row.id), actions, VideoCaseRow.version == int(row.version))
    add_event(cloud, transaction, row, act, actor, details)


def add_event(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    act: str,
    actor: str,
    details: dict[str, str] | None = None,
) -> None:
    """The event of a step."""
    event = Event(f"video-case.{act}", evidence_of(row), actor, cloud.now(), details=details or {})
    record(transaction, event, cloud.entropy(12))


def tell(
    cloud: Cloud,
    transaction: Transaction,
    row: VideoCaseRow,
    template: str,
    *,
    values: Mapping[str, Value] = MappingProxyType({}),
    decoy: bool = False,
) -> None:
    """Write to the person, at the address that the case was opened with; or, as a decoy, only seem to."""
    now = cloud.now()
    message = Message(
        id=f"{template}:{row.id}:{int(row.version)}",
        channel="email",
        to=row.email,
        template=template,
        language=row.language,
        give_up_at=now + TOLD_WITHIN,
        values={
            "organisation": cloud.settings.organisation,
            "phone": cloud.settings.help_phone,
            **values,
        },
    )
    queue(cloud, transaction, message, decoy=decoy, by_schedule=True)


def read_case(case_id: str) -> VideoCaseRow:
    """The case as it is now.

    Raises:
        NotFound
    """
    row = VideoCaseRow.find(case_id)
    if row is None:
        raise NotFound
    return row


def commit(transaction: Transaction) -> None:
    """Write it all, or tell that somebody else wrote meanwhile.

    Raises:
        Conflict
    """
    transaction.commit_or_conflict()


def token_id(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
