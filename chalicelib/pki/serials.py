"""Certificate serial numbers (RFC 5280, section 4.1.2.2)."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.errors import Problem

RANDOM_OCTETS = 16


class EntropyFailed(Problem):
    """The source of randomness did not give what was asked; no serial number is made from less."""

    slug = "entropy-failed"
    title = "The source of randomness failed"


def new_serial(entropy: Callable[[int], bytes]) -> int:
    """Make a serial number of 17 octets: a fixed 0x01, then 128 random bits.

    The fixed octet keeps the number positive and of one length, so that no random bit is lost to the
    sign (the 63-bit serials of 2019 lost one that way).

    Args:
        entropy: a CSPRNG, such as `secrets.token_bytes`: takes a length, gives that many octets.
    """
    octets = entropy(RANDOM_OCTETS)
    if len(octets) != RANDOM_OCTETS:
        raise EntropyFailed
    return int.from_bytes(b"\x01" + octets, "big")
