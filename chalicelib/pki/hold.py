"""Suspension of a certificate (certificateHold, RFC 5280 section 5.3.1): for seven days, and lifted or final.

A hold has rows of its own beside the revocations, which stay what they are: written once, and final. CRLs
and OCSP answers are made from both. There are no delta CRLs, so nothing is ever listed as removeFromCRL: the
next complete list leaves out what was lifted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.pki.certificate import crl_shard
from chalicelib.pki.crl import shard_id
from chalicelib.pki.profiles import Profile
from chalicelib.pki.reasons import may_be_held
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import OPEN, CertificateRow, CrlShardRow, HoldRow

LABEL: Final = "hold"
"""The label, in a transaction, of the condition that the certificate is as it was read."""
LONGEST: Final = timedelta(days=7)
"""To the second, and not to the end of a day: seven days is the most that there may be."""
BETWEEN: Final = timedelta(days=30)
"""How long after a hold was lifted there is no other: seven days are not to be strung together."""


class HoldNotAllowed(Problem):
    """The policy of this kind of certificate knows no suspension, or this one cannot be suspended now."""

    slug = "suspension-not-allowed"
    status = 409
    title = "This certificate cannot be suspended; it can be revoked"


class HeldLately(Problem):
    """It was suspended, and reinstated, not long ago."""

    slug = "suspended-lately"
    status = 409
    title = f"This certificate was suspended less than {BETWEEN.days} days ago; it can be revoked"


class NotHeld(Problem):
    """There is nothing to lift, or not any more: a suspension that has run out is final."""

    slug = "not-suspended"
    status = 409
    title = "This certificate is not suspended, or not any more"


class Held(msgspec.Struct, frozen=True):
    """A hold, and whether it began with this request or before it."""

    at: datetime
    until: datetime
    now: bool


class Lifted(msgspec.Struct, frozen=True):
    """The end of a hold, and whether this request brought it."""

    at: datetime
    now: bool


def ends(at: datetime, not_after: datetime) -> datetime:
    """The last moment in which a hold that begins now can be lifted; it does not outlast the certificate."""
    return min(at + LONGEST, not_after)


def hold(
    certificate_id: str,
    profile: Profile,
    *,
    shards: int,
    at: datetime,
    also: Callable[[Transaction, CertificateRow, datetime], None],
) -> Held:
    """Put a certificate on hold, once: who asks again is told since when and until when it is.

    Args:
        also: adds the caller's event and messages; it is given the end of the hold.

    Raises:
        NotFound, HoldNotAllowed, HeldLately, Conflict
    """
    row = CertificateRow.find(certificate_id)
    if row is None:
        raise NotFound
    if (before := _as_held(row, at)) is not None:
        return before
    if not may_be_held(profile.revocation_reasons) or state_of(row, at) != "issued":
        raise HoldNotAllowed
    if row.lifted_at is not None and at < row.lifted_at + BETWEEN:
        raise HeldLately
    until = ends(at, row.not_after)
    transaction = Transaction()
    as_read = (
        CertificateRow.lifted_at.does_not_exist()
        if row.lifted_at is None
        else CertificateRow.lifted_at == row.lifted_at
    )
    transaction.update(
        LABEL,
        CertificateRow(row.id),
        [
            CertificateRow.held_at.set(at),
            CertificateRow.held_until.set(until),
            CertificateRow.ocsp_sha1.remove(),
            CertificateRow.ocsp_sha256.remove(),
        ],
        CertificateRow.standing() & as_read,  # what was issued once is not reserved again
    )
    _list(
        transaction,
        row,
        shards,
        [
            HoldRow.held_at.set(at),
            HoldRow.until.set(until),
            HoldRow.not_after.set(row.not_after),
            HoldRow.waits.set(OPEN),
            HoldRow.lifted_at.remove(),
        ],
    )
    also(transaction, row, until)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        again = CertificateRow.find(certificate_id) if LABEL in failed.labels else None
        if again is None or (before := _as_held(again, at)) is None:
            raise Conflict(retry_after=1) from failed
        return before
    return Held(at, until, now=True)


def lift(
    certificate_id: str,
    *,
    shards: int,
    at: datetime,
    also: Callable[[Transaction, CertificateRow], None],
) -> Lifted:
    """Lift the hold of a certificate, up to the last second of its time. Asked again, nothing changes.

    Raises:
        NotFound, NotHeld, Conflict
    """
    row = CertificateRow.find(certificate_id)
    if row is None:
        raise NotFound
    if row.stands and row.lifted_at is not None:
        return Lifted(row.lifted_at, now=False)
    if row.revoked_at is not None or row.held_at is None or row.held_until < at:
        raise NotHeld
    transaction = Transaction()
    transaction.update(
        LABEL,
        CertificateRow(row.id),
        [
            CertificateRow.held_at.remove(),
            CertificateRow.held_until.remove(),
            CertificateRow.lifted_at.set(at),
            CertificateRow.ocsp_sha1.remove(),
            CertificateRow.ocsp_sha256.remove(),
        ],
        CertificateRow.revoked_at.does_not_exist() & (CertificateRow.held_at == row.held_at),
    )
    _list(transaction, row, shards, [HoldRow.lifted_at.set(at), HoldRow.waits.remove()])
    also(transaction, row)
    transaction.commit_or_conflict()
    return Lifted(at, now=True)


def due(now: datetime, limit: int) -> Iterator[str]:
    """The certificates whose hold has run out and awaits its decision, by an index: no day is skipped."""
    for row in listed(HoldRow.waiting.query(OPEN, HoldRow.until < now, limit=limit)):
        yield CertificateRow.key(str(row.shard).partition("#")[0], int(str(row.serial), 16))


def _list(transaction: Transaction, row: CertificateRow, shards: int, actions: list[object]) -> None:
    shard = shard_id(row.issuer, crl_shard(row.serial, shards))
    transaction.update(
        "hold row",
        HoldRow(shard, f"{row.serial:x}"),
        [*actions, HoldRow.changes.add(1)],  # type: ignore[list-item]
    )
    counted = [CrlShardRow.revocations.add(1), CrlShardRow.holds.add(1)]
    transaction.update("crl shard", CrlShardRow(shard), counted)


def _as_held(row: CertificateRow, now: datetime) -> Held | None:
    if state_of(row, now) != "held":
        return None
    return Held(row.held_at, row.held_until, now=False)
