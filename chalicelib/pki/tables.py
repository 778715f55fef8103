"""The CA's tables: issuers, certificates, keys, revocations, holds and the state of each CRL shard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.aws.tables import Table
from chalicelib.errors import Unavailable

_Listed = TypeVar("_Listed", bound=Table)

OPEN: Final = "open"
"""The one partition of what waits for work: little of it waits at a time."""


class IssuerRow(Table):
    """A CA of ours, written once by the key ceremony. Only its responder certificate is ever replaced."""

    name = "issuers"

    id = UnicodeAttribute(hash_key=True)
    """The first 16 hexadecimal digits of its subject key identifier."""
    title = UnicodeAttribute()
    key_id = UnicodeAttribute()
    """The KMS key (ARN or alias) that signs."""
    certificate = BinaryAttribute(legacy_encoding=False)
    """DER."""
    parent = UnicodeAttribute(default="")
    """The issuer's issuer; empty for a root."""
    crl_shards = NumberAttribute()
    profiles = UnicodeSetAttribute(null=True)
    """Names of the profiles it may issue; none: it issues nothing through the product (a root)."""
    activated_at = UTCDateTimeAttribute()
    retired_at = UTCDateTimeAttribute(null=True)
    """From then on it issues nothing, and keeps serving status."""
    responder_key_id = UnicodeAttribute(default="")
    responder_certificate = BinaryAttribute(legacy_encoding=False, null=True)


ENDING = ["state", "holder", "profile", "evidence", "not_after", "proof", "renewed_by", "revoked_at"]
"""What the index of ends holds of a certificate; infra/resources.yaml says the same."""
WALKED_AT_ONCE = 150
"""Rows of a page: about the megabyte at which DynamoDB stops by itself."""


class Outline(msgspec.Struct, frozen=True):
    """What a walk over all certificates reads of each: not its octets, and of the person an opaque id."""

    id: str
    holder: str
    profile: str
    spki: str
    key_origin: str
    evidence: str
    evidence_digest: str
    reserved_at: datetime
    not_after: datetime
    revoked: bool

    @property
    def issuer(self) -> str:
        return self.id.split("#")[0]

    @property
    def serial(self) -> int:
        return int(self.id.split("#")[1], 16)

    @classmethod
    def of(cls, row: CertificateRow) -> Outline:
        """Of a row that was read.

        Raises:
            ValueError: something of it is missing or of another kind.
        """
        told = {name: getattr(row, name) for name in cls.__struct_fields__ if name != "revoked"}
        return msgspec.convert({**told, "revoked": row.revoked_at is not None}, cls)


class CertificatesByHolder(GlobalSecondaryIndex["CertificateRow"]):
    """The certificates of one holder, oldest first."""

    class Meta:
        index_name = "by_holder"
        projection = AllProjection()

    holder = UnicodeAttribute(hash_key=True)
    reserved_at = UTCDateTimeAttribute(range_key=True)


class CertificatesByEnd(GlobalSecondaryIndex["CertificateRow"]):
    """What expires on one day, in partitions, with what tells whether anybody is to be told."""

    class Meta:
        index_name = "by_end"
        projection = IncludeProjection(ENDING)

    ends_on = UnicodeAttribute(hash_key=True)


