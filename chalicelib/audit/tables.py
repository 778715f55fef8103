"""The table of events."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.aws.tables import Table


class EventsByObject(GlobalSecondaryIndex["EventRow"]):
    """What happened to one object, in order."""

    class Meta:
        index_name = "by_object"
        projection = AllProjection()

    object = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class EventRow(Table):
    """One event. `day` is the day and a partition, `id` the time and a random part."""

    name = "events"

    day = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    act = UnicodeAttribute()
    object = UnicodeAttribute()
    actor = UnicodeAttribute()
    evidence = UnicodeAttribute(default="")
    details = UnicodeAttribute(default="{}")
    by_object = EventsByObject()
