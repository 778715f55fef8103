"""What is to happen on a day by itself, entered with its cause: the daily job finds it under that day."""

from __future__ import annotations

from datetime import datetime

from chalicelib.aws import due_days
from chalicelib.aws.tables import Transaction, change
from chalicelib.registry.tables import DutyRow


def duty(kind: str, subject: str, at: datetime) -> DutyRow:
    """The row of a duty: the same kind, subject and day give the same row."""
    row_id = f"{kind}:{subject}"
    return DutyRow(due_days.key(at, row_id), row_id, kind=kind, subject=subject)


def enter(transaction: Transaction, kind: str, subject: str, at: datetime) -> None:
    """Enter a duty in the transaction of its cause. A cause that comes again finds it there."""
    row = duty(kind, subject, at)
    transaction.update("duty", row, [DutyRow.kind.set(kind), DutyRow.subject.set(subject)])


def fulfil(row: DutyRow, now: datetime) -> bool:
    """Note that it is done; False if it was."""
    return change(row, [DutyRow.done_at.set(now)], DutyRow.done_at.does_not_exist())
