"""Reconciliation: every signature has its record, every record its events, and nothing is left over (R24).

Three accounts are kept apart by different roles: what KMS says it signed (CloudTrail), what the tables
say was certified, and what the events say was done. This compares them and names what does not match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from chalicelib.audit.events import Event
from chalicelib.pki.certificate import crl_shard, verify
from chalicelib.pki.issuers import Issuer, Issuers
from chalicelib.pki.key_types import accepted_key
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, RevocationRow

UNFINISHED_AFTER = timedelta(hours=1)


class Mismatch(msgspec.Struct, frozen=True):
    """One thing that two accounts tell differently."""

    kind: str
    object: str
    detail: str = ""


class Books(msgspec.Struct, frozen=True):
    """The accounts, as read."""

    certificates: list[CertificateRow]
    revocations: list[RevocationRow]
    holds: list[HoldRow]
    shards: list[CrlShardRow]
    events: list[Event]
    signatures: Counter[str] | None
    """How often KMS signed, by key id; None where its log was not given."""
    issuers: Issuers


def read_trail(records: Iterable[dict[str, Any]]) -> Counter[str]:
    """Count the Sign calls in CloudTrail records, by the key id that was asked for."""
    return Counter(
        record["requestParameters"]["keyId"]
        for record in records
        if record.get("eventName") == "Sign" and not record.get("errorCode")
    )


def mismatches(books: Books, now: datetime) -> Iterator[Mismatch]:
    """Everything that does not match."""
    yield from _records(books, now)
    yield from _events(books)
    yield from _revocations(books)
    yield from _signatures(books)


def _records(books: Books, now: datetime) -> Iterator[Mismatch]:
    """Each record holds the certificate that was authorised, signed by the CA that it names."""
    for row in books.certificates:
        issuer = books.issuers.get(row.issuer)
        if issuer is None:
            yield Mismatch("issuer-unknown", row.id)
        elif row.state == "issued":
            if fault := _fault(row, issuer):
                yield Mismatch("certificate-wrong", row.id, fault)
        elif row.reserved_at + UNFINISHED_AFTER < now and row.revoked_at is None:
            yield Mismatch("certificate-unfinished", row.id, "authorised, and never stored")


def _fault(row: CertificateRow, issuer: Issuer) -> str:
    try:
        certificate = x509.load_der_x509_certificate(row.der)
        verify(certificate, accepted_key(issuer.certificate.public_key())[0])
    except (ValueError, TypeError, InvalidSignature):
        return "not a certificate of this CA"
    if certificate.serial_number != row.serial:
        return "another serial number"
    if certificate.tbs_certificate_bytes != bytes(row.tbs):
        return "not what was recorded before signing"
    return ""


def _events(books: Books) -> Iterator[Mismatch]:
    """Each record has one event for each step of its life, with its evidence; and each event its record."""
    told: Counter[tuple[str, str]] = Counter()
    evidence: dict[tuple[str, str], str] = {}
    for event in books.events:
        if event.object.startswith("certificate:"):
            key = (event.act, event.object.removeprefix("certificate:"))
            told[key] += 1
            evidence[key] = event.evidence
    known = {row.id for row in books.certificates}
    for act, certificate_id in told:
        if certificate_id not in known:
            yield Mismatch("event-without-record", certificate_id, act)
    changes = {_id(row): int(row.changes) for row in books.holds}
    for row in books.certificates:
        for act, due in _life(row, changes.get(row.id, 0)):
            key = (act, row.id)
            if told[key] != due:
                yield Mismatch("events-differ", row.id, f"{act}: {told[key]} events instead of {due}")
            elif due and evidence[key] != row.evidence_digest:
                yield Mismatch("evidence-differs", row.id, act)


def _id(row: HoldRow) -> str:
    return CertificateRow.key(str(row.shard).partition("#")[0], int(str(row.serial), 16))


def _life(row: CertificateRow, changes: int) -> list[tuple[str, int]]:
    return [
        ("certificate.authorised", 1),
        ("certificate.issued", 1 if row.state == "issued" else 0),
        ("certificate.suspended", (changes + 1) // 2),
        ("certificate.reinstated", changes // 2),
        ("certificate.revoked", 1 if row.revoked_at else 0),
    ]


def _revocations(books: Books) -> Iterator[Mismatch]:
    """What the CRLs are made from is what the records say."""
    listed = {(row.shard, row.serial): row for row in books.revocations}
    for row in books.certificates:
        issuer = books.issuers.get(row.issuer)
        if issuer is None:
            continue
        shard = f"{issuer.id}#{crl_shard(row.serial, issuer.crl_shards):03d}"
        entry = listed.pop((shard, f"{row.serial:x}"), None)
        if (entry is None) != (row.revoked_at is None):
            yield Mismatch("revocation-differs", row.id, "in one of record and CRL entry only")
        elif entry is not None and (entry.revoked_at, entry.reason) != (row.revoked_at, row.reason):
            yield Mismatch("revocation-differs", row.id, "another date or reason")
    for shard, serial in listed:
        yield Mismatch("revocation-without-record", f"{shard}:{serial}")
    yield from _holds(books)


def _holds(books: Books) -> Iterator[Mismatch]:
    """A certificate is on hold where its row and the shard's say so; what was held is revoked since then."""
    rows = {_id(row): row for row in books.holds}
    for row in books.certificates:
        hold = rows.pop(row.id, None)
        listed = hold.held_at if hold is not None and hold.lifted_at is None else None
        if listed != row.held_at:
            yield Mismatch("hold-differs", row.id, "another date, or in one of record and shard only")
        elif row.held_at is not None and row.revoked_at not in (None, row.held_at):
            yield Mismatch("hold-differs", row.id, "revoked, and not as of its hold")
        elif hold is not None and bool(hold.waits) != (row.held_at is not None and row.revoked_at is None):
            yield Mismatch(
                "hold-differs", row.id, "its decision waits, or does not, and should not, or should"
            )
    for certificate_id in rows:
        yield Mismatch("hold-without-record", certificate_id)


def _signatures(books: Books) -> Iterator[Mismatch]:
    """KMS signed at least what is there, and at most what was recorded beforehand."""
    if books.signatures is None:
        return
    for issuer in books.issuers.all:
        if not issuer.parent:
            continue  # a root signs in ceremonies, whose transcripts account for it
        mine = [row for row in books.certificates if row.issuer == issuer.id]
        numbers = [row for row in books.shards if row.id.split("#")[0] == issuer.id]
        least = sum(row.state == "issued" for row in mine) + sum(
            bool(row.published_number) for row in numbers
        )
        most = sum(int(row.signatures) for row in mine) + sum(int(row.number) for row in numbers)
        counted = books.signatures[issuer.key_id]
        if not least <= counted <= most:
            detail = f"KMS signed {counted} times, the records explain {least} to {most}"
            yield Mismatch("signatures-differ", issuer.id, detail)
