"""A reservation or certificate whose key is lost, superseded in the transaction that records the next one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import Transaction
from chalicelib.errors import NotFound
from chalicelib.pki.issuers import issuers
from chalicelib.pki.revocation import add_revocation
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def supersede(
    cloud: Cloud,
    transaction: Transaction,
    before: CertificateRow,
    by: CertificateRow,
    now: datetime,
    *,
    unsigned: bool = False,
) -> None:
    """Revoke what another one takes the place of, with its event. Its holder has no use for a notice of it.

    Args:
        unsigned: whether it must still wait for its signature; if it has one by now, the transaction fails.

    Raises:
        NotFound: its issuer is none of ours.
    """
    issuer = issuers(cloud).get(before.issuer)
    if issuer is None:
        raise NotFound
    required = CertificateRow.state == "signing" if unsigned else None
    add_revocation(transaction, before, issuer.crl_shards, "superseded", now, required=required)
    event = Event(
        "certificate.revoked",
        f"certificate:{before.id}",
        "authority",
        now,
        evidence=before.evidence_digest,
        details={"reason": "superseded", "by": by.id},
    )
    record(transaction, event, cloud.entropy(12))
