"""Keys and issuers in trouble, from the operator's command line; each can be repeated."""

from __future__ import annotations

from pathlib import Path

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.revocation import report_compromise
from chalicelib.pki.compromise import key_of_report
from chalicelib.pki.issuers import retire as retire_issuer


def compromised(cloud: Cloud, file: Path, operator: str) -> int:
    """Bar the key of a certificate, request, public or private key, and revoke what was certified for it."""
    spki = key_of_report(file.read_bytes())
    found = report_compromise(cloud, spki, operator)
    print(f"barred key {spki}; certificates revoked or found revoked: {len(found)}")
    for row in found:
        print(row.id)
    return 0


def retire(cloud: Cloud, issuer_id: str, operator: str) -> int:
    """Let a CA issue nothing more."""
    retire_issuer(cloud, issuer_id, operator)
    print(f"retired {issuer_id}; containers that are running see it within a minute")
    return 0
