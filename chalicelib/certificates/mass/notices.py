"""What holders are told of a mass revocation: that it comes, or that nothing comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.certificates.reaching import Reach
from chalicelib.certificates.tables import PlanItem
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import WORTH_TELLING, Message
from chalicelib.pki.tables import CertificateRow, Outline
from chalicelib.registry.reachable import Contact

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def ahead_id(plan: PlanItem, found: Outline) -> str:
    """The message that announces the revocation of one certificate."""
    return f"revocation-ahead:{plan.plan}:{found.id}"


def announcement(
    cloud: Cloud, plan: PlanItem, found: Outline, told: Contact, who: Reach, due: datetime
) -> Message:
    """When the certificate will be revoked.

    Args:
        told: who is written to, of `who`.
        due: when the message goes out.
    """
    # As `Progress.begins_at`: whoever is told late is not told a day that is too early, or over.
    revoked_at = max(plan.due_at or due, due + timedelta(seconds=int(plan.notice)))
    more: dict[str, Value] = {"revoked_at": revoked_at, "reason": str(plan.reason)}
    return _message(cloud, ahead_id(plan, found), "certificate-will-be-revoked", found, told, who, due, more)


def reassurance(
    cloud: Cloud, plan: PlanItem, found: Outline, told: Contact, who: Reach, due: datetime
) -> Message:
    """That the certificate stays valid; arguments as of `announcement`."""
    named = f"revocation-called-off:{plan.plan}:{found.id}"
    return _message(cloud, named, "revocation-called-off", found, told, who, due, {})


def _message(
    cloud: Cloud,
    named: str,
    template: str,
    found: Outline,
    told: Contact,
    who: Reach,
    due: datetime,
    more: dict[str, Value],
) -> Message:
    return Message(
        id=named,
        channel="email",
        to=told.email,
        also=who.also,
        template=template,
        language=told.language,
        give_up_at=due + WORTH_TELLING,
        values={
            "organisation": cloud.settings.organisation,
            "serial": CertificateRow(found.id).serial_text,
            "host": cloud.settings.web_host,
            "phone": cloud.settings.help_phone,
            **more,
        },
    )
