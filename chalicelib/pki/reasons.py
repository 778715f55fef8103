"""Revocation reasons: the CRLReason codes of RFC 5280, section 5.3.1, by the names it gives them."""

from __future__ import annotations

from collections.abc import Collection

from cryptography.x509 import ReasonFlags

from chalicelib.errors import Problem

UNSPECIFIED = ReasonFlags.unspecified.value
NEVER = frozenset({ReasonFlags.certificate_hold, ReasonFlags.remove_from_crl})
"""No reasons of a revocation, which is final: the one is a hold's, the other lifts one in a delta CRL."""


class ReasonNotAllowed(Problem):
    """Not one of the reasons that the certificate's profile allows."""

    slug = "reason-not-allowed"
    status = 422
    title = "This reason cannot be given for this certificate"


def read_reason(name: str, allowed: Collection[ReasonFlags]) -> str | None:
    """The reason to store: its name, or None for `unspecified`, which is never written out.

    Args:
        allowed: what the certificate's profile allows.

    Raises:
        ReasonNotAllowed: any other, certificateHold and removeFromCRL among them.
    """
    known = {reason.value for reason in allowed if reason not in NEVER}
    if name not in known:
        raise ReasonNotAllowed("One of: " + ", ".join(sorted(known)), field="reason")
    return None if name == UNSPECIFIED else name


def may_be_held(allowed: Collection[ReasonFlags]) -> bool:
    """Whether certificates with these reasons may be put on hold."""
    return ReasonFlags.certificate_hold in allowed


def reason_flag(stored: str | None) -> ReasonFlags | None:
    """The code of a stored reason; None when there is none to tell.

    Raises:
        ValueError: no revocation of ours has this reason.
    """
    if stored is None:
        return None
    reason = ReasonFlags(stored)
    if reason in NEVER:
        raise ValueError(stored)
    return None if reason is ReasonFlags.unspecified else reason
