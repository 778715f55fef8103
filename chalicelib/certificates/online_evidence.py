"""What justifies a certificate that was obtained on line: who logged in how, and what that rests on."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct


class OnlineEvidence(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="evidence", tag="online"
):
    """A person at the own account.

    New fields need a default, which is left out of the canonical form: then old digests still hold (R28).
    """

    nif: str
    given_name: str
    surname1: str
    birth_date: date
    email: str
    mobile: str
    language: str
    way: str
    """`certificate` or `e-id`."""
    session: str
    """The id of the session, by which the events tell when and how it was opened."""
    logged_in_at: datetime
    proven_by: str
    """How the holder was identified: `e-id`, or what the certificate that opened the session rests on."""
    proven_at: datetime
    applied_at: datetime
    surname2: str | None = None
    certificate: str = ""
    """The certificate that opened the session, if one of ours did."""
    renews: str = ""
    """The certificate that this one is to take the place of."""
    change: str = ""
    """The identification that says what of the data is new, if the newest one does: older certificates, which
    say what was before, end with this one."""
