"""The registry's tables: points, officers, people, and the identifications that officers made."""

from __future__ import annotations

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.aws.tables import Table


class PointRow(Table):
    """A registration point."""

    name = "points"

    id = UnicodeAttribute(hash_key=True)
    point = UnicodeAttribute()
    """The RegistrationPoint as JSON."""


class PersonRow(Table):
    """The opaque id of a natural person, by NIF: nothing else in the product is keyed by it."""

    name = "people"

    nif = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute()


class EvidenceColumns:
    """What every row has that can justify a generation code."""

    evidence = UnicodeAttribute()
    """Canonical JSON; never changed."""
    evidence_digest = UnicodeAttribute()
    holder = UnicodeAttribute()
    """Whose certificate it justifies: `person:...` or `officer:...`."""
    withdrawn_at = UTCDateTimeAttribute(null=True)
    """From then on it justifies nothing more."""
    live_code = UnicodeAttribute(null=True)
    """The row of the newest generation code, so that the next one can void it."""
    live_email_code = UnicodeAttribute(null=True)
    live_message = UnicodeAttribute(null=True)
    """The message that carries it, so that an unsent one is not sent after it was replaced."""
    grants = NumberAttribute(default=0)
    """How many codes were given out for it."""

    @property
    def stands(self) -> bool:
        """Whether it still justifies a certificate."""
        return self.withdrawn_at is None

    @classmethod
    def standing(cls) -> Condition:
        """The same as a condition of a transaction."""
        return cls.withdrawn_at.does_not_exist()


class IdentificationsByPerson(GlobalSecondaryIndex["IdentificationRow"]):
    """A person's identity proofs, oldest first."""

    class Meta:
        index_name = "by_person"
        projection = AllProjection()

    holder = UnicodeAttribute(hash_key=True)
    identified_at = UTCDateTimeAttribute(range_key=True)


class IdentificationsByOfficer(GlobalSecondaryIndex["IdentificationRow"]):
    """What an officer approved: to be listed at once when the officer is disabled (R25)."""

    class Meta:
        index_name = "by_officer"
        projection = AllProjection()

    officer = UnicodeAttribute(hash_key=True)
    identified_at = UTCDateTimeAttribute(range_key=True)


class IdentificationRow(Table, EvidenceColumns):
    """One identification of one person: who, by whom, where, on which documents."""

    name = "identifications"

    id = UnicodeAttribute(hash_key=True)
    """Derived from the officer and the idempotency key: asking again finds the same one."""
    officer = UnicodeAttribute()
    point = UnicodeAttribute()
    identified_at = UTCDateTimeAttribute()
    request_digest = UnicodeAttribute()
    """Tells a repeated request from another one under the same idempotency key."""
    by_person = IdentificationsByPerson()
    by_officer = IdentificationsByOfficer()


class OfficerRow(Table, EvidenceColumns):
    """A registration officer; the appointment is the evidence for the officer's own certificate."""

    name = "officers"

    id = UnicodeAttribute(hash_key=True)
    point = UnicodeAttribute()
    role = UnicodeAttribute()
    appointed_at = UTCDateTimeAttribute()
    suspended_at = UTCDateTimeAttribute(null=True)
    hour = NumberAttribute(default=0)
    """The hour (since 1970) that the counters below belong to."""
    identifications = NumberAttribute(default=0)
    revocations = NumberAttribute(default=0)
    searches = NumberAttribute(default=0)

    @property
    def stands(self) -> bool:
        """A suspended officer gets no certificate either."""
        return self.withdrawn_at is None and self.suspended_at is None

    @classmethod
    def standing(cls) -> Condition:
        """The same as a condition of a transaction."""
        stands: Condition = cls.withdrawn_at.does_not_exist() & cls.suspended_at.does_not_exist()
        return stands


class PowerRow(Table):
    """A power of attorney that a holder gave somebody for acts about certificates (A27)."""

    name = "powers"

    holder = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    """Derived from the deed: the same deed is the same power, whoever enters it, however often."""
    power = UnicodeAttribute()
    """Canonical JSON of the Power, as it was first entered; never changed."""
    digest = UnicodeAttribute()
    entered_by = UnicodeAttribute()
    entered_at = UTCDateTimeAttribute()
    revoked_at = UTCDateTimeAttribute(null=True)
    """From then on it allows nothing. A deed that was revoked never comes back."""
    revoked_by = UnicodeAttribute(null=True)
    suspended_at = UTCDateTimeAttribute(null=True)
    """The holder doubts it: it allows nothing until the holder has come, and said which of the two it is."""

    @classmethod
    def standing(cls) -> Condition:
        """That nobody has revoked or suspended it, as a condition of a transaction."""
        neither: Condition = cls.revoked_at.does_not_exist() & cls.suspended_at.does_not_exist()
        return neither


