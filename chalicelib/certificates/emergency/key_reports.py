"""Reports of compromised keys by anybody who can sign with them (R16, R26): no log-in, no person who reads.

A key that we never certified is barred too: keys leak from software before they reach us. What that lets
strangers write is bounded: a source and all sources together bar so many such keys in an hour; a key that
has a certificate waits behind no limit but its sender's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.certificates.revocation import bar, sweep
from chalicelib.codes.limits import Limit, count, counter
from chalicelib.codes.store import network
from chalicelib.errors import Conflict, Problem
from chalicelib.pki.tables import KeyRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PER_SOURCE: Final = Limit("key-reports", 10, 3600)
UNKNOWN_KEYS: Final = Limit("unknown-keys", 300, 3600)
"""Of keys without a certificate, from everywhere: 2.6 million rows a year at the very most."""
AT_ONCE: Final = 5
"""Certificates of a key that are revoked before the answer; the job goes on with the others."""


class TooManyReports(Problem):
    """This source, or all of them with keys that we do not know, reported too many in this hour."""

    slug = "too-many-reports"
    status = 429
    title = "Too many reports; wait before sending another"


def report_key(cloud: Cloud, spki: str, source: str, proof: str) -> datetime:
    """Bar a key for good and revoke its certificates. Sent again, it does what is still to do.

    Returns:
        Since when the key is barred.

    Raises:
        TooManyReports, Conflict
    """
    before = KeyRow.find(spki)
    if before is not None and before.compromised_at is not None and before.sweep is None:
        return before.compromised_at  # a replay costs a read
    actor = f"key:{spki}"
    now = cloud.now()
    mine, unknown = counter(cloud, PER_SOURCE, network(source), now), counter(cloud, UNKNOWN_KEYS, "", now)

    def counting(transaction: Transaction, known: bool) -> None:
        count(transaction, [mine] if known else [mine, unknown])

    try:
        since = bar(cloud, spki, actor, details={"channel": "report", "proof": proof}, counting=counting)
    except ConditionFailed as failed:
        limits = [each for each in (mine, unknown) if each.limit.name in failed.labels]
        if not limits:
            raise Conflict(retry_after=1) from failed
        raise TooManyReports(retry_after=max(each.seconds_left(now) for each in limits)) from failed
    sweep(cloud, spki, actor, most=AT_ONCE)
    cloud.start("publish_crls")
    return since
