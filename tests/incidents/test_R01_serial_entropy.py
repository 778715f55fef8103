"""R1: serial numbers with 63 bits of entropy (EJBCA's default; millions of certificates revoked in 2019)."""

from __future__ import annotations

import hashlib
import os

import pytest

from chalicelib.pki.serials import EntropyFailed, new_serial


def test_R01_serials_keep_every_random_bit() -> None:
    """128 bits remain after sign handling: nothing is masked, so each random bit is set half of the time."""
    # A fixed stream, so that the counts below are the same on every run.
    counter = iter(range(200_000))

    def stream(length: int) -> bytes:
        return hashlib.sha256(next(counter).to_bytes(8, "big")).digest()[:length]

    serials = [new_serial(stream) for _ in range(100_000)]
    assert len(set(serials)) == len(serials)
    for serial in serials:
        encoded = serial.to_bytes((serial.bit_length() // 8) + 1, "big")  # as DER does
        assert serial > 0
        assert len(encoded) <= 20
    for bit in range(128):
        # Six standard deviations of 100,000 fair throws are 950.
        assert abs(sum(serial >> bit & 1 for serial in serials) - 50_000) < 950


def test_R01_the_extremes_are_valid_serials() -> None:
    """All zeros and all ones are as likely as any other draw and must not give 0, a negative or 21 octets."""
    assert new_serial(bytes) == 1 << 128
    assert new_serial(lambda length: b"\xff" * length) == (1 << 129) - 1


@pytest.mark.parametrize("octets", [b"", b"\x01" * 7, b"\x01" * 15, b"\x01" * 17])
def test_R01_a_short_read_of_entropy_makes_no_serial(octets: bytes) -> None:
    """Eight octets too few would look like a valid, guessable serial."""
    with pytest.raises(EntropyFailed):
        new_serial(lambda length: octets)


def test_R01_the_source_is_asked_for_what_is_used() -> None:
    """At least 64 bits of the CSPRNG's output (BR 7.1); we take twice that."""
    asked = []

    def source(length: int) -> bytes:
        asked.append(length)
        return os.urandom(length)

    new_serial(source)
    assert asked == [16]
