"""The outbox: a message is written in the transaction of its cause, sent at once, and again until it went.

Delivery is at least once: a crash between sending and noting it sends the same text a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from chalicelib.aws import private_bucket
from chalicelib.aws.kms import seal, unseal
from chalicelib.aws.log import log_failure
from chalicelib.aws.messaging import send_email, send_sms
from chalicelib.aws.tables import Damaged, Transaction, change, listed
from chalicelib.errors import Problem
from chalicelib.notices import catalogue, letter
from chalicelib.notices.app_inbox import deliver
from chalicelib.notices.tables import MessageRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY = "outbox"
Text = TypeVar("Text")
GRACE = timedelta(seconds=60)
"""How long the request that wrote a message has to send it before the schedule does."""
KEPT = timedelta(days=30)
LETTER_KEPT = timedelta(days=30)
"""How long a letter cannot be deleted; then the bucket's lifecycle deletes it."""
WORTH_TELLING = timedelta(days=7)
"""How long a notice to a failing address is tried."""
LONGEST_WAIT = timedelta(hours=1)


class Message(msgspec.Struct, frozen=True):
    """What to tell whom. `code` is the only secret that a message may hold, and then it has one reader."""

    id: str
    channel: str
    to: str
    template: str
    language: str
    give_up_at: datetime
    values: dict[str, catalogue.Value] = msgspec.field(default_factory=dict)
    code: str | None = None
    also: str = ""
    """A second address that gets the same e-mail by itself: neither reader sees that there is another."""


def queue(
    cloud: Cloud,
    transaction: Transaction,
    message: Message,
    *,
    decoy: bool = False,
    by_schedule: bool = False,
    not_before: datetime | None = None,
) -> MessageRow:
    """Add a message to the transaction of its cause.

    Args:
        by_schedule: the request does not send it, so the schedule need not wait for that.
        not_before: one of many, which the schedule sends then: until then it is neither due nor late.
        decoy: written like any other and never sent: whoever asks in a stranger's name sees no difference.
    """
    if message.code and message.also:
        raise ValueError("a code has one reader")
    now = cloud.now()
    written = {name: _write(value) for name, value in message.values.items()}
    row = MessageRow(
        message.id,
        channel=message.channel,
        to=message.to,
        also=message.also or None,
        template=message.template,
        language=message.language,
        values=json.dumps(written, sort_keys=True),
        sealed=seal(cloud, KEY, message.code, {"message": message.id}) if message.code else None,
        state=None if decoy else "due",
        due_at=not_before or (now if by_schedule else now + GRACE),
        queued_at=not_before or now,
        give_up_at=message.give_up_at,
        expires=max(message.give_up_at, now) + KEPT,
    )
    transaction.put_new(f"message {message.channel}", row)
    return row


def withdraw(transaction: Transaction, message_id: str) -> None:
    """Do not send a message any more, if it was not sent yet."""
    transaction.update(
        "withdrawn message", MessageRow(message_id), [MessageRow.state.remove(), MessageRow.sealed.remove()]
    )


def withdraw_waiting(transaction: Transaction, message_id: str) -> None:
    """Do not send a message whose turn has not come: the transaction fails, by its label, if there is none,
    or somebody has begun to send it. Whoever begins moves `due_at` first, under a condition."""
    untouched = (MessageRow.state == "due") & (MessageRow.due_at == MessageRow.queued_at)
    _withdraw_if(transaction, message_id, untouched)


def withdraw_begun(transaction: Transaction, message_id: str) -> None:
    """Do not send a message again that was sent, or that somebody has begun to send; the transaction fails,
    by its label, if there is none, or nobody ever will."""
    _withdraw_if(transaction, message_id, MessageRow.sent_at.exists() | (MessageRow.state == "due"))


def _withdraw_if(transaction: Transaction, message_id: str, condition: Any) -> None:
    actions = [MessageRow.state.remove(), MessageRow.sealed.remove()]
    transaction.update("withdrawn message", MessageRow(message_id), actions, condition)


def send(cloud: Cloud, row: MessageRow) -> bool:
    """Send a message now; False leaves it to the schedule.

    Nothing is raised: what the message tells of is done, and must not look as if it had failed.
    """
    try:
        return _send(cloud, row)
    except Problem as problem:
        log_failure(problem)
        return False


def send_queued(cloud: Cloud, message_id: str) -> bool:
    """As `send`, for a message that another function queued; a newer code may have replaced it since."""
    try:
        row = MessageRow.find(message_id)
        return row is not None and (row.sent_at is not None or (row.state == "due" and _send(cloud, row)))
    except Problem as problem:
        log_failure(problem)
        return False


def _send(cloud: Cloud, row: MessageRow) -> bool:
    now = cloud.now()
    try:
        channel = CHANNELS.get(row.channel)
        if channel is None:
            raise Damaged
        channel(cloud, row)
    except Problem as problem:
        log_failure(problem)
        wait = min(LONGEST_WAIT, timedelta(minutes=2 ** min(int(row.attempts), 6)))
        change(
            row, [MessageRow.attempts.add(1), MessageRow.due_at.set(now + wait)], MessageRow.state == "due"
        )
        return False
    _close(row, now, [MessageRow.sent_at.set(now)])
    return True


