"""What an identification says, in whichever way the person was identified.

One table holds those of offices and those by video, which have much in common and not everything. Who reads
a row reads it here: whoever expects an office's alone fails at the first person who came by video.
"""

from __future__ import annotations

import msgspec

from chalicelib.aws.tables import Damaged, listed
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.tables import IdentificationRow
from chalicelib.registry.video.proof import VideoEvidence

Identified = Evidence | VideoEvidence
"""Kept apart by a tag in the JSON."""


def identified(row: IdentificationRow) -> Identified:
    """What a row says, not judged again.

    Raises:
        Damaged
    """
    try:
        value: Identified = msgspec.json.decode(row.evidence, type=Identified)
    except msgspec.DecodeError as error:
        raise Damaged from error
    return value


def newest_identification(holder: str) -> Identified | None:
    """What was said at a person's newest identification that stands."""
    standing = newest_standing(holder)
    return identified(standing) if standing is not None else None


def newest_standing(holder: str) -> IdentificationRow | None:
    """A person's newest identification that stands."""
    return next(iter(_standing(holder)), None)


def identifications(holder: str) -> list[Identified]:
    """What was said at a person's newest identifications, of those that stand; the newest first."""
    return [identified(row) for row in _standing(holder)]


def _standing(holder: str) -> list[IdentificationRow]:
    found = listed(IdentificationRow.by_person.query(holder, scan_index_forward=False, limit=10))
    return [row for row in found if row.withdrawn_at is None]
