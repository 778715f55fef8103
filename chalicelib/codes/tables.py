"""The table of codes and of the counters of wrong tries: one read finds a code and whether to heed it."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.aws.tables import Table


class CodeRow(Table):
    """A one-time code, known only by its keyed hash; or a counter of wrong tries."""

    name = "codes"

    id = UnicodeAttribute(hash_key=True)
    """`kind#` and the keyed hash of the code; or `wrong#` and whose tries in which window."""
    expires = TTLAttribute()
    """When DynamoDB may sweep the row: days after it ceased to matter, since the sweep is no clock."""
    subject = UnicodeAttribute(null=True)
    """What the code gives access to, such as `identification:...`."""
    evidence = UnicodeAttribute(null=True)
    """A copy of the evidence that justified the code, so that one read brings both."""
    evidence_digest = UnicodeAttribute(null=True)
    holder = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    """The keyed hash of a code that is found by what it is bound to."""
    spent_at = UTCDateTimeAttribute(null=True)
    spent_by = UnicodeAttribute(null=True)
    """A fingerprint of the request that spent it: the same request finds its result again."""
    result = UnicodeAttribute(null=True)
    """The certificate that it became."""
    message = UnicodeAttribute(null=True)
    """The message that carries it, so that an unsent one is not sent after it was replaced."""
    sent_to = UnicodeAttribute(null=True)
    """Where a code to log in with went: the app, or a keyed hash of the number."""
    replacements = NumberAttribute(null=True)
    voided_at = UTCDateTimeAttribute(null=True)
    tries = NumberAttribute(null=True)
    """Wrong tries, in a counter."""
