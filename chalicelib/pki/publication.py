"""Publication of CRLs (RFC 5280, section 5): signed by the authority, checked and stored by the publisher.

The order that makes it safe, whoever else publishes the same shard at the same time:

1. the authority takes the next CRL number and, in the same operation, reads how many revocations there are
2. it reads the revocations, all of them recorded before that count, and signs
3. the publisher checks that the CRL is the next of this shard
4. it writes the CRL over exactly the version that it checked against
5. it moves the shard's record forward

A crash between any two costs a CRL number and nothing else: the shard is still due.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws import bucket
from chalicelib.aws.kms_key import kms_key
from chalicelib.aws.log import log_failure
from chalicelib.aws.metrics import emit
from chalicelib.aws.tables import change
from chalicelib.errors import Conflict, NotFound
from chalicelib.pki import crl
from chalicelib.pki.certificate import StatusUrls
from chalicelib.pki.crl import Entry, WrongCrl, bucket_key, number_of, shard_id
from chalicelib.pki.crl_holds import add_holds, changes_of
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.key_types import accepted_key
from chalicelib.pki.reasons import reason_flag
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, RevocationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MAX_AGE = 300
"""Seconds that a cache may keep a CRL: with a run every five minutes, a revocation is seen within 15."""
WRITES = 4
URGENT = timedelta(hours=6)
BUDGET = timedelta(minutes=4)
"""A run stops beginning new shards then: the next run starts a minute later."""


class SignedCrl(msgspec.Struct, frozen=True):
    """What the authority answers."""

    der: bytes
    revocations: int
    """How many revocations of the shard it certainly takes into account."""
    damaged: int
    """Rows that could not be used as they are."""


class Published(msgspec.Struct, frozen=True):
    """What is now at the shard's URL."""

    number: int
    entries: int
    damaged: int = 0
    superseded: bool = False
    """Somebody published a later one in the meantime, and ours was thrown away."""
    foreign: bool = False
    """What was there before was not a CRL of this issuer for this URL."""


@dataclass
class Report:
    """One run over all shards that are due."""

    published: int = 0
    failed: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    left: int = 0
    """Shards for the next run, because the time was up."""


