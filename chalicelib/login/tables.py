"""The table of sessions."""

from __future__ import annotations

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.aws.tables import Table


class SessionRow(Table):
    """A session, known only by the hash of its token and bound to a client certificate."""

    name = "sessions"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of the token: 256 random bits need no key."""
    subject = UnicodeAttribute()
    certificate = UnicodeAttribute()
    """SHA-256 of the client certificate that opened it (RFC 8705 section 3.1)."""
    certificate_id = UnicodeAttribute()
    opened_at = UTCDateTimeAttribute()
    expires_at = UTCDateTimeAttribute()
    ended_at = UTCDateTimeAttribute(null=True)
    expires = TTLAttribute()
