"""Argon2id (RFC 9106) for passwords, kept in the PHC string format with its cost, so that costs can rise.

Done by OpenSSL through `cryptography`: no other library sees a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

SALT_OCTETS: Final = 16
HASH_OCTETS: Final = 32


class Cost(msgspec.Struct, frozen=True):
    """What one guess costs."""

    kibibytes: int
    passes: int
    lanes: int


COST: Final = Cost(kibibytes=46 * 1024, passes=1, lanes=1)
"""The first of OWASP's equal choices. One lane: the function has less than one processor (1,024 MB)."""

_PHC: Final = r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"


def hash_password(password: str, entropy: Callable[[int], bytes], cost: Cost = COST) -> str:
    """The string to keep."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=entropy(SALT_OCTETS),
        length=HASH_OCTETS,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.kibibytes,
    )
    return kdf.derive_phc_encoded(password.encode())


def is_right(password: str, kept: str) -> bool:
    """Whether this is the password, compared in constant time."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(password.encode(), kept)
    except InvalidKey:
        return False
    return True


def needs_rehash(kept: str, cost: Cost = COST) -> bool:
    """Whether it was made at another cost than today's."""
    found = re.fullmatch(_PHC, kept)
    return found is None or Cost(*map(int, found.groups())) != cost


def nobodys(cloud: Cloud) -> str:
    """A hash to try the passwords of strangers against, so that they take as long. No password fits it."""

    def make() -> str:
        return hash_password(cloud.entropy(32).hex(), cloud.entropy)

    kept: str = cloud.remember("argon2/nobodys", make)
    return kept
