"""Codes by text message, each bound to the one request that asked for it (NIST SP 800-63B, OWASP ASVS 6.5).

A stranger's request does the same as a person's: the same reads, the same writes, the same calls. Only the
message is a decoy, which the function that sends, later and apart, finds and leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.codes.bound import KEPT, draw, matches, note_wrong, row_id, usable
from chalicelib.codes.kinds import PIN, SMS_OTP, CodeKind, expires_at
from chalicelib.codes.limits import count, pseudonym, rows_of, wrong_tries
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Conflict, Problem
from chalicelib.login.sending import counters, country_allowed
from chalicelib.notices.outbox import Message, queue, withdraw
from chalicelib.registry import states
from chalicelib.registry.accounts import NOBODY, active_apps
from chalicelib.registry.cool_off import number_state

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.registry.accounts import Account


class LogInRefused(Problem):
    """Wrong, expired, used, of another request, held back, or nobody's: which of them is not told (6.6)."""

    slug = "log-in-refused"
    status = 401
    title = "What you typed is not right, or no longer; try again, or ask for a new code"


class UsedBefore(LogInRefused):
    """Told as LogInRefused; only who spent it may tell it from the same request that comes again."""

    def __init__(self, row: CodeRow) -> None:
        super().__init__()
        self.row = row


class Purpose(msgspec.Struct, frozen=True):
    """What a code is asked for, and the text message that brings it."""

    name: str
    kind: CodeKind
    template: str


PURPOSE_PIN: Final = Purpose("pin", PIN, "pin")
ACTIVATION: Final = Purpose("activation", SMS_OTP, "otp-activation")
RECOVERY: Final = Purpose("recovery", SMS_OTP, "otp-recovery")
STEP_UP: Final = Purpose("step-up", SMS_OTP, "otp-step-up")


class Recipient(msgspec.Struct, frozen=True):
    """Whom a code goes to; nobody, where `mobile` is empty."""

    holder: str = NOBODY
    mobile: str = ""
    language: str = "es"
    app: str = ""
    """Where it goes to an app: which."""


class Challenge(msgspec.Struct, frozen=True):
    """A request that waits for its code."""

    request: str
    expires_at: datetime


def recipient(account: Account, purpose: Purpose, now: datetime, *, app: bool = False) -> Recipient:
    """The registered mobile of a person, or the newest app if one is wanted and there; or nobody.

    Nobody where the person is not registered, where the number is disputed, or too new for more than a PIN
    (F14): it would be told apart from a stranger's only by the message that does not come.
    """
    number = number_state(account, now)
    apps = active_apps(account) if app and account.registered else []
    trusted = bool(apps) or number == states.SETTLED or (purpose is PURPOSE_PIN and number == states.COOLING)
    if account.registration is None or not account.registered or not trusted:
        return Recipient()
    known = account.registration
    return Recipient(account.holder, known.mobile, known.language, apps[-1].app_id if apps else "")


def send_code(
    cloud: Cloud,
    purpose: Purpose,
    to: Recipient,
    *,
    who: str,
    source: str,
    beside: str = "",
    also: Callable[[Transaction], None] = lambda _: None,
) -> Challenge:
    """Send a code, or seem to. A new one voids the one before that was asked for with the same `who`.

    Args:
        who: what was typed to say who asks; never what was found by it.
        also: what must be written together with it.

    Raises:
        TooManyMessages, Conflict
    """
    try:
        return _send_code(cloud, purpose, to, who, source, beside, also)
    except ConditionFailed:
        # A counter was filled, or another code sent, since they were read: once more, on what is true now.
        try:
            return _send_code(cloud, purpose, to, who, source, beside, also)
        except ConditionFailed as failed:
            raise Conflict(retry_after=1) from failed


