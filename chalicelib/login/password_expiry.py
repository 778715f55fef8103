"""The end of a password, told before it comes (6.9): at each log-in of the last month, and by e-mail thrice.

Only the preset `clave` lets passwords end. The rules are pure; whoever keeps a calendar calls `write_notice`
as often as it likes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.notices.outbox import Message, queue
from chalicelib.notices.tables import MessageRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import CredentialItem
from chalicelib.registry.accounts import PASSWORD, Account

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

STAGES: Final = (30, 7, 1)
"""How many days before the end a notice is sent. The first is also when log-ins begin to tell (F03)."""
A_DAY: Final = timedelta(days=1)


def days_left(expires_at: datetime | None, now: datetime) -> int | None:
    """How many days a password still has, the last one being 0; None while it is no news."""
    if expires_at is None or not expires_at - STAGES[0] * A_DAY <= now < expires_at:
        return None
    return (expires_at - now) // A_DAY


def stage(expires_at: datetime | None, now: datetime) -> int | None:
    """The notice whose time it is: the latest that has begun, so that none is sent late after the next."""
    if expires_at is None or now >= expires_at:
        return None
    begun = [days for days in STAGES if expires_at - days * A_DAY <= now]
    return min(begun, default=None)


def stage_begins(expires_at: datetime, after: datetime) -> datetime | None:
    """When the next notice is due, for whoever keeps a calendar of what falls due."""
    moments = [expires_at - days * A_DAY for days in STAGES]
    return min((moment for moment in moments if moment > after), default=None)


def write_notice(cloud: Cloud, account: Account) -> MessageRow | None:
    """Queue the notice that is due, once for each password and stage, however often this is called.

    Returns:
        What was queued now; None if nothing is due, if it was queued before, or if the password changed.
    """
    now = cloud.now()
    item, known = account.credentials.get(PASSWORD), account.registration
    if item is None or known is None or not account.registered or item.state == states.ABSENT:
        return None
    days = stage(item.expires_at, now)
    if days is None or item.expires_at is None:
        return None
    transaction = Transaction()
    # Of the password that was read: a notice about one that was just changed would frighten for nothing.
    same = (CredentialItem.set_at == item.set_at) & (CredentialItem.state != states.ABSENT)
    transaction.check("password", CredentialItem, account.holder, same, PASSWORD)
    message = queue(
        cloud,
        transaction,
        Message(
            # The name of a notice is what makes it one: a second row of this name cannot be written.
            id=f"password-expires:{account.holder}:{item.expires_at:%Y-%m-%dT%H:%M:%SZ}:{days}",
            channel="email",
            to=str(known.email),
            template="password-expires",
            language=str(known.language),
            give_up_at=item.expires_at,
            values={
                "organisation": cloud.settings.organisation,
                "expires": item.expires_at,
                "phone": cloud.settings.help_phone,
            },
        ),
    )
    told = Event(
        "password.expiry-told", account.holder, account.holder, now, details={"days_before": str(days)}
    )
    record(transaction, told, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed:
        return None
    return message
