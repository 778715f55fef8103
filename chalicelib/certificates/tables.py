"""The table of mass revocations: each plan, and how far each part of it has come."""

from __future__ import annotations

from pynamodb.attributes import (
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib.aws.tables import Table


class MassItem(Table):
    """One item of a plan."""

    name = "mass_revocations"

    plan = UnicodeAttribute(hash_key=True)
    """A random id."""
    item = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()


class PlanItem(MassItem, discriminator="plan"):
    """What is to be revoked, why, and who said so. `item` is `plan`."""

    state = UnicodeAttribute()
    """`written`, `approved`, `stopped` or `done`."""
    selection = UnicodeAttribute()
    """JSON of a `Selection`, frozen when the plan was written."""
    reason = UnicodeAttribute()
    """RFC 5280 name, `unspecified` among them."""
    expected = NumberAttribute()
    """How many certificates the dry run found."""
    parts = NumberAttribute()
    notice = NumberAttribute()
    """Seconds between the last notice and the first revocation; 0: people are told afterwards."""
    written_by = UnicodeAttribute()
    written_at = UTCDateTimeAttribute()
    approved_by = UnicodeAttribute(null=True)
    approved_at = UTCDateTimeAttribute(null=True)
    due_at = UTCDateTimeAttribute(null=True)
    """When the revocations begin, as people are told; never earlier."""
    stopped_by = UnicodeAttribute(null=True)
    done_at = UTCDateTimeAttribute(null=True)


class PartItem(MassItem, discriminator="part"):
    """One part of a plan. `item` is `part#NN`."""

    phase = UnicodeAttribute()
    """`telling`, `revoking` or `done`."""
    cursor = UnicodeAttribute(default="")
    """Behind this certificate the present walk goes on; empty at its beginning."""
    told = NumberAttribute(default=0)
    silent = NumberAttribute(default=0)
    """Certificates with nobody to be told."""
    revoked = NumberAttribute(default=0)
    walk_revoked = NumberAttribute(default=0)
    """Of these, in the present walk: the last walk is one that found nothing to do."""
    walk_failed = NumberAttribute(default=0)
    told_until = UTCDateTimeAttribute(null=True)
    """When the last notice beforehand goes out."""
    next_notice = UTCDateTimeAttribute(null=True)
    """When the next notice may go out: they are spread, so that a code's message never waits behind them."""
    worker = UnicodeAttribute(default="")
    lease_until = UTCDateTimeAttribute(null=True)
    """Until then it belongs to its worker, who writes only while it does."""
