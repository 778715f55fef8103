"""The operator's contract with the gateway: merchant, terminal, and the key, which only KMS can open."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from chalicelib.aws import kms
from chalicelib.errors import Problem
from chalicelib.payments import redsys
from chalicelib.payments.tables import PaymentRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

KEY: Final = "payments"
"""The alias of the KMS key under which the merchant's key is sealed."""
NOTIFY_PATH: Final = "/v1/redsys-notifications"
RETURN_PATH: Final = "/v1/payment-returns"


class PaymentsUnavailable(Problem):
    """The operator has no contract with a payment gateway, or has not entered it."""

    slug = "payments-unavailable"
    status = 503
    title = "Nothing can be paid here at present"


def merchant_key(cloud: Cloud) -> str:
    """The merchant's key, opened once for the container's life.

    Raises:
        PaymentsUnavailable, Unavailable
    """
    settings = cloud.settings
    if not settings.redsys_key or not settings.redsys_merchant:
        raise PaymentsUnavailable
    kept = hashlib.sha256(settings.redsys_key.encode()).hexdigest()[:16]
    key: str = cloud.remember(
        f"redsys/{kept}",
        lambda: kms.unseal(cloud, KEY, settings.redsys_key, context_of(settings.redsys_merchant)),
    )
    return key


def seal_merchant_key(cloud: Cloud, merchant: str, key: str) -> str:
    """The value of the setting that holds the key: an operator makes it, and no function can."""
    return kms.seal(cloud, KEY, key, context_of(merchant))


def context_of(merchant: str) -> dict[str, str]:
    """What must be said again to open the key: another merchant's does not pass for it."""
    return {"redsys-merchant": merchant}


def form(cloud: Cloud, row: PaymentRow, language: str, description: str) -> redsys.Envelope:
    """The signed form that a person's browser posts to the gateway.

    Raises:
        PaymentsUnavailable, Unavailable, BadMerchantKey
    """
    key = merchant_key(cloud)
    settings = cloud.settings
    parameters = {
        "DS_MERCHANT_AMOUNT": str(int(row.cents)),
        "DS_MERCHANT_ORDER": str(row.id),
        "DS_MERCHANT_MERCHANTCODE": settings.redsys_merchant,
        "DS_MERCHANT_CURRENCY": redsys.EUR,
        "DS_MERCHANT_TRANSACTIONTYPE": redsys.AUTHORISATION,
        "DS_MERCHANT_TERMINAL": settings.redsys_terminal,
        "DS_MERCHANT_MERCHANTURL": settings.api_url + NOTIFY_PATH,
        "DS_MERCHANT_URLOK": f"{settings.api_url}{RETURN_PATH}/done",
        "DS_MERCHANT_URLKO": f"{settings.api_url}{RETURN_PATH}/not-done",
        "DS_MERCHANT_CONSUMERLANGUAGE": redsys.LANGUAGES[language],
        "DS_MERCHANT_PAYMETHODS": redsys.CARD_ONLY,
        "DS_MERCHANT_MERCHANTNAME": settings.organisation,
        "DS_MERCHANT_PRODUCTDESCRIPTION": description[:125],
    }
    return redsys.seal(settings.redsys_signature, key, str(row.id), parameters)


def differences(cloud: Cloud, row: PaymentRow | None, said: redsys.Notification) -> list[str]:
    """In what a signed notice is not about this payment of ours; nothing when all agrees."""
    settings = cloud.settings
    if row is None:
        return ["order"]
    checks = {
        "amount": said.cents == int(row.cents),
        "currency": said.currency == redsys.EUR,
        "merchant": said.merchant == settings.redsys_merchant,
        "terminal": said.terminal == int(settings.redsys_terminal),
        "transaction-type": said.transaction_type == redsys.AUTHORISATION,
    }
    return [name for name, agrees in checks.items() if not agrees]
