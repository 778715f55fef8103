"""Comparing the accounts, from the auditor's command line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.audit.events import every_event
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import listed
from chalicelib.pki.issuers import issuers
from chalicelib.pki.reconciliation import Books, mismatches, read_trail
from chalicelib.pki.tables import CertificateRow, CrlShardRow, HoldRow, RevocationRow


def read_books(cloud: Cloud, trail: list[Path]) -> Books:
    """All accounts: the tables, and KMS's own log where its files are given."""
    return Books(
        certificates=listed(CertificateRow.scan(consistent_read=True)),
        revocations=listed(RevocationRow.scan(consistent_read=True)),
        holds=listed(HoldRow.scan(consistent_read=True)),
        shards=listed(CrlShardRow.scan(consistent_read=True)),
        events=list(every_event()),
        signatures=read_trail(_records(trail)) if trail else None,
        issuers=issuers(cloud),
    )


def run(cloud: Cloud, trail: list[Path]) -> int:
    """Print what does not match; 1 if there is anything."""
    books = read_books(cloud, trail)
    found = list(mismatches(books, cloud.now()))
    for mismatch in found:
        print(f"{mismatch.kind}  {mismatch.object}  {mismatch.detail}")
    compared = "" if trail else " (signatures not compared: no CloudTrail files given)"
    print(f"{len(books.certificates)} records, {len(books.events)} events, {len(found)} mismatches{compared}")
    return 1 if found else 0


def _records(files: list[Path]) -> Iterator[dict[str, Any]]:
    """The records of CloudTrail log files: JSON, gzipped JSON, or one record a line."""
    for file in files:
        octets = file.read_bytes()
        text = (gzip.decompress(octets) if file.suffix == ".gz" else octets).decode()
        if text.lstrip().startswith('{"Records"'):
            yield from json.loads(text)["Records"]
        else:
            yield from (json.loads(line) for line in text.splitlines() if line.strip())
