"""Codes that are derived from what they are for: asked for again they are the same, and no table holds them.

The key that they come from is itself derived by KMS and kept for the life of a container, so that a code
costs no call (`chalicelib/aws/kms.py:subkey`). It is the key by which such a code is found again: what is
hashed for the one holds a line break, which no code does.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.kms import subkey
from chalicelib.codes.kinds import CROCKFORD, CodeKind
from chalicelib.codes.store import KEPT, code_id
from chalicelib.codes.tables import CodeRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

_BITS: Final = 5
"""Of each sign: 32 of them share out a number evenly, and no sign is more likely than another."""


def derived_code(cloud: Cloud, kind: CodeKind, bound_to: str) -> str:
    """The one code of this kind for `bound_to`. Only the authority can tell it.

    Raises:
        ValueError: the kind's alphabet has no room for whole bits, or the code is longer than a hash.
    """
    if kind.alphabet != CROCKFORD or kind.length * _BITS > 256:
        raise ValueError(kind.name)
    key = subkey(cloud, "code-mac", f"clavero/{kind.name}/1")
    number = int.from_bytes(hmac.digest(key, f"derived\n{bound_to}".encode(), "sha256"), "big")
    return "".join(kind.alphabet[number >> _BITS * place & 31] for place in range(kind.length))


def row_of(cloud: Cloud, kind: CodeKind, bound_to: str, *, subject: str, expires_at: datetime) -> CodeRow:
    """What recognises the code of `bound_to`: its keyed hash, not yet written."""
    found_by = code_id(cloud, kind, derived_code(cloud, kind, bound_to))
    return CodeRow(found_by, subject=subject, expires_at=expires_at, expires=expires_at + KEPT)


def as_written(row: CodeRow) -> list[Any]:
    """What writes such a row in an update, for where it may be there already."""
    return [
        CodeRow.subject.set(row.subject),
        CodeRow.expires_at.set(row.expires_at),
        CodeRow.expires.set(row.expires),
    ]
