"""What a CRL lists of certificates that are on hold (RFC 5280, section 5.3.1), beside what is revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from cryptography import x509

from chalicelib.pki.crl import Entries, Entry, has_passed, serial_of


class Suspension(Protocol):
    """What is known of a certificate that is, or was, on hold."""

    serial: str
    held_at: datetime
    lifted_at: Any
    not_after: datetime
    changes: Any


def add_holds(
    entries: Entries,
    rows: Iterable[tuple[str, Suspension | None]],
    published: datetime | None,
    recover: Callable[[int], Entry | None],
) -> Entries:
    """The same, with what is on hold (RFC 5280, section 5.3.1). A revocation counts before a hold.

    Args:
        rows: read before the revocations: a hold that became one in between is then in both, and not in none.
    """
    listed = {entry.serial: entry for entry in entries.listed}
    damaged: list[str] = []
    for key, row in rows:
        entry = _entry(row)
        if entry is None:
            damaged.append(key)
            serial = serial_of(key)
            entry = recover(serial) if serial is not None else None
        elif row is not None and (row.lifted_at is not None or has_passed(row.not_after, published)):
            entry = None
        if entry is not None:
            listed.setdefault(entry.serial, entry)
    return Entries(tuple(listed[serial] for serial in sorted(listed)), (*entries.damaged, *damaged))


def changes_of(row: Suspension | None) -> int:
    """How often a hold was counted, or less: with a row that cannot be read the shard stays due."""
    return int(row.changes) if row is not None and isinstance(row.changes, int | float) else 1


def _entry(row: Suspension | None) -> Entry | None:
    if row is None or not isinstance(row.held_at, datetime) or not isinstance(row.not_after, datetime):
        return None
    serial = serial_of(row.serial)
    return None if serial is None else Entry(serial, row.held_at, x509.ReasonFlags.certificate_hold)
