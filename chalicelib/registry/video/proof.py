"""The proof that an accepted video is for a certificate (A09, A16): who was identified, on what, by whom.

Like the evidence of an office it is stored in canonical form under its digest and never changed, so that an
issuance can be judged again. It keeps the hashes of the files that the reviewers saw, not the files.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from msgspec import Struct

from chalicelib.civil_time import date_in_madrid
from chalicelib.registry import people
from chalicelib.registry.evidence import DataChange, Delivery, Language, Purpose
from chalicelib.registry.video.evidence import KINDS

HASH_DIGITS: Final = 64


class Reviewer(Struct, frozen=True, forbid_unknown_fields=True):
    """An officer who accepted, and when."""

    officer: str
    at: datetime


class VideoEvidence(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="evidence", tag="video"
):
    """Somebody identified by a reviewed video. The tag is the method.

    New fields need a default, which is left out of the canonical form: then old digests still hold (R28).
    """

    nif: str
    given_name: str
    surname1: str
    birth_date: date
    email: str
    mobile: str
    delivery: Delivery
    language: Language
    conditions_accepted: str
    purpose: Purpose
    files: dict[str, str]
    """SHA-256 of each file that the reviewers saw."""
    reviewers: tuple[Reviewer, ...]
    point_id: str
    """Of the officer who decided last."""
    identified_at: datetime
    surname2: str | None = None
    product: str = ""
    """The certified product (as the catalogue has it) that left nothing open; empty if there was none."""
    changes: DataChange | None = None
    """That the name is another one than in certificates in force, as every reviewer said."""

    @property
    def proves_anew(self) -> bool:
        """Whether a certificate on this may prove an identity again (X19): eIDAS art. 24(1a) asks of a remote
        identification that its assurance be confirmed, and people's eyes alone were not."""
        return bool(self.product)


def obeys_rules(evidence: VideoEvidence) -> bool:
    """Whether it justified a certificate on its day: an adult (X04), all files, different people looked."""
    officers = [reviewer.officer for reviewer in evidence.reviewers]
    return (
        people.age_on(date_in_madrid(evidence.identified_at), evidence.birth_date) >= people.ADULT
        and evidence.files.keys() == KINDS.keys()
        and all(len(digest) == HASH_DIGITS for digest in evidence.files.values())
        and 0 < len(officers) == len(set(officers))
        and all(reviewer.at <= evidence.identified_at for reviewer in evidence.reviewers)
        and evidence.delivery == "sms"
    )
