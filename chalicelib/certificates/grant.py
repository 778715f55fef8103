"""Granting a generation code (A16-A21): the authority's answer to an identification.

The code exists from the grant on; before it there is only evidence. Asking again voids the code that
went before, and never prolongs its time: what has expired needs a new identification. A fee is settled
with the first code of an identification at an office (A11): while it is not paid there is none.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.certificates.evidence import EvidenceRefused, EvidenceValue, Read, read_evidence, require_able
from chalicelib.certificates.fees import settle_fee
from chalicelib.certificates.origin import require_origin
from chalicelib.codes.kinds import EMAIL_CONFIRMATION, GENERATION, expires_at
from chalicelib.codes.store import CodeExpired, CodeSpent, Drawn, draw, void
from chalicelib.errors import Conflict
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import Message, queue, withdraw
from chalicelib.pki.issuance import profiles
from chalicelib.registry.video.proof import VideoEvidence

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MOST_GRANTS = 10
"""Codes for one identification: an officer who asks more often is not helping a citizen."""


class Grant(msgspec.Struct, frozen=True):
    """A code given out."""

    code: str
    expires_at: datetime
    messages: tuple[str, ...]


def grant(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The authority's operation: {subject, actor, session} -> {code, expires_at, messages}.

    A code that goes by text message is not told to the caller, who has no use for it.

    Raises:
        NotFound, EvidenceRefused, PaymentRequired, NotForSale, CodeExpired, CodeSpent, Conflict
    """
    read = read_evidence(payload["subject"])
    require_origin(cloud, read, str(payload.get("session", "")))
    given = _grant(cloud, read, payload["actor"])
    return {
        "code": given.code if read.value.delivery == "paper" else None,
        "expires_at": given.expires_at.isoformat(),
        "messages": list(given.messages),
    }


def _grant(cloud: Cloud, read: Read, actor: str) -> Grant:
    now = cloud.now()
    deadline = expires_at(GENERATION, read.kind.taken_at(read.value))
    if deadline < now:
        raise CodeExpired
    if int(read.row.grants) >= MOST_GRANTS:
        raise EvidenceRefused
    code = draw(cloud, GENERATION, subject=read.subject, expires_at=deadline)
    code.row.evidence = read.row.evidence
    code.row.evidence_digest = read.row.evidence_digest
    code.row.holder = read.row.holder
    # Only where the certificate has room for an address is there a reason to confirm one.
    confirms = profiles(cloud)[read.kind.profile].email_allowed
    email_code = (
        draw(cloud, EMAIL_CONFIRMATION, subject=read.subject, expires_at=deadline) if confirms else None
    )
    number = int(read.row.grants) + 1
    messages = _messages(cloud, read, code, email_code, number)

    transaction = Transaction()
    require_able(cloud, transaction, str(read.row.holder), read.value)
    # A video was paid for by its case, before the review.
    if number == 1 and not isinstance(read.value, VideoEvidence):
        settle_fee(cloud, transaction, subject=read.subject, holder=str(read.row.holder))
    transaction.put_new("code", code.row)
    if email_code is not None:
        transaction.put_new("email code", email_code.row)
    if read.row.live_code:
        void(transaction, "previous code", read.row.live_code, now)
    if read.row.live_email_code:
        void(transaction, "previous email code", read.row.live_email_code, now)
    if read.row.live_message:
        withdraw(transaction, read.row.live_message)
    for message in messages:
        queue(cloud, transaction, message)
    _point_to(transaction, read, code, email_code, messages)
    event = Event(
        "generation-code.granted",
        read.subject,
        actor,
        now,
        evidence=read.row.evidence_digest,
        details={"number": str(number), "delivery": read.value.delivery},
    )
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if failed.labels & {"barred", "power", "proxy"}:
            raise EvidenceRefused from failed
        spent = failed.labels & {"previous code", "previous email code"}
        raise (CodeSpent() if spent else Conflict(retry_after=1)) from failed
    return Grant(code.code, deadline, tuple(message.id for message in messages))


def _point_to(
    transaction: Transaction, read: Read, code: Drawn, email_code: Drawn | None, messages: list[Message]
) -> None:
    """Move the evidence row to the new codes, if it is still as it was read."""
    table = read.kind.row
    sms = next((message.id for message in messages if message.channel == "sms"), None)
    transaction.update(
        "evidence",
        read.row,
        [
            table.live_code.set(code.row.id),
            table.live_email_code.set(email_code.row.id) if email_code else table.live_email_code.remove(),
            table.live_message.set(sms) if sms else table.live_message.remove(),
            table.grants.set(int(read.row.grants) + 1),
        ],
        (table.grants == int(read.row.grants))
        & (table.evidence_digest == read.row.evidence_digest)
        & table.standing(),
    )


def _messages(cloud: Cloud, read: Read, code: Drawn, email_code: Drawn | None, number: int) -> list[Message]:
    settings = cloud.settings
    value: EvidenceValue = read.value
    deadline = code.row.expires_at
    common: dict[str, Value] = {
        "organisation": settings.organisation,
        "host": settings.web_host,
        "expires": deadline,
    }
    told = []
    if number > 1:
        # Whoever had a code hears that it is void, on the way that the new one does not take (F05).
        told.append(
            Message(
                id=f"{read.subject}#{number}#replaced",
                channel="email",
                to=value.email,
                template="code-replaced",
                language=value.language,
                give_up_at=deadline,
                values={
                    "organisation": settings.organisation,
                    "expires": deadline,
                    "phone": settings.help_phone,
                },
            )
        )
    if email_code is not None:
        told.append(
            Message(
                id=f"{read.subject}#{number}#email",
                channel="email",
                to=value.email,
                template="email-confirmation",
                language=value.language,
                give_up_at=deadline,
                values={**common, "phone": settings.help_phone},
                code=email_code.code,
            )
        )
    if value.delivery == "sms" and value.mobile:
        told.append(
            Message(
                id=f"{read.subject}#{number}#sms",
                channel="sms",
                to=value.mobile,
                template="generation-code",
                language=value.language,
                give_up_at=deadline,
                values=common,
                code=code.code,
            )
        )
    return told
