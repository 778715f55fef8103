"""Finds what is due today and does it, or tells people: each day once, none skipped, nobody told twice.

A day's work is a fixed list of tasks, one for each index, notice and partition; each is a query for what
ends on one day, so the work grows with what is due and not with what there is. The cursor says which day,
task and page is next. It moves after a page's messages are written, and only if it is as it was read: a run
that is killed is resumed by the next, which finds the messages of its first page written already. Days that
no run has worked through are worked through first.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib.aws import due_days
from chalicelib.aws.log import log_failure
from chalicelib.aws.tables import ConditionFailed, Damaged, Transaction, change, page_of
from chalicelib.certificates.deadlines import KINDS, SOURCES, STATE, DeadlineKind, kind_of, messages, offsets
from chalicelib.certificates.tables import CursorRow
from chalicelib.civil_time import date_in_madrid, madrid
from chalicelib.errors import Problem
from chalicelib.notices.outbox import queue
from chalicelib.registry.duties import enter
from chalicelib.registry.tables import DutyRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

CURSOR: Final = "find_due"
PAGE: Final = 100
BUDGET: Final = timedelta(seconds=200)
"""How long one run works before the next takes over; Lambda would end it at 290 seconds."""
HORIZON: Final = timedelta(days=30)
"""Of missed days further back nobody is told: it has ended, or is told of by its next notice. What is to be
done is done, however late."""
SPREAD: Final = timedelta(hours=6)
"""A day's notices go out over so long, so that the outbox keeps up and no morning is a flood."""


class Task(NamedTuple):
    """One query: what ends on one day, in one partition of an index, told so many days before."""

    source: str
    days: int
    partition: int


class Result(NamedTuple):
    """What a run did, and whether there is more to do now."""

    told: int
    found: int
    more: bool
    days_behind: int
    """Days that no run has finished, today not counted."""


def tasks() -> list[Task]:
    """A day's work, in order."""
    return [
        Task(source, days, partition)
        for source in SOURCES
        for days in offsets(source)
        for partition in range(due_days.PARTITIONS)
    ]


def find_due(cloud: Cloud, *, budget: timedelta | None = None, page: int = PAGE) -> Result:
    """Work from where the cursor stands until today is done, or the budget is spent."""
    began, patience = cloud.now(), BUDGET if budget is None else budget
    today, work = date_in_madrid(began), tasks()
    cursor = _cursor(today)
    told = found = 0
    while (day := date.fromisoformat(cursor.day)) <= today:
        if int(cursor.task) >= len(work):
            if not _move(cursor, day=day + timedelta(days=1), task=0, start=None):
                break  # another run is at it
            continue
        task = work[int(cursor.task)]
        if _nobody(task, day, today):
            cursor.task, cursor.start = int(cursor.task) + 1, None
            continue
        items, following = _page(task, day, json.loads(cursor.start) if cursor.start else None, page)
        found += len(items)
        told += sum(_tell(cloud, task, item, day, today) for item in items)
        number = int(cursor.task) if following else int(cursor.task) + 1
        spent = cloud.now() - began >= patience
        if not items and not spent and number < len(work):
            # Nothing to remember: finding nothing again is cheap, and a write for each is not.
            cursor.task, cursor.start = number, json.dumps(following) if following else None
            continue
        if not _move(cursor, day=day, task=number, start=following):
            break
        if spent:
            return Result(told, found, True, (today - day).days)
    return Result(told, found, False, max(0, (today - date.fromisoformat(cursor.day)).days))


def _cursor(today: date) -> CursorRow:
    found = CursorRow.find(CURSOR)
    return found or CursorRow(CURSOR, day=today.isoformat(), task=0, version=0)


def _move(cursor: CursorRow, *, day: date, task: int, start: dict[str, Any] | None) -> bool:
    """Move the cursor if it is as it was read; False if another run has moved it."""
    actions = [
        CursorRow.day.set(day.isoformat()),
        CursorRow.task.set(task),
        CursorRow.start.set(json.dumps(start)) if start else CursorRow.start.remove(),
        CursorRow.version.set(int(cursor.version) + 1),
    ]
    read = CursorRow.version == int(cursor.version) if int(cursor.version) else CursorRow.id.does_not_exist()
    # The row that was read may stand for tasks that found nothing since: only its version counts.
    return change(CursorRow(CURSOR), actions, read) and _take_over(cursor, day, task, start)


def _take_over(cursor: CursorRow, day: date, task: int, start: dict[str, Any] | None) -> bool:
    cursor.day, cursor.task, cursor.version = day.isoformat(), task, int(cursor.version) + 1
    cursor.start = json.dumps(start) if start else None
    return True


def _page(
    task: Task, day: date, start: dict[str, Any] | None, size: int
) -> tuple[list[Any], dict[str, Any] | None]:
    key = due_days.partition(day + timedelta(days=task.days), task.partition)
    return page_of(SOURCES[task.source], key, limit=size, start=start)


def _tell(cloud: Cloud, task: Task, item: Any, day: date, today: date) -> bool:
    """Write the notice of one item; False if it was written before, or is not to be."""
    if item is None:
        log_failure(Damaged())
        return False  # one bad row keeps no other from being told
    ends, kind = day + timedelta(days=task.days), kind_of(task.source, item)
    if kind is None or task.days not in kind.notices or _left(kind, task.days, day, today):
        return False
    if kind.act is not None:
        return _act(cloud, kind.act, item, today)
    try:
        told = kind.tell(cloud, item, ends, task.days)
    except Damaged as damaged:
        log_failure(damaged)
        return False
    while told is not None:
        transaction = Transaction()
        if told.only_if is not None:
            told.only_if(transaction)
        for message, wait in messages(cloud, kind, item, told, ends, task.days):
            turn = timedelta(seconds=zlib.crc32(message.id.encode()) % int(SPREAD.total_seconds()))
            queue(cloud, transaction, message, not_before=cloud.now() + max(turn, wait))
        try:
            transaction.commit()
        except ConditionFailed as failed:
            told = told.otherwise if STATE in failed.labels else None
        else:
            return True
    return False


def _act(cloud: Cloud, act: Callable[[Cloud, Any], None], duty: DutyRow, today: date) -> bool:
    """Do what a duty asks for. What cannot be done today is due tomorrow, and keeps nobody else waiting."""
    if duty.done_at is not None:
        return False
    try:
        act(cloud, duty)
    except Problem as problem:
        log_failure(problem)
        transaction = Transaction()
        tomorrow = datetime.combine(today + timedelta(days=1), time(12), tzinfo=madrid())
        enter(transaction, str(duty.kind), str(duty.subject), tomorrow)
        transaction.commit()
        return False
    return True


def _left(kind: DeadlineKind, days: int, day: date, today: date) -> bool:
    """Whether nothing is told of this kind any more, of what was due on a missed day: that day is too long
    ago, or a later notice of the same is due by today too, and people are told once. What is to be done is
    not left."""
    if kind.act is not None:
        return False
    ends = day + timedelta(days=days)
    return day < today - HORIZON or any(
        ends - timedelta(days=later) <= today for later in kind.notices if later < days
    )


def _nobody(task: Task, day: date, today: date) -> bool:
    """Whether all that the task would find is left, so that it need not be asked for."""
    kinds = [each for each in KINDS.values() if each.source == task.source and task.days in each.notices]
    return all(_left(kind, task.days, day, today) for kind in kinds)
