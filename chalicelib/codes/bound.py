"""Codes that are bound to one request or person: short enough to type, so their tries are few and counted.

The row is found by what the code is bound to, never by the code; the keyed hash in it is compared in
constant time. The key stays in KMS, and every comparison is one call to it.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.aws.kms import mac
from chalicelib.aws.tables import Transaction, change
from chalicelib.codes.kinds import CodeKind, new_code, normalise
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Conflict

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY = "login-mac"
KEPT = timedelta(days=2)


class Bound(msgspec.Struct, frozen=True):
    """A new bound code and its row, not yet written."""

    code: str
    row: CodeRow


def row_id(kind: CodeKind, bound_to: str) -> str:
    """Where the code that is bound to `bound_to` is found."""
    return f"{kind.name}#{bound_to}"


def draw(
    cloud: Cloud,
    kind: CodeKind,
    bound_to: str,
    *,
    subject: str,
    holder: str,
    expires_at: datetime,
    beside: str = "",
) -> Bound:
    """A new code, bound to `bound_to` (a request id, or a person).

    Args:
        beside: what must be given together with the code, such as a PIN's personal part (2.5).
    """
    code = new_code(kind, cloud.entropy)
    row = CodeRow(
        row_id(kind, bound_to),
        subject=subject,
        holder=holder,
        digest=digest(cloud, kind, bound_to, code, beside),
        expires_at=expires_at,
        expires=expires_at + KEPT,
        tries=0,
    )
    return Bound(code, row)


def as_new(row: CodeRow) -> list[Any]:
    """What makes a row, if there is one, that of a new code: it takes the place of the one before."""
    return [
        CodeRow.subject.set(row.subject),
        CodeRow.holder.set(row.holder),
        CodeRow.digest.set(row.digest),
        CodeRow.expires_at.set(row.expires_at),
        CodeRow.expires.set(row.expires),
        CodeRow.tries.set(0),
        CodeRow.spent_at.remove(),
        CodeRow.spent_by.remove(),
        CodeRow.voided_at.remove(),
    ]


def digest(cloud: Cloud, kind: CodeKind, bound_to: str, code: str, beside: str = "") -> str:
    """The keyed hash of a code together with what it is bound to."""
    text = f"{kind.name}\n{bound_to}\n{code}"
    return mac(cloud, KEY, f"{text}\n{beside}" if beside else text)


def usable(row: CodeRow | None, kind: CodeKind, now: datetime) -> bool:
    """Whether a row can still be tried."""
    return (
        row is not None
        and row.digest is not None
        and row.spent_at is None
        and row.voided_at is None
        and row.expires_at is not None
        and row.expires_at >= now
        and int(row.tries or 0) < (kind.tries or 1)
    )


def matches(
    cloud: Cloud, kind: CodeKind, bound_to: str, row: CodeRow | None, typed: str, beside: str = ""
) -> bool:
    """Whether this is the code. Takes the same time and calls whether or not there is a row."""
    code = normalise(kind, typed) or ""
    expected = (row.digest if row is not None else None) or "0" * 64
    return hmac.compare_digest(digest(cloud, kind, bound_to, code, beside), expected)


def note_wrong(row: CodeRow) -> None:
    """Count a wrong try.

    Raises:
        Conflict: another try was counted since the row was read. Whether this one was right is then told
            to nobody, and so of any number of tries at once only one is worth anything.
    """
    if not change(row, [CodeRow.tries.add(1)], CodeRow.tries == int(row.tries or 0)):
        raise Conflict(retry_after=1)


def note_right(row: CodeRow) -> None:
    """Make sure that no wrong try was counted since the row was read, where a right one changes nothing else.

    Raises:
        Conflict: see `note_wrong`.
    """
    if not change(row, [CodeRow.tries.add(0)], CodeRow.tries == int(row.tries or 0)):
        raise Conflict(retry_after=1)


def spend(transaction: Transaction, label: str, row: CodeRow, kind: CodeKind, now: datetime, by: str) -> None:
    """Spend it: once, in time, with tries left and none counted since it was read (see `note_wrong`)."""
    transaction.update(
        label,
        row,
        [CodeRow.spent_at.set(now), CodeRow.spent_by.set(by)],
        CodeRow.spent_at.does_not_exist()
        & CodeRow.voided_at.does_not_exist()
        & (CodeRow.expires_at >= now)
        & (CodeRow.tries < (kind.tries or 1))
        & (CodeRow.tries == int(row.tries or 0)),
    )