class CertificateRow(Table):
    """A serial number from its reservation on: what is to be signed, then the certificate, then its end."""

    name = "certificates"

    id = UnicodeAttribute(hash_key=True)
    """`issuer#serial`, the serial in hexadecimal without leading zeros."""
    state = UnicodeAttribute()
    """`signing` (reserved, its TBS recorded) or `issued`. Revocation is told by `revoked_at`."""
    holder = UnicodeAttribute()
    """Opaque: `person:...`, `officer:...` or `responder:...`."""
    profile = UnicodeAttribute()
    """Name and version, as pinned at reservation."""
    spki = UnicodeAttribute()
    """SHA-256 of the SubjectPublicKeyInfo, hexadecimal."""
    evidence = UnicodeAttribute(default="")
    evidence_digest = UnicodeAttribute(default="")
    key_origin = UnicodeAttribute()
    """`holder` (a CSR), `server` (made in memory for a PKCS#12, never stored), `card` (a CSR from a card, as
    an officer says) or `attested-card` (as the card itself attested)."""
    card = UnicodeAttribute(null=True)
    """`model#serial` of the card that the key is in."""
    linter = UnicodeAttribute(default="")
    """The linter and version that passed it."""
    tbs = BinaryAttribute(legacy_encoding=False)
    der = BinaryAttribute(legacy_encoding=False, null=True)
    reserved_at = UTCDateTimeAttribute()
    issued_at = UTCDateTimeAttribute(null=True)
    not_after = UTCDateTimeAttribute()
    signatures = NumberAttribute(default=1)
    """How often the CA key may have been used for it: one, and one more for each resumed attempt."""
    revoked_at = UTCDateTimeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    """RFC 5280 name, such as `keyCompromise`; absent means unspecified."""
    proof = UnicodeAttribute(null=True)
    """How its holder was identified for it, such as `in-person` or `certificate`; absent from old rows."""
    proven_at = UTCDateTimeAttribute(null=True)
    """When that was: of a certificate that rests on another, when its holder was last identified afresh."""
    renewed_by = UnicodeAttribute(null=True)
    """The certificate that took its place; it is renewed once."""
    ends_on = UnicodeAttribute(null=True)
    """The day it expires on and one of its partitions (aws/due_days.py); only of those whose end is told."""
    held_at = UTCDateTimeAttribute(null=True)
    """Since when it is on hold; it stays when the hold ends in a revocation, and goes when it is lifted."""
    held_until = UTCDateTimeAttribute(null=True)
    """The last moment in which the hold can be lifted."""
    lifted_at = UTCDateTimeAttribute(null=True)
    """When its last hold was lifted: what was opened with it before stays closed."""
    emergency = UnicodeAttribute(null=True)
    """What the newest emergency code was asked for with, if it took the place of the first."""
    ocsp_sha1 = BinaryAttribute(legacy_encoding=False, null=True)
    """The signed answer for a CertID by SHA-1, kept until it is old or its status changes."""
    ocsp_sha256 = BinaryAttribute(legacy_encoding=False, null=True)
    by_holder = CertificatesByHolder()
    by_end = CertificatesByEnd()

    @classmethod
    def outlines(
        cls, condition: Any, segment: int, segments: int, after: str
    ) -> tuple[list[Outline], list[str], str, int]:
        """A page of a walk over a segment of the table.

        Returns:
            What fits; the ids of what cannot be read; where the next page begins; rows read.

        Raises:
            Unavailable: DynamoDB did not answer.
        """
        wanted = [name for name in Outline.__struct_fields__ if name != "revoked"]
        try:
            page = cls._get_connection().scan(
                filter_condition=condition,
                attributes_to_get=[*wanted, "revoked_at"],
                segment=segment,
                total_segments=segments,
                limit=WALKED_AT_ONCE,
                exclusive_start_key={"id": {"S": after}} if after else None,  # type: ignore[arg-type]
                consistent_read=True,
            )
        except PynamoDBException as error:
            raise Unavailable from error
        found, damaged = [], []
        for item in page["Items"]:
            try:
                found.append(Outline.of(cls.from_raw_data(item)))
            except (ValueError, TypeError, KeyError, AttributeError):
                damaged.append(item["id"]["S"])  # the caller reports it; the others must still be found
        last = page.get("LastEvaluatedKey") or {}
        return found, damaged, last["id"]["S"] if last else "", int(page["ScannedCount"])

    @staticmethod
    def key(issuer: str, serial: int) -> str:
        """The row's id."""
        return f"{issuer}#{serial:x}"

    @property
    def stands(self) -> bool:
        """Whether it is neither revoked nor on hold."""
        return self.revoked_at is None and self.held_at is None

    @classmethod
    def standing(cls) -> Any:
        """The same, as the condition of a write."""
        return cls.revoked_at.does_not_exist() & cls.held_at.does_not_exist()

    @property
    def issuer(self) -> str:
        return self.id.split("#")[0]

    @property
    def serial(self) -> int:
        return int(self.id.split("#")[1], 16)

    @property
    def serial_text(self) -> str:
        """The serial number as certificate viewers show it."""
        octets = self.serial.to_bytes((self.serial.bit_length() + 7) // 8, "big")
        return octets.hex(":").upper()


class KeysToSweep(GlobalSecondaryIndex["KeyRow"]):
    """Barred keys whose certificates are not all revoked yet, the oldest report first."""

    class Meta:
        index_name = "to_sweep"
        projection = KeysOnlyProjection()

    sweep = UnicodeAttribute(hash_key=True)
    compromised_at = UTCDateTimeAttribute(range_key=True)


class KeyRow(Table):
    """A public key that was certified, and whose it is: no key serves two holders."""

    name = "keys"

    spki = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute()
    certificates = UnicodeSetAttribute(null=True)
    """Ids of the certificates of this key: what a report of its compromise revokes."""
    compromised_at = UTCDateTimeAttribute(null=True)
    sweep = UnicodeAttribute(null=True)
    """`open` from the report until every certificate of the key is revoked."""
    to_sweep = KeysToSweep()


def _of_shard(table: type[_Listed], shard: str) -> Iterator[tuple[str, _Listed | None]]:
    start: dict[str, Any] | None = None
    while True:
        try:
            page = table._get_connection().query(shard, consistent_read=True, exclusive_start_key=start)
        except PynamoDBException as error:
            raise Unavailable from error
        for item in page["Items"]:
            yield item["serial"]["S"], _readable(table, item)
        if not (start := page.get("LastEvaluatedKey")):
            return


def _readable(table: type[_Listed], item: dict[str, Any]) -> _Listed | None:
    try:
        return table.from_raw_data(item)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # the caller reports it; the others must still be listed (R12)


class RevocationRow(Table):
    """A revoked certificate, where the CRL of its shard finds it: written once, and never changed."""

    name = "revocations"

    shard = UnicodeAttribute(hash_key=True)
    """`issuer#NNN`."""
    serial = UnicodeAttribute(range_key=True)
    """Hexadecimal."""
    revoked_at = UTCDateTimeAttribute()
    reason = UnicodeAttribute(null=True)
    not_after = UTCDateTimeAttribute()

    @classmethod
    def of_shard(cls, shard: str) -> Iterator[tuple[str, RevocationRow | None]]:
        """Every row of a shard as it is now: the serial as stored, and None for a row that cannot be read.

        Raises:
            Unavailable: DynamoDB did not answer.
        """
        return _of_shard(cls, shard)


class WaitingHolds(GlobalSecondaryIndex["HoldRow"]):
    """Holds that await their decision, the most pressing first."""

    class Meta:
        index_name = "waiting"
        projection = KeysOnlyProjection()

    waits = UnicodeAttribute(hash_key=True)
    until = UTCDateTimeAttribute(range_key=True)


class HoldRow(Table):
    """The holds of one certificate, where the CRL of its shard finds them, beside the revocations.

    It stays when a hold was lifted, so that no CRL takes a row that it does not see yet for one that is
    gone; and when one became a revocation, whose row then counts.
    """

    name = "holds"

    shard = UnicodeAttribute(hash_key=True)
    """`issuer#NNN`."""
    serial = UnicodeAttribute(range_key=True)
    """Hexadecimal."""
    held_at = UTCDateTimeAttribute()
    until = UTCDateTimeAttribute()
    lifted_at = UTCDateTimeAttribute(null=True)
    not_after = UTCDateTimeAttribute()
    changes = NumberAttribute(default=0)
    """Counts up when a hold begins and when it is lifted: what the shard's counter counts of it."""
    waits = UnicodeAttribute(null=True)
    """`open` while somebody, or the end of its time, has to decide."""
    waiting = WaitingHolds()

    @classmethod
    def of_shard(cls, shard: str) -> Iterator[tuple[str, HoldRow | None]]:
        """Every row of a shard as it is now: the serial as stored, and None for a row that cannot be read.

        Raises:
            Unavailable: DynamoDB did not answer.
        """
        return _of_shard(cls, shard)


class CrlShardRow(Table):
    """The state of one CRL: how much there is to publish, and what was published."""

    name = "crl_shards"

    id = UnicodeAttribute(hash_key=True)
    """`issuer#NNN`."""
    revocations = NumberAttribute(default=0)
    """Counts up with every revocation, and with every hold that begins or is lifted."""
    holds = NumberAttribute(default=0)
    """How many of those were holds. Where there never was one, none need to be read."""
    number = NumberAttribute(default=0)
    """The last CRL number that was given out; some may never have been published."""
    published_number = NumberAttribute(default=0)
    published_revocations = NumberAttribute(default=0)
    """What `revocations` was when the published CRL's entries were read."""
    this_update = UTCDateTimeAttribute(null=True)
    next_update = UTCDateTimeAttribute(null=True)

    @classmethod
    def of(cls, ids: Iterable[str]) -> dict[str, CrlShardRow]:
        """These shards as they are now, by id; one that was never touched is not among them.

        Raises:
            Unavailable: DynamoDB did not answer.
        """
        try:
            return {row.id: row for row in cls.batch_get(list(ids), consistent_read=True)}
        except PynamoDBException as error:
            raise Unavailable from error
