"""What a person is told when something changes that opens the account: by e-mail, the other channel (6.7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.notices.outbox import Message, queue

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.registry.accounts import Account

WORTH_SENDING: Final = timedelta(days=7)


def note_change(
    cloud: Cloud, transaction: Transaction, account: Account, change: str, *, actor: str = ""
) -> None:
    """Record a change of a credential and have the person told of it, in the transaction of the change.

    Args:
        change: one of the CHANGES of the message catalogue.
        actor: who did it, where it was not the person.
    """
    now = cloud.now()
    entropy = cloud.entropy(12)
    record(transaction, Event(change, account.holder, actor or account.holder, now), entropy)
    if account.registration is None:
        return
    settings = cloud.settings
    message = Message(
        id=f"{change}:{account.holder}:{entropy.hex()}",
        channel="email",
        to=account.registration.email,
        template="account-changed",
        language=account.registration.language,
        give_up_at=now + WORTH_SENDING,
        values={
            "organisation": settings.organisation,
            "change": change,
            "changed_at": now,
            "phone": settings.help_phone,
        },
    )
    queue(cloud, transaction, message, by_schedule=True)