def send_due(cloud: Cloud, limit: int = 200) -> dict[str, int]:
    """Send what is due: the schedule's work. Two runs at once do not send the same message twice.

    A damaged message blocks no other: it is counted, for an alarm, and stays for an operator to see.
    """
    now = cloud.now()
    counts = {"sent": 0, "failed": 0, "given_up": 0, "damaged": 0}
    due = MessageRow.due.query("due", MessageRow.due_at <= now, limit=limit, attributes_to_get=["id"])
    for message_id in [row.id for row in listed(due)]:
        try:
            counts[_send_if_due(cloud, message_id, now)] += 1
        except Damaged as damaged:
            log_failure(damaged)
            counts["damaged"] += 1
    return counts


def _send_if_due(cloud: Cloud, message_id: str, now: datetime) -> str:
    row = MessageRow.find(message_id)
    if row is None or row.state != "due":
        return "sent"  # by somebody else, since the index was read
    if row.give_up_at < now:
        _close(row, now, [MessageRow.given_up_at.set(now)])
        return "given_up"
    if not change(row, [MessageRow.due_at.set(now + GRACE)], _still_due(row)):
        return "sent"
    return "sent" if send(cloud, row) else "failed"


def longest_wait(cloud: Cloud) -> timedelta:
    """How long the oldest message has been waiting, of the 200 whose turn comes first."""
    now = cloud.now()
    waiting = listed(MessageRow.due.query("due", limit=200, attributes_to_get=["id", "queued_at"]))
    waits = [now - row.queued_at for row in waiting if row.queued_at and row.queued_at <= now]
    return max(waits, default=timedelta(0))


def _still_due(row: MessageRow) -> Any:
    return (MessageRow.state == "due") & (MessageRow.due_at == row.due_at)


def _close(row: MessageRow, now: datetime, outcome: list[object]) -> None:
    # The code has done its work: what is kept is that there was a message, not what it said.
    kept = MessageRow.expires.set(now + KEPT)
    change(row, [*outcome, kept, MessageRow.state.remove(), MessageRow.sealed.remove()])  # type: ignore[list-item]


def _write(value: catalogue.Value) -> dict[str, str]:
    return {"at": value.isoformat()} if isinstance(value, datetime) else {"text": value}


def _values(cloud: Cloud, row: MessageRow) -> dict[str, catalogue.Value]:
    values: dict[str, catalogue.Value] = {
        name: datetime.fromisoformat(kept["at"]) if "at" in kept else kept["text"]
        for name, kept in json.loads(row.values).items()
    }
    if row.sealed:
        values["code"] = unseal(cloud, KEY, row.sealed, {"message": row.id})
    return values


def _written(cloud: Cloud, row: MessageRow, write: Callable[..., Text]) -> Text:
    """The text of a message.

    Raises:
        Damaged: the record does not make one.
    """
    try:
        return write(row.template, row.language, **_values(cloud, row))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged from error


def _by_sms(cloud: Cloud, row: MessageRow) -> None:
    send_sms(cloud, row.to, _written(cloud, row, catalogue.sms))


def _by_email(cloud: Cloud, row: MessageRow) -> None:
    email = _written(cloud, row, catalogue.email)
    left: list[str] = []
    failed: Problem | None = None
    for address in filter(None, (row.to, row.also)):
        try:
            send_email(cloud, address, email.subject, email.body)
        except Problem as problem:
            left, failed = [*left, address], problem
    if failed is None:
        return
    if row.also and len(left) == 1:
        # Who has it is not written to with every other try for the one who has not.
        change(row, [MessageRow.to.set(left[0]), MessageRow.also.remove()], MessageRow.state == "due")
    raise failed


def _by_app(cloud: Cloud, row: MessageRow) -> None:
    """The text of the short message, where only one telephone can read it."""
    deliver(cloud, row.to, row.id, _written(cloud, row, catalogue.sms), row.give_up_at)


def _by_post(cloud: Cloud, row: MessageRow) -> None:
    """Lay the letter ready for the operator's printing service; sent twice, it is the same letter."""

    def write(_: str, language: str, **values: Any) -> tuple[str, bytes]:
        sheet = letter.Letter(recipient=row.to, language=language, **values)
        return post_key(row.id, sheet.written_at), letter.render(sheet)

    key, pdf = _written(cloud, row, write)
    private_bucket.put(cloud, key, pdf, "application/pdf", locked_until=cloud.now() + LETTER_KEPT)


def post_key(message_id: str, written_at: datetime) -> str:
    """Where the printing service finds a letter: by the day, under a name that tells nothing."""
    return f"post/{written_at:%Y-%m-%d}/{hashlib.sha256(message_id.encode()).hexdigest()[:32]}.pdf"


CHANNELS: Final[dict[str, Callable[[Cloud, MessageRow], None]]] = {
    "sms": _by_sms,
    "email": _by_email,
    "post": _by_post,
    "app": _by_app,
}
"""Every way in which a message goes out. A new one is a function here; whoever queues a message names it."""
