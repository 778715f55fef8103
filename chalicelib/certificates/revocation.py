"""Revocation with all that follows from it: event, notice to the holder, the key barred, CRLs published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.certificates.reaching import Reach, reach
from chalicelib.certificates.suspension import forget_reminder
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue, send
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.compromise import LABEL, bar_key, certificates_with, note_swept
from chalicelib.pki.hold import NotHeld
from chalicelib.pki.issuance import Also
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reasons import UNSPECIFIED
from chalicelib.pki.revocation import Revoked, revoke
from chalicelib.pki.tables import CertificateRow, KeyRow
from chalicelib.registry.reachable import Known

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY_COMPROMISE = "keyCompromise"
SUSPENSION_ENDED = "suspension-ended"
"""The channel of a revocation that nobody asked for on that day."""


def revoke_certificate(
    cloud: Cloud,
    row: CertificateRow,
    reason: str | None,
    *,
    actor: str,
    details: dict[str, str],
    recording: Also | None = None,
    publish: bool = True,
    silent: bool = False,
    notice_at: datetime | None = None,
) -> Revoked:
    """Revoke once: who asks again is told the first date and reason.

    A compromised key takes every certificate of its with it, and is never certified again.

    Args:
        reason: as stored, from `read_reason`.
        recording: adds the caller's own conditions to the transaction.
        publish: whether to publish CRLs at once; who revokes many does so at the end.
        silent: whether nobody is told of it.
        notice_at: when the schedule tells it; where nothing is said, this call does, now.

    Raises:
        Conflict, and the problems of `recording`.
    """
    revoked = _revoke(cloud, row, reason, actor, details, recording, silent=silent, notice_at=notice_at)
    if reason == KEY_COMPROMISE:
        if not revoked.now:  # for another reason, perhaps: then nothing has barred the key yet
            bar(cloud, row.spki, actor)
        sweep(cloud, row.spki, actor)
    if publish:
        cloud.start("publish_crls")
    return revoked


def revoke_one_of_many(
    cloud: Cloud,
    row: CertificateRow,
    reason: str | None,
    *,
    actor: str,
    details: dict[str, str],
    recording: Also,
    known: Known | None,
    notice_at: datetime,
) -> Revoked:
    """As `revoke_certificate`, for somebody who comes back for whatever is not revoked, and publishes at
    the end.

    The other certificates of a compromised key go first: if that fails, this one is still found.

    Args:
        row: its key suffices, and `spki`.
        known: what the holder's account says, if it was read with those of others.
        notice_at: when the schedule tells the holder: the messages of many are spread.
    """
    if reason == KEY_COMPROMISE:
        sweep(cloud, row.spki, actor, besides=row.id, notice_at=notice_at)
    revoked = _revoke(cloud, row, reason, actor, details, recording, known=known, notice_at=notice_at)
    if reason == KEY_COMPROMISE:
        if not revoked.now:
            bar(cloud, row.spki, actor)
        note_swept(row.spki)  # or the keys of a whole plan would wait before the next report of a stranger
    return revoked


def report_compromise(cloud: Cloud, spki: str, by: str) -> list[CertificateRow]:
    """Bar a key and revoke all its certificates; safe to repeat after a failure.

    Returns:
        The certificates of the key, for the report's answer.
    """
    bar(cloud, spki, by)
    found = sweep(cloud, spki, by)
    cloud.start("publish_crls")
    return found


def bar(
    cloud: Cloud,
    spki: str,
    actor: str,
    *,
    details: dict[str, str] | None = None,
    counting: Callable[[Transaction, bool], None] = lambda _transaction, _known: None,
) -> datetime:
    """Bar a key, once; since when it is barred.

    Args:
        counting: adds the caller's limits to the transaction; it is told whether the key was ever certified.

    Raises:
        ConditionFailed: a limit is reached.
    """
    key = KeyRow.find(spki)
    if key is not None and key.compromised_at is not None:
        return key.compromised_at
    now = cloud.now()
    transaction = Transaction()
    bar_key(transaction, spki, now, first=True)
    counting(transaction, key is not None)
    event = Event("key.compromised", f"key:{spki}", actor, now, details=details or {})
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        barred = KeyRow.find(spki) if LABEL in failed.labels else None
        if barred is None or barred.compromised_at is None:
            raise
        return barred.compromised_at
    return now


def sweep(
    cloud: Cloud,
    spki: str,
    actor: str,
    *,
    most: int | None = None,
    besides: str = "",
    notice_at: datetime | None = None,
) -> list[CertificateRow]:
    """Revoke all certificates of a key; one that fails, or cannot be read, does not protect the others, and
    is told at the end.

    Args:
        most: revoke so many; the job goes on with the others.
        besides: a certificate that the caller sees to.
        notice_at: when the schedule tells the holders; where nothing is said, this call does.
    """
    found: list[CertificateRow] = []
    failed: Problem | None = None
    for certificate_id in certificates_with(spki):
        try:
            row = CertificateRow.find(certificate_id)
        except Problem as problem:
            failed = problem
        else:
            found += [row] if row is not None else []
    standing = [row for row in found if row.revoked_at is None and row.id != besides]
    for row in standing[:most]:
        try:
            _revoke(cloud, row, KEY_COMPROMISE, actor, {"key": spki}, None, notice_at=notice_at)
        except Problem as problem:
            failed = problem
    if failed is not None:
        raise failed
    if not besides and (most is None or len(standing) <= most):
        note_swept(spki)
    return found


def revoke_unlifted(cloud: Cloud, row: CertificateRow) -> bool:
    """What becomes of a hold that nobody lifted in time; False if there is none, or its time is not over.

    The reason stays unspecified: nobody has said that the key is in other hands, and who could have said so
    has said nothing. The date is that of the hold, since when nobody could rely on the certificate.
    """

    def still_due(_: Transaction, certificate: CertificateRow) -> None:
        if certificate.held_at is None or certificate.held_until >= cloud.now():
            raise NotHeld

    try:
        details = {"channel": SUSPENSION_ENDED}
        return _revoke(cloud, row, None, "authority", details, still_due, notice_at=cloud.now()).now
    except NotHeld:
        return False


def _revoke(
    cloud: Cloud,
    row: CertificateRow,
    reason: str | None,
    actor: str,
    details: dict[str, str],
    recording: Also | None,
    *,
    silent: bool = False,
    known: Known | None = None,
    notice_at: datetime | None = None,
) -> Revoked:
    issuer = issuers(cloud).get(row.issuer)
    if issuer is None:
        raise NotFound
    now = cloud.now()
    notices: list[MessageRow] = []

    def also(transaction: Transaction, certificate: CertificateRow) -> None:
        notices.clear()
        if recording is not None:
            recording(transaction, certificate)
        if reason == KEY_COMPROMISE:
            bar_key(transaction, certificate.spki, now)
        told = {"reason": reason or UNSPECIFIED, **details}
        who = reach(str(certificate.holder), str(certificate.evidence), known)
        if certificate.held_at is not None:
            told["suspended_at"] = certificate.held_at.isoformat()
            forget_reminder(transaction, certificate, who)
        event = Event(
            "certificate.revoked",
            f"certificate:{certificate.id}",
            actor,
            now,
            evidence=certificate.evidence_digest,
            details=told,
        )
        record(transaction, event, cloud.entropy(12))
        message = _notice(cloud, certificate, who, told, notice_at or now)
        if message is not None and not silent:
            notices.append(queue(cloud, transaction, message, not_before=notice_at))

    try:
        revoked = revoke(row.id, shards=issuer.crl_shards, reason=reason, at=now, also=also)
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed
    if revoked.now and notice_at is None:
        for queued in notices:
            send(cloud, queued)
    return revoked


def _notice(
    cloud: Cloud, row: CertificateRow, who: Reach, told: dict[str, str], goes_at: datetime
) -> Message | None:
    """A responder's certificate has an issuer for its evidence, and nobody to tell."""
    if who.told is None:
        return None
    values: dict[str, Value] = {
        "organisation": cloud.settings.organisation,
        "serial": row.serial_text,
        "revoked_at": row.held_at or cloud.now(),
        "host": cloud.settings.web_host,
        "phone": cloud.settings.help_phone,
    }
    by_itself = told.get("channel") == SUSPENSION_ENDED
    return Message(
        id=f"revoked:{row.id}",
        channel="email",
        to=who.told.email,
        also=who.also,
        template="suspension-final" if by_itself else "certificate-revoked",
        language=who.told.language,
        give_up_at=goes_at + WORTH_TELLING,
        values=values if by_itself else {**values, "reason": told["reason"]},
    )
