"""The key of the contract with the payment gateway, sealed so that a setting can hold it."""

from __future__ import annotations

import getpass
import sys

from chalicelib.aws.cloud import Cloud
from chalicelib.payments.gateway import seal_merchant_key
from chalicelib.payments.redsys import VERSIONS, signature


def seal(cloud: Cloud, merchant: str) -> int:
    """Read the key as the bank's portal shows it, and print what the setting is to be."""
    if sys.stdin.isatty():
        key = getpass.getpass("The merchant's key (not shown): ").strip()
    else:
        key = sys.stdin.readline().strip()
    for version in VERSIONS:  # a key that cannot sign is told of now, and not to the first who pays
        signature(version, key, "0000TEST", "")
    print(seal_merchant_key(cloud, merchant, key))
    return 0
