"""Reports of compromised keys, from the operator's command line."""

from __future__ import annotations

from pathlib import Path

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.revocation import report_compromise
from chalicelib.pki.compromise import key_of_report


def compromised(cloud: Cloud, file: Path, operator: str) -> int:
    """Bar the key of a certificate, request, public or private key, and revoke what was certified for it."""
    spki = key_of_report(file.read_bytes())
    found = report_compromise(cloud, spki, operator)
    print(f"barred key {spki}; certificates revoked or found revoked: {len(found)}")
    for row in found:
        print(row.id)
    return 0
