"""Keys, certificates and issuers in trouble, from the operator's command line; each can be repeated."""

from __future__ import annotations

from pathlib import Path

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.revocation import report_compromise, revoke_certificate
from chalicelib.certificates.sides import SIDES
from chalicelib.errors import Problem
from chalicelib.pki.compromise import key_of_report
from chalicelib.pki.issuance import profiles
from chalicelib.pki.issuers import retire as retire_issuer
from chalicelib.pki.reasons import read_reason
from chalicelib.pki.tables import CertificateRow


def compromised(cloud: Cloud, file: Path, operator: str) -> int:
    """Bar the key of a certificate, request, public or private key, and revoke what was certified for it."""
    spki = key_of_report(file.read_bytes())
    found = report_compromise(cloud, spki, operator)
    print(f"barred key {spki}; certificates revoked or found revoked: {len(found)}")
    for row in found:
        print(row.id)
    return 0


def revoke(cloud: Cloud, file: Path, reason: str, operator: str) -> int:
    """Revoke the listed certificates one by one; those that were revoked before keep their first date."""
    wrong = 0
    for certificate_id in file.read_text().split():
        row = CertificateRow.find(certificate_id)
        if row is None:
            print(f"{certificate_id}  there is no such certificate")
            wrong += 1
            continue
        allowed = profiles(cloud)[row.profile.split("/")[0]].revocation_reasons
        stored = read_reason(reason, SIDES["operator"].among(allowed))
        try:
            revoked = revoke_certificate(
                cloud, row, stored, actor=operator, details={"channel": "operator"}, publish=False
            )
        except Problem as problem:
            print(f"{certificate_id}  {problem.slug}: go through the list again")
            wrong += 1
            continue
        print(f"{certificate_id}  {'revoked' if revoked.now else 'had been revoked'} {revoked.at}")
    cloud.start("publish_crls")
    return 1 if wrong else 0


def retire(cloud: Cloud, issuer_id: str, operator: str) -> int:
    """Let a CA issue nothing more."""
    retire_issuer(cloud, issuer_id, operator)
    print(f"retired {issuer_id}; containers that are running see it within a minute")
    return 0
