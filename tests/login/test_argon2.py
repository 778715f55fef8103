"""Argon2id at the stated cost, in the PHC string format."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from chalicelib.login.argon2 import COST, Cost, hash_password, is_right, needs_rehash

CHEAP = Cost(kibibytes=64, passes=1, lanes=1)


def test_the_cost_is_no_less_than_the_one_recommended() -> None:
    """OWASP Password Storage: 46 MiB and one pass, or what is equal to it."""
    kept = hash_password("quatre gats", os.urandom)
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert (COST.kibibytes, COST.passes, COST.lanes) == (47104, 1, 1)
    assert not needs_rehash(kept)
    assert is_right("quatre gats", kept)
    assert not is_right("quatre gats ", kept)


def test_no_two_hashes_are_alike() -> None:
    assert hash_password("x", os.urandom, CHEAP) != hash_password("x", os.urandom, CHEAP)


def test_a_hash_of_another_cost_still_opens_and_is_made_anew() -> None:
    old = hash_password("quatre gats", os.urandom, CHEAP)
    assert is_right("quatre gats", old)
    assert needs_rehash(old)
    assert needs_rehash("")


def test_the_library_computes_argon2id() -> None:
    """RFC 9106 section 5.3."""
    kdf = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    )
    tag = kdf.derive(b"\x01" * 32).hex()
    assert tag == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
