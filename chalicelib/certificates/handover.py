"""Handing a generation code over (A18): by text message, or on a slip that the officer prints."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.certificates.evidence import Read
from chalicelib.notices.outbox import send_queued
from chalicelib.notices.slip import Slip, render
from chalicelib.registry.contact import mask_nif

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class Handed(msgspec.Struct, frozen=True):
    """A code on its way to its holder."""

    id: str
    expires_at: datetime
    delivery: str
    sent: bool
    slip: bytes | None


def hand_over(cloud: Cloud, read: Read, actor: str, session: str = "") -> Handed:
    """Have the authority grant a code on this evidence, and deliver it.

    The officer never sees a code that goes by text message.

    Args:
        session: the id of the officer's session, by which the authority sees who is at work.
    """
    evidence = read.value
    order = {"operation": "grant", "subject": read.subject, "actor": actor, "session": session}
    granted = cloud.invoke("authority", order)
    expires_at = datetime.fromisoformat(granted["expires_at"])
    sent = [send_queued(cloud, message) for message in granted["messages"]]
    slip = None
    if evidence.delivery == "paper":
        slip = render(
            Slip(
                organisation=cloud.settings.organisation,
                masked_nif=mask_nif(evidence.nif),
                code=granted["code"],
                expires=expires_at,
                url=cloud.settings.api_url,
                phone=cloud.settings.help_phone,
                language=evidence.language,
                printed_at=cloud.now(),
            )
        )
    return Handed(str(read.row.id), expires_at, evidence.delivery, all(sent), slip)