class ReportRow(Table):
    """A report of death or incapacity, or of a mistake in one: the one record of it and of its progress."""

    name = "reports"

    id = UnicodeAttribute(hash_key=True)
    """Derived from the officer and the idempotency key: asking again finds the same one."""
    kind = UnicodeAttribute()
    holder = UnicodeAttribute()
    report = UnicodeAttribute()
    """Canonical JSON of what was reported; never changed."""
    digest = UnicodeAttribute()
    request_digest = UnicodeAttribute()
    point = UnicodeAttribute()
    officer = UnicodeAttribute()
    reported_at = UTCDateTimeAttribute()
    policy = UnicodeAttribute()
    """The version of the policy that it was judged by."""
    state = UnicodeAttribute()
    """One of those in states.REPORT_MOVES."""
    decided_by = UnicodeAttribute(null=True)
    decided_at = UTCDateTimeAttribute(null=True)
    progress = UnicodeSetAttribute(null=True)
    """Which of its steps are done."""
    lifted_by = UnicodeAttribute(null=True)
    version = NumberAttribute(default=1)


class DutyRow(Table):
    """What is to happen on a day by itself; the key is the day, so that nobody need look for it."""

    name = "duties"

    ends_on = UnicodeAttribute(hash_key=True)
    """The day and one of its partitions (aws/due_days.py)."""
    id = UnicodeAttribute(range_key=True)
    """`kind:subject`."""
    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    """Whom or what it is about: a person, an identification, a report."""
    done_at = UTCDateTimeAttribute(null=True)


class OpenVideoCases(GlobalSecondaryIndex["VideoCaseRow"]):
    """The cases that wait for somebody, the longest waiting first. Only they are in it."""

    class Meta:
        index_name = "queue"
        projection = AllProjection()

    queue = UnicodeAttribute(hash_key=True)
    queued_at = UTCDateTimeAttribute(range_key=True)


class VideoCaseRow(Table):
    """One identification by video: who says to be whom, what for, what was uploaded, who decided what."""

    name = "video_cases"

    id = UnicodeAttribute(hash_key=True)
    token = UnicodeAttribute()
    """SHA-256 of what the applicant shows to come back to the case."""
    state = UnicodeAttribute()
    """One of video.case.STATES."""
    purpose = UnicodeAttribute(default="registration")
    """One of video.purposes.PURPOSES."""
    capacity = UnicodeAttribute(default="citizen")
    """In which the holder of a certificate acts (A01)."""
    expires = TTLAttribute(null=True)
    """When DynamoDB may sweep a case that was never submitted, or that ended unseen."""
    nif = UnicodeAttribute()
    holder = UnicodeAttribute()
    contrast = UnicodeAttribute()
    """Keyed hash of the contrast data that were given."""
    matched = BooleanAttribute()
    """Whether the register knew the person by them. Nobody outside is told."""
    mobile = UnicodeAttribute()
    email = UnicodeAttribute()
    language = UnicodeAttribute()
    conditions = UnicodeAttribute()
    opened_at = UTCDateTimeAttribute()
    files = UnicodeAttribute()
    """JSON of the evidence: key, media type and, from the submission on, version, size and SHA-256."""
    findings = UnicodeAttribute(default="{}")
    """JSON of what the automatic check found."""
    product = UnicodeAttribute(default="")
    """The certified product that left nothing open."""
    granted_at = UTCDateTimeAttribute(null=True)
    """When it granted the basic level."""
    queue = UnicodeAttribute(null=True)
    """`open` while it waits for a review, `code` while an accepted one waits for its code."""
    queued_at = UTCDateTimeAttribute(null=True)
    reviewer = UnicodeAttribute(null=True)
    taken_at = UTCDateTimeAttribute(null=True)
    decisions = UnicodeAttribute(default="[]")
    """JSON of every decision: by whom, when, which, why, in which round."""
    decided_at = UTCDateTimeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    """Why it was rejected: a key of the texts' VIDEO_REASONS."""
    appeal = UnicodeAttribute(null=True)
    """What the person said against the rejection."""
    appealed_at = UTCDateTimeAttribute(null=True)
    version = NumberAttribute(default=1)
    by_queue = OpenVideoCases()


class CivilRow(Table):
    """What the civil and the tax registers say of a person; an operator imports it."""

    name = "civil_register"

    nif = UnicodeAttribute(hash_key=True)
    given_name = UnicodeAttribute()
    surname1 = UnicodeAttribute()
    surname2 = UnicodeAttribute(null=True)
    birth_date = UnicodeAttribute()
    contrast = UnicodeAttribute()
    """Keyed hash of the contrast data (2.4)."""
    address = UnicodeAttribute()
    """The fiscal address, its lines separated by line feeds; it goes onto letters and nowhere else (G04)."""
    language = UnicodeAttribute()
