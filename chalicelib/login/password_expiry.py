"""How long a password still has, told at each log-in of its last month (6.9).

Only the preset `clave` lets passwords end. The daily calendar sends the notices (certificates/deadlines.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

TOLD_FROM: Final = 30
"""How many days before the end log-ins begin to tell: with the first notice (F03)."""
A_DAY: Final = timedelta(days=1)


def days_left(expires_at: datetime | None, now: datetime) -> int | None:
    """How many days a password still has, the last one being 0; None while it is no news."""
    if expires_at is None or not expires_at - TOLD_FROM * A_DAY <= now < expires_at:
        return None
    return (expires_at - now) // A_DAY
