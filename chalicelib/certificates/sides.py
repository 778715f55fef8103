"""From which side a certificate is ended, suspended or reinstated, and what each may do (A31, F20).

One table. What a kind of certificate allows at all is its profile's to say; a side may narrow it. Whoever
has stolen a telephone, or knows what a caller is asked, may put a certificate out of use, which harms its
holder for a day; he must not put it back into use.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

import msgspec
from cryptography.x509 import ReasonFlags

from chalicelib.errors import Problem

OWN_REASONS: Final = frozenset(ReasonFlags) - {ReasonFlags.privilege_withdrawn}
"""A holder gives something up; that a right is withdrawn is for the office to say."""
HURRIED: Final = frozenset(
    {
        ReasonFlags.unspecified,
        ReasonFlags.key_compromise,
        ReasonFlags.superseded,
        ReasonFlags.cessation_of_operation,
    }
)
"""What can be said without showing a paper: not that the name in it is no longer right."""


class SideMayNot(Problem):
    """This way is not sure enough for that."""

    slug = "not-by-this-way"
    status = 403
    title = "This cannot be done this way; log in with an e-ID, or go to an office"


class Side(msgspec.Struct, frozen=True):
    """One way in which a request comes."""

    name: str
    reasons: frozenset[ReasonFlags]
    lifts: bool = False

    def among(self, allowed: Collection[ReasonFlags]) -> frozenset[ReasonFlags]:
        """The reasons that can be given here, of those that the certificate's profile allows."""
        return self.reasons & frozenset(allowed)


SIDES: Final = MappingProxyType(
    {
        side.name: side
        for side in (
            # Who lifts here is asked for more than to suspend: the service `suspension-lift` of the rights.
            Side("personal-area", OWN_REASONS, lifts=True),
            Side("emergency-code", HURRIED),
            Side("in-person", frozenset(ReasonFlags), lifts=True),
            Side("phone", HURRIED),
            # Somebody else, who has no part in what only the holder can want back.
            Side("guardian", OWN_REASONS),
            Side("guardian-by-phone", HURRIED),
            Side("proxy", OWN_REASONS),
        )
    }
)
