"""What an identification's row holds: the evidence of an office, or of a reviewed video (A09)."""

from __future__ import annotations

import msgspec

from chalicelib.registry.evidence import Evidence
from chalicelib.registry.tables import IdentificationRow
from chalicelib.registry.video.proof import VideoEvidence


def evidence_in(row: IdentificationRow) -> Evidence | VideoEvidence:
    """The evidence as it was recorded; whether it still holds is not judged."""
    return msgspec.json.decode(row.evidence, type=Evidence | VideoEvidence)
