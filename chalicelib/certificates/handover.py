"""Handing a generation code over (A18): by text message, or on a slip that the officer prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.notices.outbox import send
from chalicelib.notices.slip import Slip, render
from chalicelib.notices.tables import MessageRow
from chalicelib.registry.contact import mask_nif
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.officers import Officer
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


@dataclass(frozen=True)
class Handed:
    """A code on its way to its holder."""

    id: str
    expires_at: datetime
    delivery: str
    sent: bool
    slip: bytes | None


def hand_over(cloud: Cloud, row: IdentificationRow, officer: Officer) -> Handed:
    """Have the authority grant a code on this identification, and deliver it.

    The officer never sees a code that goes by text message.
    """
    evidence = msgspec.json.decode(row.evidence, type=Evidence)
    granted = cloud.invoke(
        "authority",
        {"operation": "grant", "subject": f"identification:{row.id}", "actor": officer.name},
    )
    expires_at = datetime.fromisoformat(granted["expires_at"])
    sent = [_send(cloud, message) for message in granted["messages"]]
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
    return Handed(str(row.id), expires_at, evidence.delivery, all(sent), slip)


def _send(cloud: Cloud, message_id: str) -> bool:
    """Send now what a person waits for; what fails stays in the outbox."""
    row = MessageRow.find(message_id)
    return row is not None and send(cloud, row)
