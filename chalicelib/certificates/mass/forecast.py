"""The dry run of a mass revocation: what it would take, counted, and how large the CRLs would become."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.pki.certificate import crl_shard
from chalicelib.pki.crl import shard_id
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reasons import UNSPECIFIED
from chalicelib.pki.selection import Selection, pages
from chalicelib.pki.tables import CrlShardRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

SAMPLE = 10
CRL_HEAD = 1_000
"""Octets of a CRL without entries, at most."""
ENTRY, ENTRY_REASON = 36, 14
"""Octets of an entry: a serial number of 17 octets and a date; and its reason, if it is said."""


class Forecast(msgspec.Struct, frozen=True):
    """What a selection takes, without a name or a number of anybody."""

    valid: int
    """To be revoked."""
    revoked: int
    """Revoked already: they keep their date and reason."""
    by_profile: dict[str, int]
    by_issuer: dict[str, int]
    by_shard: dict[str, int]
    first: datetime | None
    last: datetime | None
    """Days of issue of the earliest and the latest."""
    sample: tuple[str, ...]
    """Some of their ids, `issuer#serial`."""
    damaged: tuple[str, ...]
    """Records that cannot be read: an operator must look."""
    left_out: tuple[str, ...]
    """Of a list: what does not exist, has expired, or does not fit the rest of the filter."""
    crl_octets: dict[str, int]
    """How large each CRL would be at most."""
    read: int
    """Rows that DynamoDB read for it."""


def forecast(cloud: Cloud, selection: Selection, reason: str) -> Forecast:
    """Count what a frozen selection takes, as the table is now. Nothing is written.

    Raises:
        Unavailable
    """
    known = {issuer.id: issuer.crl_shards for issuer in issuers(cloud).all}
    profiles, authorities, shards = Counter[str](), Counter[str](), Counter[str]()
    revoked = read = 0
    days: list[datetime] = []
    sample: list[str] = []
    damaged: list[str] = []
    left_out = set(selection.ids)
    for page in pages(selection, revoked=True):
        read += page.read
        damaged += page.damaged
        for found in page.found:
            left_out.discard(found.id)
            if found.revoked:
                revoked += 1
                continue
            profiles[found.profile] += 1
            authorities[found.issuer] += 1
            if found.issuer in known:
                shards[shard_id(found.issuer, crl_shard(found.serial, known[found.issuer]))] += 1
            days = [min([*days, found.reserved_at]), max([*days, found.reserved_at])]
            if len(sample) < SAMPLE:
                sample.append(found.id)
    return Forecast(
        valid=profiles.total(),
        revoked=revoked,
        by_profile=dict(sorted(profiles.items())),
        by_issuer=dict(sorted(authorities.items())),
        by_shard=dict(sorted(shards.items())),
        first=days[0] if days else None,
        last=days[1] if days else None,
        sample=tuple(sample),
        damaged=tuple(damaged),
        left_out=tuple(sorted(left_out)),
        crl_octets=_crl_octets(shards, reason),
        read=read,
    )


def _crl_octets(shards: Counter[str], reason: str) -> dict[str, int]:
    """At most: what is listed already counts as if every entry had a reason and none had gone since."""
    entry = ENTRY + (ENTRY_REASON if reason != UNSPECIFIED else 0)
    names = sorted(shards)
    rows: dict[str, CrlShardRow] = {}
    for start in range(0, len(names), 100):
        rows |= CrlShardRow.of(names[start : start + 100])
    listed = {name: int(row.revocations) for name, row in rows.items()}
    return {
        name: CRL_HEAD + (ENTRY + ENTRY_REASON) * listed.get(name, 0) + entry * shards[name] for name in names
    }
