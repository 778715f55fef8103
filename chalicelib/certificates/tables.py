"""The table of cards: whose each card is, and every certificate that was loaded into it."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.aws.tables import Table


class CardRow(Table):
    """A card (its `certificate` is `OWNER`), or one loading of it."""

    name = "cards"

    OWNER = "owner"

    card = UnicodeAttribute(hash_key=True)
    """`model#serial`."""
    certificate = UnicodeAttribute(range_key=True)
    """The id of the certificate that was loaded."""
    holder = UnicodeAttribute()
    """Whose card it is, from its first loading on."""
    loading = UnicodeAttribute(null=True)
    """Canonical JSON of the CardLoading; never changed."""
    loading_digest = UnicodeAttribute(null=True)
    loaded_at = UTCDateTimeAttribute(null=True)
