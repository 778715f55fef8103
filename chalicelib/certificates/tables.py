"""Applications made on line, addresses of calendars, and how far scheduled work has come."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.aws.tables import Table


class ApplicationRow(Table):
    """One application on line: what justified the certificate, written together with its reservation."""

    name = "applications"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of the public key: the same key is the same application, and gets the same certificate."""
    holder = UnicodeAttribute()
    evidence = UnicodeAttribute()
    """Canonical JSON; never changed."""
    evidence_digest = UnicodeAttribute()
    renews = UnicodeAttribute(default="")
    result = UnicodeAttribute()
    """The certificate that it became."""
    applied_at = UTCDateTimeAttribute()


class CalendarRow(Table):
    """Whose calendar an address opens, if it is the newest: the account says which one is."""

    name = "calendars"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of the secret in the address."""
    holder = UnicodeAttribute()
    made_at = UTCDateTimeAttribute()


class CursorRow(Table):
    """How far a job that works day by day has come. It moves only over what was read of it."""

    name = "cursors"

    id = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute()
    """The day that is being worked through; all before it are done."""
    task = NumberAttribute()
    """Which of the day's tasks is next."""
    start = UnicodeAttribute(null=True)
    """Where in it: the key after which DynamoDB goes on, as JSON."""
    version = NumberAttribute(default=1)
