"""The first day of a new number (F14, Q05, 6.2): it does not count alone for much, and can be stopped.

Whoever changed a number by fraud must not recover the password with it before its owner, told at the old
addresses, could say "this was not me". The code in that notice *holds* the number; it never brings the old
one back, because the old telephone may be the one that was stolen. An officer ends a hold, before the person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.codes import bound
from chalicelib.codes.kinds import STOP, expires_at
from chalicelib.codes.limits import rows_of, wrong_tries
from chalicelib.codes.store import CodeNotAccepted
from chalicelib.codes.tables import CodeRow
from chalicelib.errors import Problem
from chalicelib.notices.app_inbox import close_inbox
from chalicelib.notices.outbox import send
from chalicelib.notices.tables import MessageRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import AppItem, RegistrationItem
from chalicelib.registry.accounts import Account, active_apps, holder_of, read_account
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.documents import normalise_nif

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

COOL_OFF: Final = timedelta(hours=24)
STOPPABLE: Final = ("mobile", "app")


class NumberWaits(Problem):
    """F14: for a day after a change, and while it is disputed, the telephone alone is not enough for this."""

    slug = "new-number-waits"
    status = 403
    title = (
        "Your mobile number changed a short time ago, or its change was stopped: it does not count for this"
    )


def number_state(account: Account, now: datetime) -> states.NumberState:
    """How far the registered number is to be trusted; the second in which the day ends is after it."""
    known = account.registration
    if known is None:
        return "settled"
    state = states.SETTLED
    if known.mobile_since is not None:
        state = states.move(states.NUMBER_MOVES, state, "changed")
        if known.mobile_since + COOL_OFF <= now:
            state = states.move(states.NUMBER_MOVES, state, "waited")
    if known.mobile_held_at is not None:
        state = states.move(states.NUMBER_MOVES, state, "stopped")
    return state


def require_settled(account: Account, now: datetime) -> None:
    """Refuse what a new number must not do alone.

    Raises:
        NumberWaits
    """
    state = number_state(account, now)
    if state == "settled":
        return
    since = account.registration.mobile_since if account.registration else None
    wait = int((since + COOL_OFF - now).total_seconds()) if since and state == "cooling" else None
    raise NumberWaits(retry_after=wait)


def newest_app_cools(account: Account, now: datetime) -> bool:
    """Whether an app is in its first day: what it is sent is then no proof of the person (F14)."""
    return any(app.added_at + COOL_OFF > now for app in active_apps(account))


def require_settled_telephone(account: Account, now: datetime) -> None:
    """As `require_settled`, for what a PIN opened: it may have come to a new app as well.

    Raises:
        NumberWaits
    """
    require_settled(account, now)
    if newest_app_cools(account, now):
        raise NumberWaits


def draw_stop_code(
    cloud: Cloud, transaction: Transaction, holder: str, what: str, subject: str
) -> tuple[str, datetime]:
    """A code that stops a change, and its last second; the code before it, for the same, is worthless."""
    deadline = expires_at(STOP, cloud.now())
    bound_to = f"{holder}#{what}"
    drawn = bound.draw(cloud, STOP, bound_to, subject=subject, holder=holder, expires_at=deadline)
    transaction.update("stop code", CodeRow(drawn.row.id), bound.as_new(drawn.row))
    return drawn.code, deadline


def tell_with_stop(
    cloud: Cloud,
    transaction: Transaction,
    known: RegistrationItem,
    template: str,
    code: str,
    deadline: datetime,
    *,
    channels: tuple[str, ...] = ("sms", "email"),
) -> list[MessageRow]:
    """Tell the addresses of before, with the code that stops it."""
    return tell(cloud, transaction, known, template, channels=channels, code=code, expires=deadline)


def tell_of_new_number(
    cloud: Cloud, transaction: Transaction, known: RegistrationItem, *, in_person: bool
) -> list[MessageRow]:
    """Tell the addresses of before, with the code that stops the change; the code before it is worthless.

    Args:
        in_person: an officer made the change. Who comes to an office has often lost the telephone, so that
            the code goes by e-mail only, and the old number is told without it. The number of somebody who
            comes back after renouncing is free since, perhaps another person's, and told nothing.
    """
    came_back = known.state != states.REGISTERED
    channels = ("email",) if in_person or came_back else ("sms", "email")
    code, deadline = draw_stop_code(cloud, transaction, str(known.holder), "mobile", "mobile")
    told = tell_with_stop(cloud, transaction, known, "mobile-changed", code, deadline, channels=channels)
    if in_person and not came_back:
        told += tell(cloud, transaction, known, "contact-changed", channels=("sms",))
    return told


def stop_change(cloud: Cloud, nif: str, typed: str, *, source: str) -> None:
    """Hold a number, or remove an app, that somebody says was not the person's doing; end all sessions.

    Sent again after a lost answer, it changes nothing. Of a person without such a code, as of a wrong code,
    the same is told.

    Raises:
        NifInvalid, CodeNotAccepted, TooManyTries, Conflict
    """
    now = cloud.now()
    holder = holder_of(normalise_nif(nif))
    wrong = wrong_tries(cloud, STOP, source, now)
    names = [f"{holder}#{what}" for what in STOPPABLE]
    rows = rows_of([*(bound.row_id(STOP, name) for name in names), *wrong.ids])
    wrong.admit(rows, now)
    # Fifty bits, and every source is held back: wrong tries void nothing, or strangers would use them up.
    found = [row for name in names if (row := _right(cloud, name, rows, typed)) is not None]
    account = read_account(holder)
    known = account.registration
    if not found or known is None or not account.registered:
        wrong.add()
        raise CodeNotAccepted
    row = found[0]
    if row.spent_at is not None:
        return
    if not bound.usable(row, STOP, now):
        raise CodeNotAccepted
    transaction = Transaction()
    bound.spend(transaction, "code", row, STOP, now, by=holder)
    actions = [
        RegistrationItem.logged_out_at.set(now),
        RegistrationItem.log_outs.add(1),
        RegistrationItem.version.add(1),
    ]
    if row.subject == "mobile":
        actions.append(RegistrationItem.mobile_held_at.set(now))
    else:
        for app in active_apps(account):
            if app.app_id == row.subject:
                add_removal(transaction, app, now)
    transaction.update("registration", known, actions, RegistrationItem.version == int(known.version))
    notices = tell(cloud, transaction, known, "change-stopped" if row.subject == "mobile" else "app-stopped")
    record(transaction, Event("contact.change-stopped", holder, holder, now), cloud.entropy(12))
    transaction.commit_or_conflict()
    for notice in notices:
        send(cloud, notice)


def _right(cloud: Cloud, name: str, rows: dict[str, CodeRow], typed: str) -> CodeRow | None:
    row = rows.get(bound.row_id(STOP, name))
    return row if bound.matches(cloud, STOP, name, row, typed) else None


def add_removal(transaction: Transaction, app: AppItem, now: datetime) -> None:
    """Remove an app in the transaction of what ends it."""
    state = states.move(states.APP_MOVES, str(app.state), "removed")
    actions = [AppItem.state.set(state), AppItem.removed_at.set(now)]
    transaction.update("app", app, actions, AppItem.state == str(app.state))
    close_inbox(transaction, app.app_id, now)
