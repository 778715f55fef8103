"""Notices of what happened to a person's account, sent to the addresses as they were before it (6.7).

Both ways, always: whoever has taken over the telephone or the mailbox cannot keep the other one silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import Message, queue
from chalicelib.notices.tables import MessageRow
from chalicelib.registry.account_tables import RegistrationItem

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

TOLD_WITHIN: Final = timedelta(days=3)


def tell(
    cloud: Cloud,
    transaction: Transaction,
    known: RegistrationItem | None,
    template: str,
    *,
    channels: tuple[str, ...] = ("sms", "email"),
    code: str | None = None,
    expires: datetime | None = None,
    more: Mapping[str, Value] = MappingProxyType({}),
) -> list[MessageRow]:
    """Queue a text message and an e-mail to the addresses of a registration as it was read.

    Args:
        code: a code in the notice, and for the e-mail, which has room for it, its last second.
        more: what else the e-mail says.
    """
    if known is None:
        return []
    now = cloud.now()
    number = cloud.entropy(8).hex()
    values: dict[str, Value] = {
        "organisation": cloud.settings.organisation,
        "phone": cloud.settings.help_phone,
    }
    longer: dict[str, Value] = {"expires": expires} if expires is not None else {}
    return [
        queue(
            cloud,
            transaction,
            Message(
                id=f"{template}:{known.holder}:{number}:{channel}",
                channel=channel,
                to=to,
                template=template,
                language=str(known.language),
                give_up_at=now + TOLD_WITHIN,
                values=values | ({**longer, **more} if channel == "email" else {}),
                code=code,
            ),
        )
        for channel, to in (("sms", str(known.mobile)), ("email", str(known.email)))
        if to and channel in channels
    ]
