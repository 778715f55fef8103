"""Codes that are bound to one request or person: short enough to type, so their tries are few and counted.

The row is found by what the code is bound to, never by the code; the keyed hash in it is compared in
constant time. The key stays in KMS, and every comparison is one call to it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.aws.kms import mac
from chalicelib.aws.tables import Transaction, change
from chalicelib.codes.kinds import CodeKind, new_code, normalise
from chalicelib.codes.tables import CodeRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY = "login-mac"
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Bound:
    """A new bound code and its row, not yet written."""

    code: str
    row: CodeRow


def draw(
    cloud: Cloud, kind: CodeKind, bound_to: str, *, subject: str, holder: str, expires_at: datetime
) -> Bound:
    """A new code, bound to `bound_to` (a request id, or a person)."""
    code = new_code(kind, cloud.entropy)
    row = CodeRow(
        f"{kind.name}#{bound_to}",
        subject=subject,
        holder=holder,
        digest=digest(cloud, kind, bound_to, code),
        expires_at=expires_at,
        expires=expires_at + KEPT,
        tries=0,
    )
    return Bound(code, row)


def digest(cloud: Cloud, kind: CodeKind, bound_to: str, code: str) -> str:
    """The keyed hash of a code together with what it is bound to."""
    return mac(cloud, KEY, f"{kind.name}\n{bound_to}\n{code}")


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


def matches(cloud: Cloud, kind: CodeKind, bound_to: str, row: CodeRow | None, typed: str) -> bool:
    """Whether this is the code. Takes the same time and calls whether or not there is a row."""
    code = normalise(kind, typed) or ""
    expected = (row.digest if row is not None else None) or "0" * 64
    return hmac.compare_digest(digest(cloud, kind, bound_to, code), expected)


def note_wrong(row: CodeRow) -> None:
    """Count a wrong try."""
    change(row, [CodeRow.tries.add(1)], CodeRow.id.exists())


def spend(transaction: Transaction, label: str, row: CodeRow, kind: CodeKind, now: datetime, by: str) -> None:
    """Spend it: once, in time, with tries left."""
    transaction.update(
        label,
        row,
        [CodeRow.spent_at.set(now), CodeRow.spent_by.set(by)],
        CodeRow.spent_at.does_not_exist()
        & CodeRow.voided_at.does_not_exist()
        & (CodeRow.expires_at >= now)
        & (CodeRow.tries < (kind.tries or 1)),
    )
