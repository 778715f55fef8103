"""How long before a mass revocation people are told, and how many operators it takes, by its reason (R29).

Numbers of the operator's practice statement: changing one is a release. Whoever has a compromised key is in
danger, and so is whoever trusts it: there the revocation comes first and the notice after it.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Final

import msgspec
from cryptography.x509 import ReasonFlags

from chalicelib.errors import Problem

ALONE = 100
"""More certificates than this, in one plan or in all that an operator lets begin alone on a day, take a
second operator, whatever the reason."""
NOTICES_A_MINUTE = 100
"""Half of what the schedule sends: codes that failed at once are sent again among them, not after them."""


class NoticeRefused(Problem):
    """The operator may not shorten the notice below the policy, nor put the revocation off beyond it."""

    slug = "notice-refused"
    status = 422
    title = "The policy does not allow this notice for this reason"


class Rule(msgspec.Struct, frozen=True):
    """What the policy says of one reason."""

    notice: timedelta
    """At least this long between the last notice and the first revocation; none: told afterwards."""
    longest: timedelta
    """The most that an operator may make of it."""


_AT_ONCE = Rule(timedelta(0), timedelta(0))
_A_DAY = Rule(timedelta(hours=24), timedelta(days=15))
_FIVE_DAYS = Rule(timedelta(days=5), timedelta(days=60))

RULES: Final = MappingProxyType(
    {
        ReasonFlags.key_compromise.value: _AT_ONCE,
        ReasonFlags.ca_compromise.value: _AT_ONCE,
        ReasonFlags.privilege_withdrawn.value: _AT_ONCE,
        ReasonFlags.affiliation_changed.value: _A_DAY,
        ReasonFlags.cessation_of_operation.value: _A_DAY,
        ReasonFlags.superseded.value: _FIVE_DAYS,
        ReasonFlags.unspecified.value: _FIVE_DAYS,
    }
)


def notice_for(reason: str, asked: timedelta | None) -> timedelta:
    """How long before people are told.

    Args:
        asked: what the operator wants; None: what the policy says.

    Raises:
        NoticeRefused
    """
    rule = RULES.get(reason)
    if rule is None:
        raise NoticeRefused(f"no mass revocation for the reason {reason}", field="reason")
    notice = rule.notice if asked is None else asked
    if not rule.notice <= notice <= rule.longest:
        least, most = (f"{span.total_seconds() / 3600:g}" for span in (rule.notice, rule.longest))
        raise NoticeRefused(f"{reason}: {least} to {most} hours", field="notice")
    return notice


def spread(messages: int) -> timedelta:
    """How long so many notices take to go out."""
    return timedelta(minutes=messages / NOTICES_A_MINUTE)
