"""The outbox: every message, recorded with its cause before it is sent."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.aws.tables import Table


class DueMessages(GlobalSecondaryIndex["MessageRow"]):
    """What is still to be sent, the longest due first. Only unsent messages are in it."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    due_at = UTCDateTimeAttribute(range_key=True)


class MessageRow(Table):
    """One message to one person."""

    name = "outbox"

    id = UnicodeAttribute(hash_key=True)
    channel = UnicodeAttribute()
    """`sms`, `email`, `post` or `app`."""
    to = UnicodeAttribute()
    also = UnicodeAttribute(null=True)
    """A second address of an e-mail; absent when it has it."""
    template = UnicodeAttribute()
    language = UnicodeAttribute()
    values = UnicodeAttribute()
    """JSON of what the template needs, without secrets."""
    sealed = UnicodeAttribute(null=True)
    """A code, encrypted; removed when the message is sent."""
    state = UnicodeAttribute(null=True)
    """`due`, and nothing once it was sent or given up."""
    due_at = UTCDateTimeAttribute()
    queued_at = UTCDateTimeAttribute(null=True)
    """When its cause happened; absent from messages written before this was noted."""
    give_up_at = UTCDateTimeAttribute()
    """When its content is worth nothing any more."""
    attempts = NumberAttribute(default=0)
    sent_at = UTCDateTimeAttribute(null=True)
    given_up_at = UTCDateTimeAttribute(null=True)
    expires = TTLAttribute()
    due = DueMessages()


class InboxRow(Table):
    """An app's key, or a message for it that only it can open."""

    name = "inboxes"

    app = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    """`key`, or `message#` and a hash of the message's id."""
    public_key = UnicodeAttribute(null=True)
    removed_at = UTCDateTimeAttribute(null=True)
    sealed = UnicodeAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)
    """When its content is worth nothing any more."""
    expires = TTLAttribute(null=True)
