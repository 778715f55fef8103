"""Which of our languages a caller reads best (RFC 9110 section 12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Collection

_RANGE = re.compile(r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*(?:\s*;\s*q=([01](?:\.[0-9]{0,3})?))?")


def preferred(accept_language: str, ours: Collection[str], otherwise: str) -> str:
    """The best of `ours` that an Accept-Language header asks for; `otherwise` when it asks for none."""
    best, best_quality = otherwise, 0.0
    for part in accept_language[:200].lower().split(","):
        wanted = _RANGE.fullmatch(part.strip())
        if wanted is None:
            continue
        quality = float(wanted[2]) if wanted[2] else 1.0
        language = otherwise if wanted[1] == "*" else wanted[1]
        if language in ours and quality > best_quality:
            best, best_quality = language, quality
    return best
