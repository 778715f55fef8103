"""Suspension with all that follows from it: event, notices, CRLs published, and the decision at its end.

Whoever only thinks that a key is lost has seven days to find it. The certificate is out of use at once; it
comes back if somebody who is sure to be the holder says so; and if nobody does it is revoked, by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.audit.events import Event, record
from chalicelib.certificates.reaching import Reach, reach
from chalicelib.errors import NotFound
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue, send, withdraw
from chalicelib.pki import hold
from chalicelib.pki.hold import Held, Lifted
from chalicelib.pki.issuance import Also, profiles
from chalicelib.pki.issuers import issuers
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.aws.tables import Transaction
    from chalicelib.notices.tables import MessageRow
    from chalicelib.pki.profiles import Profile

REMINDED: Final = timedelta(days=2)
"""Before the end of the seven days: when five are over."""


def suspend(
    cloud: Cloud, row: CertificateRow, *, actor: str, details: dict[str, str], recording: Also | None = None
) -> Held:
    """Suspend once: who asks again is told since when and until when.

    Args:
        recording: adds the caller's own conditions to the transaction.

    Raises:
        NotFound, HoldNotAllowed, HeldLately, Conflict
    """
    now, shards = cloud.now(), _shards(cloud, row)
    notices: list[MessageRow] = []

    def also(transaction: Transaction, certificate: CertificateRow, until: datetime) -> None:
        if recording is not None:
            recording(transaction, certificate)
        _record(cloud, transaction, "certificate.suspended", certificate, actor, details)
        values: dict[str, Value] = {"ends": until, "host": cloud.settings.web_host}
        name, who = _name(certificate, now), _holder(certificate)
        began = _message(cloud, certificate, who, f"{name}:began", "certificate-suspended", values)
        if began is None:
            return
        notices.append(queue(cloud, transaction, began))
        if (wait := until - REMINDED - now) > timedelta(0):
            ends = _message(cloud, certificate, who, f"{name}:reminder", "suspension-ends", values, until)
            if ends is not None:
                queue(cloud, transaction, ends, not_before=cloud.now() + wait)

    held = hold.hold(row.id, _profile(cloud, row), shards=shards, at=now, also=also)
    _tell(cloud, notices if held.now else [])
    return held


def lift(
    cloud: Cloud, row: CertificateRow, *, actor: str, details: dict[str, str], recording: Also | None = None
) -> Lifted:
    """Reinstate what is suspended; asked again, nothing changes.

    Raises:
        NotFound, NotHeld, Conflict
    """
    now, shards = cloud.now(), _shards(cloud, row)
    notices: list[MessageRow] = []

    def also(transaction: Transaction, certificate: CertificateRow) -> None:
        if recording is not None:
            recording(transaction, certificate)
        _record(cloud, transaction, "certificate.reinstated", certificate, actor, details)
        who = _holder(certificate)
        forget_reminder(transaction, certificate, who)
        name = f"{_name(certificate, certificate.held_at)}:lifted"
        told = _message(cloud, certificate, who, name, "certificate-reinstated", {"changed_at": now})
        if told is not None:
            notices.append(queue(cloud, transaction, told))

    lifted = hold.lift(row.id, shards=shards, at=now, also=also)
    _tell(cloud, notices if lifted.now else [])
    return lifted


def forget_reminder(transaction: Transaction, row: CertificateRow, who: Reach) -> None:
    """Of a hold that is lifted, or was turned into a revocation, nobody is reminded."""
    told = row.held_at is not None and row.held_until - REMINDED > row.held_at
    if told and who.known is not None:  # whatever bars the person since
        withdraw(transaction, f"{_name(row, row.held_at)}:reminder")


def _holder(row: CertificateRow) -> Reach:
    return reach(str(row.holder), str(row.evidence))


def _tell(cloud: Cloud, notices: list[MessageRow]) -> None:
    for notice in notices:
        send(cloud, notice)
    cloud.start("publish_crls")


def _profile(cloud: Cloud, row: CertificateRow) -> Profile:
    return profiles(cloud)[row.profile.partition("/")[0]]


def _shards(cloud: Cloud, row: CertificateRow) -> int:
    issuer = issuers(cloud).get(row.issuer)
    if issuer is None:
        raise NotFound
    return issuer.crl_shards


def _record(
    cloud: Cloud,
    transaction: Transaction,
    act: str,
    row: CertificateRow,
    actor: str,
    details: dict[str, str],
) -> None:
    event = Event(
        act, f"certificate:{row.id}", actor, cloud.now(), evidence=row.evidence_digest, details=details
    )
    record(transaction, event, cloud.entropy(12))


def _name(row: CertificateRow, held_at: datetime) -> str:
    """Of the messages about one hold: the next one of the same certificate has others."""
    return f"held:{row.id}:{held_at:%Y%m%dT%H%M%S}"


def _message(
    cloud: Cloud,
    row: CertificateRow,
    who: Reach,
    name: str,
    template: str,
    values: dict[str, Value],
    until: datetime | None = None,
) -> Message | None:
    if who.told is None:
        return None
    common: dict[str, Value] = {
        "organisation": cloud.settings.organisation,
        "serial": row.serial_text,
        "phone": cloud.settings.help_phone,
    }
    give_up = until or cloud.now() + WORTH_TELLING
    return Message(
        id=name,
        channel="email",
        to=who.told.email,
        also=who.also,
        template=template,
        language=who.told.language,
        give_up_at=give_up,
        values={**common, **values},
    )
