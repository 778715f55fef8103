"""Applications made on line, addresses of calendars, cards, how far scheduled work
has come, and plans of mass revocations."""

from __future__ import annotations

from pynamodb.attributes import (
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

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
    """`written`, `approved`, `stopped`, `called-off` or `done`."""
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
    called_off_by = UnicodeAttribute(null=True)
    done_at = UTCDateTimeAttribute(null=True)
    """When there was nothing left to do: all are revoked, or everybody knows that they will not be."""


class AloneItem(MassItem, discriminator="alone"):
    """What one operator let begin alone on one day. `plan` is `alone#` and the operator, `item` the day."""

    certificates = NumberAttribute()


class PartItem(MassItem, discriminator="part"):
    """One part of a plan. `item` is `part#NN`."""

    phase = UnicodeAttribute()
    """`telling`, `revoking`, `calling-off` or `done`."""
    cursor = UnicodeAttribute(default="")
    """Behind this certificate the present walk goes on; empty at its beginning."""
    told = NumberAttribute(default=0)
    silent = NumberAttribute(default=0)
    """Certificates with nobody to be told."""
    revoked = NumberAttribute(default=0)
    withdrawn = NumberAttribute(default=0)
    """Notices that were taken back before anybody began to send them."""
    reassured = NumberAttribute(default=0)
    """People who were told a second time: that nothing will be revoked."""
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
