"""The table of sessions."""

from __future__ import annotations

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.aws.tables import Table


class SessionsBySubject(GlobalSecondaryIndex["SessionRow"]):
    """One person's sessions, oldest first."""

    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    subject = UnicodeAttribute(hash_key=True)
    opened_at = UTCDateTimeAttribute(range_key=True)


class SessionRow(Table):
    """A session, known only by the hash of its token."""

    name = "sessions"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of the token: 256 random bits need no key."""
    subject = UnicodeAttribute()
    certificate = UnicodeAttribute(default="")
    """SHA-256 of the client certificate that opened it and must come with it (RFC 8705 section 3.1)."""
    certificate_id = UnicodeAttribute(default="")
    way = UnicodeAttribute(default="")
    """How a citizen logged in: one of assurance.LOG_INS."""
    log_outs = NumberAttribute(default=0)
    """The number of the account when it was opened."""
    proves_identity = BooleanAttribute(null=True)
    """Whether the certificate that opened it proves an identity anew, by the trust list (X19)."""
    opened_at = UTCDateTimeAttribute()
    seen_at = UTCDateTimeAttribute(null=True)
    """When it was last used, to a few minutes."""
    expires_at = UTCDateTimeAttribute()
    ended_at = UTCDateTimeAttribute(null=True)
    expires = TTLAttribute()
    by_subject = SessionsBySubject()
