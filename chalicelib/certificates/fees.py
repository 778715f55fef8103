"""What a certificate costs who asks for it: decided by the dated tariff, settled where it is granted (X02).

Each way to a certificate is a product of its own, since each has its rules: in person some are free (A11),
on line only without a valid certificate or in the renewal period (A10), by video the case is paid for
before the review (`payments.video.fee`), and its code costs nothing more (A12, A21).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction
from chalicelib.payments.facts import facts_of_renewal
from chalicelib.payments.intents import PaymentRequired, Settled, require_paid
from chalicelib.payments.tariff import Product
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PRODUCTS: Final = MappingProxyType[str, Product](
    {
        "identification": "certificate-in-person",
        "online": "certificate-online",
    }
)
"""By the kind of evidence. What is not here, as an officer's appointment, costs nobody anything."""


def settle_fee(
    cloud: Cloud,
    transaction: Transaction,
    *,
    subject: str,
    holder: str,
    renewed: CertificateRow | None = None,
) -> Settled | None:
    """Settle the fee of a certificate in the transaction that grants it: what it cost and why, or None.

    Call it once for each thing that is granted, in the transaction that writes it: when the first generation
    code of an identification at an office is granted, and when a certificate on line is stored. What is free
    is written down with its reason, what has a price takes one payment of the holder for this product, and
    `GET /v1/me/payments` shows both with their explanation. `payments.intents.price_of` tells the same
    decision beforehand.

    Only who has a valid certificate, or at an office codes to get one with, ever owes a fee. So whoever owes
    one can register and log in with that certificate to pay it; at an office, while it is on hold.

    Args:
        subject: what is granted, `kind:id`; the same is settled once, whatever is repeated.
        holder: `person:...`, who has the payment, whoever came in their place.
        renewed: the certificate that this one follows: it alone decides whether that is free.

    Raises:
        PaymentRequired: naming the subject, for who asks to ask again when it is paid.
        NotForSale, Unavailable
    """
    product = PRODUCTS.get(subject.partition(":")[0])
    if product is None:
        return None
    try:
        facts = facts_of_renewal(cloud, renewed) if renewed else None
        return require_paid(cloud, transaction, holder=holder, product=product, spent_by=subject, facts=facts)
    except PaymentRequired as required:
        raise PaymentRequired(f"{subject} waits for a payment of {product}.") from required
