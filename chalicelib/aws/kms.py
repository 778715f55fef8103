"""KMS for secrets: subkeys from an HMAC key, and sealing of what must wait in a table."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def mac(cloud: Cloud, alias: str, message: str) -> str:
    """HMAC-SHA-256 of a message under a key that never leaves KMS, in hexadecimal: one call each."""
    try:
        reply = cloud.kms.generate_mac(
            KeyId=cloud.settings.alias(alias), MacAlgorithm="HMAC_SHA_256", Message=message.encode()
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    return reply["Mac"].hex()


def subkey(cloud: Cloud, alias: str, label: str) -> bytes:
    """32 octets derived by KMS from an HMAC key that never leaves it; kept for the container's life.

    Only the `authority` may do this. Per use it would cost one call for each code that is tried.
    """

    def derive() -> bytes:
        return bytes.fromhex(mac(cloud, alias, label))

    key: bytes = cloud.remember(f"subkey/{alias}/{label}", derive)
    return key


def seal(cloud: Cloud, alias: str, text: str, context: dict[str, str]) -> str:
    """Encrypt a short text (at most 4,096 octets); `context` must be given again to open it."""
    try:
        reply = cloud.kms.encrypt(
            KeyId=cloud.settings.alias(alias), Plaintext=text.encode(), EncryptionContext=context
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    return base64.b64encode(reply["CiphertextBlob"]).decode()


def unseal(cloud: Cloud, alias: str, sealed: str, context: dict[str, str]) -> str:
    """The text that `seal` took."""
    try:
        reply = cloud.kms.decrypt(
            KeyId=cloud.settings.alias(alias),
            CiphertextBlob=base64.b64decode(sealed),
            EncryptionContext=context,
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    return reply["Plaintext"].decode()