def _send_code(
    cloud: Cloud,
    purpose: Purpose,
    to: Recipient,
    who: str,
    source: str,
    beside: str,
    also: Callable[[Transaction], None],
) -> Challenge:
    now = cloud.now()
    person = pseudonym(cloud, f"{purpose.name}\n{who}")
    number = to.mobile or f"+00{person}"
    sent = counters(cloud, source=source, person=person, number=number, now=now)
    live_id = f"live#{purpose.kind.name}#{person}"
    rows = rows_of([live_id, *sent.ids])
    room = sent.admit(rows, now)
    reached = to.app or country_allowed(cloud.settings.sms_countries, to.mobile)
    decoy = not (room and to.mobile and reached)

    request = cloud.entropy(16).hex()
    expires = expires_at(purpose.kind, now)
    bound = draw(
        cloud,
        purpose.kind,
        request,
        subject=purpose.name,
        holder=NOBODY if decoy else to.holder,
        expires_at=expires,
        beside=beside,
    )
    bound.row.sent_to = to.app or _of_number(cloud, number)
    transaction = Transaction()
    transaction.put_new("code", bound.row)
    _replace(transaction, purpose, rows.get(live_id) or CodeRow(live_id), bound.row, now)
    count(transaction, (*sent.told, *sent.silent) if room else sent.told)
    message = Message(
        id=_message_id(purpose, request),
        channel="app" if to.app else "sms",
        to=to.app or number,
        template=purpose.template,
        language=to.language,
        give_up_at=expires,
        values={"organisation": cloud.settings.organisation, "host": cloud.settings.web_host},
        code=bound.code,
    )
    queue(cloud, transaction, message, decoy=decoy)
    asked = Event(f"{purpose.name}.requested", to.holder, to.holder, now)
    record(transaction, asked, cloud.entropy(12))
    also(transaction)
    transaction.commit()
    # Sent by another function: how long the telephone company takes would tell people from strangers.
    cloud.start("send_outbox", {"message": message.id})
    return Challenge(request, expires)


def _replace(transaction: Transaction, purpose: Purpose, live: CodeRow, code: CodeRow, now: datetime) -> None:
    """Make this the live code of who asked, and void the one before: its message, if it was not sent yet,
    would come after the new one and hold a code that opens nothing."""
    before = live.subject
    unchanged = CodeRow.subject == before if before else CodeRow.subject.does_not_exist()
    actions = [
        CodeRow.subject.set(code.id),
        CodeRow.expires_at.set(code.expires_at),
        CodeRow.expires.set(code.expires_at + KEPT),
    ]
    transaction.update("live code", live, actions, unchanged)
    if before and live.expires_at >= now:
        transaction.update("code before", CodeRow(before), [CodeRow.voided_at.set(now)])
        withdraw(transaction, _message_id(purpose, before.removeprefix(f"{purpose.kind.name}#")))


def reaches(cloud: Cloud, account: Account, row: CodeRow) -> bool:
    """Whether what a code was sent to is still the person's: an app in use, or the number, undisputed."""
    if row.sent_to in {app.app_id for app in active_apps(account)}:
        return True
    known = account.registration
    disputed = number_state(account, cloud.now()) == states.HELD
    return known is not None and not disputed and row.sent_to == _of_number(cloud, str(known.mobile))


def _of_number(cloud: Cloud, number: str) -> str:
    return pseudonym(cloud, f"sent to\n{number}")


def _message_id(purpose: Purpose, request: str) -> str:
    return f"{purpose.name}:{request}"


def redeem(
    cloud: Cloud, purposes: tuple[Purpose, ...], request: str, typed: str, *, source: str, beside: str = ""
) -> CodeRow:
    """The row of a code that was typed rightly; to be spent in the transaction of what it is good for.

    Raises:
        UsedBefore: typed rightly, and spent.
        LogInRefused, TooManyTries, Conflict
    """
    now = cloud.now()
    kind = purposes[0].kind
    key = row_id(kind, request)
    wrong = wrong_tries(cloud, kind, source, now)
    rows = rows_of([key, *wrong.ids])
    wrong.admit(rows, now)
    row = rows.get(key)
    right = matches(cloud, kind, request, row, typed, beside)
    if row is None or row.subject not in {purpose.name for purpose in purposes}:
        wrong.add()
        raise LogInRefused
    if not usable(row, kind, now):
        lives = row.expires_at is not None and row.expires_at >= now
        raise UsedBefore(row) if right and row.spent_at is not None and lives else LogInRefused
    if not right:
        note_wrong(row)
        wrong.add()
        raise LogInRefused
    return row
