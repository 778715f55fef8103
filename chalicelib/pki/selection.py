"""Which certificates a mass revocation takes (RFC 5280, section 5; R29): a filter, frozen when a plan is
written.

There is no index by profile, issuer or day: one would be written with each of all certificates for the
sake of an event that may never come. A filter by key or by list reads those certificates alone; any other
walks the table, a segment at a time, and DynamoDB sends back only what fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from chalicelib.aws.tables import Damaged
from chalicelib.errors import Problem
from chalicelib.pki.catalogue import OCSP_RESPONDER
from chalicelib.pki.tables import CertificateRow, KeyRow, Outline

MOST_IDS = 3_000
"""What a plan's row has room for. More have something in common, which makes a filter, or make several
plans.
"""
PAGE = 100


class SelectionRefused(Problem):
    """The filter would take everything, or cannot be read."""

    slug = "selection-refused"
    status = 422
    title = "Say which certificates: at least a profile, an issuer, a key, an origin, a first day or a list"


class Selection(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A filter. Everything that is said must hold."""

    profile: str = ""
    """A profile's name, or one version of it, such as `citizen-software/1`."""
    issuer: str = ""
    issued_from: datetime | None = None
    issued_until: datetime | None = None
    """The last instant, included: of the reservation, so that unfinished issuances are taken too."""
    key: str = ""
    """SHA-256 of the SubjectPublicKeyInfo, hexadecimal."""
    key_origin: Literal["", "holder", "server"] = ""
    ids: tuple[str, ...] = ()
    valid_at: datetime | None = None
    """What had expired by then stays as it is."""

    def frozen(self, now: datetime) -> Selection:
        """The same, as of now: what is issued afterwards, perhaps to replace these, is never taken.

        Raises:
            SelectionRefused
        """
        said = (self.profile, self.issuer, self.key, self.key_origin, self.issued_from, self.ids)
        if not any(said) or len(self.ids) > MOST_IDS:
            raise SelectionRefused
        until = min(now, self.issued_until) if self.issued_until else now
        return msgspec.structs.replace(self, issued_until=until, valid_at=now, ids=tuple(sorted({*self.ids})))

    @property
    def walks(self) -> bool:
        """Whether the whole table must be walked."""
        return not (self.key or self.ids)

    def takes(self, found: Outline) -> bool:
        """Whether a certificate is one of them, revoked or not."""
        names_it = bool(self.profile or self.key or self.ids)
        return (
            self.profile in {"", found.profile, found.profile.split("/")[0]}
            and self.issuer in {"", found.issuer}
            and self.key in {"", found.spki}
            and self.key_origin in {"", found.key_origin}
            and (self.issued_from is None or found.reserved_at >= self.issued_from)
            and (self.issued_until is None or found.reserved_at <= self.issued_until)
            and (self.valid_at is None or found.not_after > self.valid_at)
            and (not self.ids or found.id in self.ids)
            # Without its responder a CA tells nobody the status of the rest.
            and (names_it or found.profile.split("/")[0] != OCSP_RESPONDER)
        )


class Page(msgspec.Struct, frozen=True):
    """A step of a walk."""

    found: list[Outline]
    damaged: list[str]
    """Ids of rows that might be among them and cannot be read: an operator must look."""
    cursor: str
    """Where the next page begins; empty at the end."""
    read: int
    """How many rows DynamoDB read for it."""


def pages(
    selection: Selection, *, segment: int = 0, segments: int = 1, cursor: str = "", revoked: bool = False
) -> Iterator[Page]:
    """The certificates of a selection, page by page, as they are now.

    Args:
        segment: which of so many parts of the table; a selection by key or list has one part.
        cursor: where to go on.
        revoked: whether to take those that are revoked already as well.

    Raises:
        Unavailable: DynamoDB did not answer.
    """
    while True:
        if selection.walks:
            page = CertificateRow.outlines(_condition(selection, revoked), segment, segments, cursor)
        else:
            page = _named(selection, cursor)
        found, damaged, cursor, read = page
        taken = [each for each in found if selection.takes(each) and (revoked or not each.revoked)]
        yield Page(taken, damaged, cursor, read)
        if not cursor:
            return


def _named(selection: Selection, cursor: str) -> tuple[list[Outline], list[str], str, int]:
    """The next page of the certificates that are known by name."""
    ids = set(selection.ids)
    if selection.key:
        key = KeyRow.find(selection.key)
        of_key = set((key.certificates or ()) if key else ())
        ids = ids & of_key if ids else of_key
    ahead = sorted(each for each in ids if each > cursor)
    now, later = ahead[:PAGE], ahead[PAGE:]
    found: list[Outline] = []
    damaged: list[str] = []
    for row in _rows(now, damaged):
        try:
            found.append(Outline.of(row))
        except (ValueError, TypeError):
            damaged.append(str(row.id))
    found.sort(key=lambda each: each.id)
    return found, damaged, now[-1] if later else "", len(found) + len(damaged)


def _rows(ids: list[str], damaged: list[str]) -> list[CertificateRow]:
    """These certificates; one by one where a row that cannot be read would keep the others."""
    try:
        return CertificateRow.find_many(ids) if ids else []
    except Damaged:
        rows = []
        for each in ids:
            try:
                row = CertificateRow.find(each)
            except Damaged:
                damaged.append(each)
            else:
                rows += [row] if row is not None else []
        return rows


def _condition(selection: Selection, revoked: bool) -> Any:
    """What DynamoDB leaves out before it answers; `takes` decides."""
    row: Any = CertificateRow
    wanted = [row.reserved_at <= selection.issued_until] if selection.issued_until else [row.id.exists()]
    if selection.valid_at:
        wanted.append(row.not_after > selection.valid_at)
    if selection.issued_from:
        wanted.append(row.reserved_at >= selection.issued_from)
    if selection.profile:
        wanted.append(row.profile.startswith(selection.profile))
    if selection.issuer:
        wanted.append(row.id.startswith(selection.issuer + "#"))
    if selection.key_origin:
        wanted.append(row.key_origin == selection.key_origin)
    if not revoked:
        wanted.append(row.revoked_at.does_not_exist())
    condition = wanted[0]
    for each in wanted[1:]:
        condition &= each
    return condition
