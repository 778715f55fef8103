"""Revocation of a certificate (RFC 5280, section 3.3): recorded once, and final.

What was on hold is revoked as of the day on which the hold began: from then on nobody could rely on it, and
X.509 (section 8.5.2.2) asks for that date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import NotFound
from chalicelib.pki.certificate import crl_shard
from chalicelib.pki.crl import shard_id
from chalicelib.pki.reasons import UNSPECIFIED
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, RevocationRow

LABEL = "revocation"
"""The label, in a transaction, of the condition that nobody has revoked the certificate before."""
ATTEMPTS = 3
"""Between two reads somebody may begin or lift a hold, and then the date is another."""


class Revoked(msgspec.Struct, frozen=True):
    """How a certificate was revoked, and whether by this request or before it."""

    at: datetime
    reason: str
    """RFC 5280 name; `unspecified` when none was given."""
    now: bool


def add_revocation(
    transaction: Transaction,
    certificate: CertificateRow,
    shards: int,
    reason: str | None,
    at: datetime,
    *,
    required: Any = None,
) -> None:
    """Add the revocation to a transaction, in which the caller puts its event and its messages.

    It works from the reservation of the serial on, so a certificate whose issuance was interrupted can be
    revoked. The pre-signed OCSP answers go in the same write.

    Args:
        shards: how many CRLs the issuer has.
        certificate: as it was read; if a hold has begun or ended since, the transaction fails.
        reason: from `reasons.read_reason`.
        at: now. It is the date of the revocation, unless the certificate is on hold.
        required: a further condition on the certificate.
    """
    held = certificate.held_at
    as_read = CertificateRow.held_at.does_not_exist() if held is None else CertificateRow.held_at == held
    shard = shard_id(certificate.issuer, crl_shard(certificate.serial, shards))
    actions = [
        CertificateRow.revoked_at.set(held or at),
        CertificateRow.ocsp_sha1.remove(),
        CertificateRow.ocsp_sha256.remove(),
    ]
    if reason is not None:
        actions.append(CertificateRow.reason.set(reason))
    standing = CertificateRow.id.exists() & CertificateRow.revoked_at.does_not_exist() & as_read
    transaction.update(
        LABEL,
        CertificateRow(certificate.id),
        actions,
        standing if required is None else standing & required,
    )
    transaction.put_new(
        "revocation row",
        RevocationRow(
            shard,
            f"{certificate.serial:x}",
            revoked_at=held or at,
            reason=reason,
            not_after=certificate.not_after,
        ),
    )
    transaction.update("crl shard", CrlShardRow(shard), [CrlShardRow.revocations.add(1)])
    if held is not None:
        # Nothing is left to decide. The row stays, and counts no more beside the revocation's. One that
        # was lost keeps nobody from revoking: what this leaves of it counts as damaged, and rings.
        transaction.update("hold row", HoldRow(shard, f"{certificate.serial:x}"), [HoldRow.waits.remove()])


def revoke(
    certificate_id: str,
    *,
    shards: int,
    reason: str | None,
    at: datetime,
    also: Callable[[Transaction, CertificateRow], None],
) -> Revoked:
    """Revoke a certificate once. Whoever asks again is told the first date and reason, which stay.

    Args:
        also: adds the caller's event and messages to the same transaction; it may be called again.

    Raises:
        NotFound: no such certificate.
        ConditionFailed: a condition that `also` added does not hold.
    """
    for attempt in range(1, ATTEMPTS + 1):
        certificate = CertificateRow.find(certificate_id)
        if certificate is None:
            raise NotFound
        if (before := _as_revoked(certificate)) is not None:
            return before
        transaction = Transaction()
        add_revocation(transaction, certificate, shards, reason, at)
        also(transaction, certificate)
        try:
            transaction.commit()
        except ConditionFailed as error:
            if LABEL not in error.labels or attempt == ATTEMPTS:
                raise
            continue
        return Revoked(certificate.held_at or at, reason or UNSPECIFIED, now=True)
    raise NotFound


def _as_revoked(certificate: CertificateRow) -> Revoked | None:
    if certificate.revoked_at is None:
        return None
    return Revoked(certificate.revoked_at, certificate.reason or UNSPECIFIED, now=False)