def sign_crl(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The authority's operation: the next CRL of one shard, made from the tables alone.

    Raises:
        NotFound: no such shard.
    """
    issuer = _issuer(cloud, str(payload["issuer"]), shard := int(payload["shard"]))
    signed = sign_shard(cloud, issuer, shard)
    return {
        "crl": base64.b64encode(signed.der).decode(),
        "revocations": signed.revocations,
        "damaged": signed.damaged,
    }


def sign_shard(cloud: Cloud, issuer: Issuer, shard: int, lifetime: timedelta = crl.LIFETIME) -> SignedCrl:
    """Steps 1 and 2, with the CA key."""
    row = CrlShardRow(shard_id(issuer.id, shard))
    change(row, [CrlShardRow.number.add(1)])  # leaves the row as it is after the write
    counted = int(row.revocations)
    # Before the revocations, which a hold may be becoming.
    holds = list(HoldRow.of_shard(row.id)) if row.holds else []
    revocations = list(RevocationRow.of_shard(row.id))
    found = len(revocations) + sum(changes_of(each) for _, each in holds)

    def recover(serial: int) -> Entry | None:
        return _recover(cloud, issuer, shard, serial)

    entries = crl.read_entries(revocations, row.this_update, recover)
    entries = add_holds(entries, holds, row.this_update, recover)
    public_key, _ = accepted_key(issuer.certificate.public_key())
    builder = crl.build(
        issuer.certificate,
        entries.listed,
        number=int(row.number),
        url=StatusUrls(cloud.settings.status_url).crl(issuer.id, shard),
        now=cloud.now(),
        lifetime=lifetime,
    )
    emit(cloud, SignaturesRecorded=1)
    signed = crl.sign(builder, kms_key(cloud.kms, issuer.key_id, public_key))
    # A query may for a moment not see a transaction whose count is seen already (DynamoDB isolates
    # them by item): then fewer rows are found than counted, and the shard stays due.
    return SignedCrl(signed.public_bytes(Encoding.DER), min(counted, found), len(entries.damaged))


def _recover(cloud: Cloud, issuer: Issuer, shard: int, serial: int) -> Entry | None:
    """What the certificate's own row, or else the published CRL, knows of a damaged revocation."""
    certificate = CertificateRow.find(CertificateRow.key(issuer.id, serial))
    if certificate is not None and certificate.revoked_at is not None:
        try:
            return Entry(serial, certificate.revoked_at, reason_flag(certificate.reason))
        except ValueError:
            return Entry(serial, certificate.revoked_at)
    if certificate is not None and certificate.held_at is not None:
        return Entry(serial, certificate.held_at, x509.ReasonFlags.certificate_hold)
    if certificate is not None and certificate.lifted_at is not None:
        return None  # what is published may still list it
    url = StatusUrls(cloud.settings.status_url).crl(issuer.id, shard)
    published, _ = _published(cloud, issuer, shard, url)
    line = published.get_revoked_certificate_by_serial_number(serial) if published is not None else None
    if line is None:
        return None
    return Entry(serial, line.revocation_date_utc, crl.reason_of(line))


def publish(cloud: Cloud, issuer_id: str, shard: int) -> Published:
    """Have a shard's next CRL signed, and publish it.

    Raises:
        WrongCrl: what the authority signed is not the next CRL of this shard; nothing was published.
    """
    issuer = _issuer(cloud, issuer_id, shard)
    reply = cloud.invoke("authority", {"operation": "sign_crl", "issuer": issuer_id, "shard": shard})
    try:
        der = base64.b64decode(reply["crl"], validate=True)
    except binascii.Error as error:
        raise WrongCrl from error
    return install(cloud, issuer, shard, SignedCrl(der, int(reply["revocations"]), int(reply["damaged"])))


def install(cloud: Cloud, issuer: Issuer, shard: int, signed: SignedCrl) -> Published:
    """Steps 3 to 5."""
    url = StatusUrls(cloud.settings.status_url).crl(issuer.id, shard)
    try:
        new = x509.load_der_x509_crl(signed.der)
    except ValueError as error:
        raise WrongCrl from error
    for _ in range(WRITES):
        previous, etag = _published(cloud, issuer, shard, url)
        if previous is not None and number_of(previous) > number_of(new):
            # Its number was taken after ours, so it knows every revocation that we count.
            return Published(number_of(previous), len(previous), superseded=True)
        if previous == new:
            # Our own write, whose answer was lost and which the SDK then repeated in vain.
            _move_forward(shard_id(issuer.id, shard), new, signed.revocations)
            return Published(number_of(new), len(new), signed.damaged)
        crl.check_successor(
            new,
            previous,
            issuer=issuer.certificate,
            url=url,
            now=cloud.now(),
            not_after=lambda serial: _expiry(issuer, serial),
            lifted=lambda serial: _lifted(issuer, serial),
        )
        try:
            bucket.write(
                cloud,
                bucket_key(issuer.id, shard),
                signed.der,
                crl.CONTENT_TYPE,
                replaces=etag,
                max_age=MAX_AGE,
            )
        except Conflict:
            continue
        _move_forward(shard_id(issuer.id, shard), new, signed.revocations)
        foreign = etag is not None and previous is None
        return Published(number_of(new), len(new), signed.damaged, foreign=foreign)
    raise Conflict(retry_after=1)


def _published(
    cloud: Cloud, issuer: Issuer, shard: int, url: str
) -> tuple[x509.CertificateRevocationList | None, str | None]:
    """The CRL at the shard's place, unless it is not this issuer's for this URL, and the object's ETag."""
    found = bucket.read(cloud, bucket_key(issuer.id, shard))
    if found is None:
        return None, None
    try:
        there = x509.load_der_x509_crl(found[0])
    except ValueError:
        return None, found[1]
    return (None if crl.belongs(there, issuer.certificate, url) else there), found[1]


def _expiry(issuer: Issuer, serial: int) -> datetime | None:
    row = CertificateRow.find(CertificateRow.key(issuer.id, serial))
    return row.not_after if row is not None else None


def _lifted(issuer: Issuer, serial: int) -> bool:
    row = CertificateRow.find(CertificateRow.key(issuer.id, serial))
    return row is not None and row.stands and row.lifted_at is not None


def _move_forward(shard: str, new: x509.CertificateRevocationList, revocations: int) -> None:
    number = number_of(new)
    # False when a later one was recorded first: then there is nothing to move.
    change(
        CrlShardRow(shard),
        [
            CrlShardRow.published_number.set(number),
            CrlShardRow.published_revocations.set(revocations),
            CrlShardRow.this_update.set(new.last_update_utc),
            CrlShardRow.next_update.set(new.next_update_utc or new.last_update_utc),
        ],
        CrlShardRow.published_number.does_not_exist() | (CrlShardRow.published_number < number),
    )


def due(cloud: Cloud) -> list[tuple[str, int]]:
    """The shards to publish now, the most pressing first.

    A root is not among them: its CRL is signed at a ceremony, with a key that no function has.
    """
    now = cloud.now()
    pressing = []
    for issuer in issuers(cloud).all:
        if not issuer.parent or issuer.certificate.not_valid_after_utc <= now:
            continue
        rows = CrlShardRow.of(shard_id(issuer.id, shard) for shard in range(issuer.crl_shards))
        for shard in range(issuer.crl_shards):
            rank = _rank(rows.get(shard_id(issuer.id, shard)), now)
            if rank is not None:
                pressing.append((rank, issuer.id, shard))
    return [(issuer_id, shard) for _, issuer_id, shard in sorted(pressing)]


def _rank(row: CrlShardRow | None, now: datetime) -> int | None:
    if row is None or row.this_update is None or row.next_update is None or row.next_update - now < URGENT:
        return 0
    if row.revocations > row.published_revocations:
        return 1
    return 2 if now - row.this_update >= crl.REFRESH else None


def publish_due(cloud: Cloud, budget: timedelta = BUDGET) -> Report:
    """Publish what is due. A shard that fails keeps no other from being published."""
    report = Report()
    deadline = cloud.clock() + budget
    waiting = due(cloud)
    for position, (issuer_id, shard) in enumerate(waiting):
        if cloud.clock() >= deadline:
            report.left = len(waiting) - position
            break
        name = shard_id(issuer_id, shard)
        try:
            done = publish(cloud, issuer_id, shard)
        except Exception as error:  # told in the report, on which the job fails when all have had their turn
            log_failure(error)
            report.failed.append(name)
            continue
        report.published += 1
        report.damaged += [name] if done.damaged else []
        report.foreign += [name] if done.foreign else []
    return report


def stale(cloud: Cloud) -> Iterator[str]:
    """Shards whose published CRL is over two refreshes old: what an alarm counts (R9)."""
    now = cloud.now()
    for issuer in issuers(cloud).all:
        if not issuer.parent or issuer.certificate.not_valid_after_utc <= now:
            continue
        rows = CrlShardRow.of(shard_id(issuer.id, shard) for shard in range(issuer.crl_shards))
        for shard in range(issuer.crl_shards):
            row = rows.get(name := shard_id(issuer.id, shard))
            if row is None or row.this_update is None or now - row.this_update > 2 * crl.REFRESH:
                yield name


def _issuer(cloud: Cloud, issuer_id: str, shard: int) -> Issuer:
    issuer = issuers(cloud).get(issuer_id)
    if issuer is None or not 0 <= shard < issuer.crl_shards:
        raise NotFound
    return issuer
