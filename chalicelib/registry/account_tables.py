"""The table of accounts: all that is known of one person under one key, so that one read brings it all."""

from __future__ import annotations

from pynamodb.attributes import (
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition, size
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from chalicelib.aws.tables import Table


class AccountItemsByEnd(GlobalSecondaryIndex["AccountItem"]):
    """What of accounts ends on one day, in partitions: which items, and nothing of what they hold."""

    class Meta:
        index_name = "by_end"
        projection = IncludeProjection(["kind"])

    ends_on = UnicodeAttribute(hash_key=True)


class AccountItem(Table):
    """One item of a person's account."""

    name = "accounts"

    holder = UnicodeAttribute(hash_key=True)
    """`person:...`"""
    item = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    ends_on = UnicodeAttribute(null=True)
    """The day it ends on and one of its partitions (aws/due_days.py); of proofs and credentials that end."""
    by_end = AccountItemsByEnd()


class RegistrationItem(AccountItem, discriminator="registration"):
    """That a person is registered, and how to reach them. `item` is `registration`."""

    nif = UnicodeAttribute()
    state = UnicodeAttribute()
    """One of states.STATES."""
    given_name = UnicodeAttribute()
    surname1 = UnicodeAttribute()
    surname2 = UnicodeAttribute(null=True)
    birth_date = UnicodeAttribute()
    contrast = UnicodeAttribute()
    """Keyed hash of what only the holder of the document reads on it (2.4)."""
    mobile = UnicodeAttribute()
    mobile_since = UTCDateTimeAttribute(null=True)
    """When it took the place of another number; absent where there was none before."""
    mobile_held_at = UTCDateTimeAttribute(null=True)
    """When somebody at the old addresses said that it was not the person who changed it."""
    email = UnicodeAttribute()
    email_confirmed_at = UTCDateTimeAttribute(null=True)
    former_emails = UnicodeSetAttribute(null=True)
    """Addresses that the person has replaced, and that certificates bore which were in force then."""
    language = UnicodeAttribute()
    conditions = UnicodeAttribute()
    registered_at = UTCDateTimeAttribute()
    renounced_at = UTCDateTimeAttribute(null=True)
    logged_out_at = UTCDateTimeAttribute(null=True)
    """When the person logged out everywhere: no session from before opens anything (6.7)."""
    log_outs = NumberAttribute(default=0)
    """Counts up whenever all sessions end: those that were opened under a lower number are over."""
    calendar = UnicodeAttribute(null=True)
    """SHA-256 of the secret of the calendar's address, if there is one."""
    version = NumberAttribute(default=1)
    """Counts up with every change, so that no change overwrites another."""


class ProofItem(AccountItem, discriminator="proof"):
    """One identity proof. `item` is `proof#time#id`; never changed, but it can be withdrawn."""

    method = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    evidence = UnicodeAttribute()
    officer = UnicodeAttribute(default="")
    withdrawn_at = UTCDateTimeAttribute(null=True)


class CredentialItem(AccountItem, discriminator="credential"):
    """Something a person logs in or activates with. `item` is `credential#name`."""

    state = UnicodeAttribute()
    """One of states.CREDENTIAL_STATES."""
    secret = UnicodeAttribute()
    """A password's Argon2id string, the keyed hash of an activation code, or an encrypted TOTP secret."""
    set_at = UTCDateTimeAttribute()
    set_by = UnicodeAttribute(null=True)
    """The session in which a password was changed: the same request may come from it again."""
    expires_at = UTCDateTimeAttribute(null=True)
    preset = UnicodeAttribute(default="")
    failures = NumberAttribute(default=0)
    """Wrong tries since the last right one."""
    locked_until = UTCDateTimeAttribute(null=True)
    last_step = NumberAttribute(null=True)
    """The step of time whose TOTP code was used last: no code of it or before is good again."""
    version = NumberAttribute(default=1)


class BarItem(AccountItem, discriminator="bar"):
    """That nothing is done for this person any more, or only by the representative. `item` is `bar`."""

    reports = UnicodeSetAttribute(null=True)
    """The reports that say so; without any the person is free again."""
    since = UTCDateTimeAttribute()

    @classmethod
    def absent(cls) -> Condition:
        """That nothing bars the person, as a condition of a transaction."""
        return cls.reports.does_not_exist()

    @classmethod
    def held_by(cls, report: str, number: int) -> Condition:
        """That this report is one of so many that bar the person."""
        found: Condition = cls.reports.contains(report) & (size(cls.reports) == number)
        return found


class AppItem(AccountItem, discriminator="app"):
    """An app on one of the person's telephones. `item` is `app#` and a hash of its key."""

    label = UnicodeAttribute()
    """What its owner calls it."""
    state = UnicodeAttribute()
    added_at = UTCDateTimeAttribute()
    removed_at = UTCDateTimeAttribute(null=True)

    @property
    def app_id(self) -> str:
        return str(self.item).removeprefix("app#")


class PhoneRow(Table):
    """Whose second factor a mobile number is: one person each, by policy (2.8)."""

    name = "phones"

    number = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute()


class ReceiptRow(Table):
    """A receipt that was handed over: what it certified, and the hash of the PDF."""

    name = "receipts"

    id = UnicodeAttribute(hash_key=True)
    """SHA-256 of its verification code."""
    kind = UnicodeAttribute()
    holder = UnicodeAttribute()
    masked_nif = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    sha256 = UnicodeAttribute()
