"""What a certificate by video costs (A12, X01): a price with a date, asked for before anybody reviews (A21).

`ask_fee` is the one place where it is asked, in the transaction of the submission: a case whose fee is not
settled is not submitted, and what was settled is never given back, whatever the review says.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Problem
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video.case import CERTIFICATE

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.aws.cloud import Cloud

PRICES: Final[tuple[tuple[date, int], ...]] = ((date(2026, 1, 1), 0),)
"""From which day on, in cents; the newest last."""


class VideoFeeDue(Problem):
    """X01: the paying path; today's price is zero."""

    slug = "video-fee-due"
    status = 402
    title = "This identification by video must be paid before it is reviewed"


def price_on(now: datetime) -> int:
    """The price of a day, in cents."""
    day = date_in_madrid(now)
    return next((cents for since, cents in reversed(PRICES) if since <= day), 0)


def ask_fee(cloud: Cloud, transaction: Transaction, row: VideoCaseRow) -> dict[str, str]:  # noqa: ARG001
    """Settle the fee of a case in the transaction of its submission; what is told of it in the event.

    Registration is free by law (C04). A certificate costs what `PRICES` says: nothing is taken here, so that
    a price above zero keeps a case from its review.

    Raises:
        VideoFeeDue
    """
    if row.purpose != CERTIFICATE:
        return {}
    cents = price_on(cloud.now())
    if cents:
        raise VideoFeeDue
    return {"fee": str(cents)}
