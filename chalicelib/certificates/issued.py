"""What every issuance ends in: the holder is told, and gets the certificate with its emergency code."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.certificates.emergency.code import give_code, told_code
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.pki.issuers import issuers

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.aws.tables import Transaction
    from chalicelib.pki.issuance import Also, Issued
    from chalicelib.pki.tables import CertificateRow


def tell_holder(cloud: Cloud, email: str, language: str, card: str = "") -> Also:
    """The holder hears of it, in the transaction that stores the certificate; of a card, by its name."""
    of_card = {"card": card} if card else {}

    def storing(transaction: Transaction, row: CertificateRow) -> None:
        message = Message(
            id=f"issued:{row.id}",
            channel="email",
            to=email,
            template="card-loaded" if card else "certificate-issued",
            language=language,
            give_up_at=cloud.now() + WORTH_TELLING,
            values={
                "organisation": cloud.settings.organisation,
                "serial": row.serial_text,
                "not_before": row.reserved_at,
                "not_after": row.not_after,
                "phone": cloud.settings.help_phone,
                **of_card,
            },
        )
        queue(cloud, transaction, message, by_schedule=True)
        give_code(cloud, transaction, row)

    return storing


def answer(cloud: Cloud, issued: Issued) -> dict[str, Any]:
    """What the authority tells of a certificate, as JSON carries it. The emergency code is told here only."""
    chain = issuers(cloud).chain(issued.issuer)
    return {
        "id": issued.row.id,
        "profile": issued.row.profile,
        "certificate": base64.b64encode(issued.certificate.public_bytes(Encoding.DER)).decode(),
        "emergency_code": told_code(cloud, issued.row),
        "chain": [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain],
    }
