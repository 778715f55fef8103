"""Weak RSA moduli made on purpose, always the same ones, from a seeded and therefore public generator.

Each function says how its fixture was made. `as_request` turns a modulus into a PKCS#10 request that is
signed with its private exponent, so that nothing but the weakness can be the reason of a refusal.
"""

from __future__ import annotations

import math
import random

import gmpy2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

E = 65537


def _prime(generator: random.Random, bits: int) -> int:
    """The next prime after a random number whose two highest bits are set."""
    return int(gmpy2.next_prime(generator.getrandbits(bits) | 3 << bits - 2))


def roca() -> tuple[int, int]:
    """p = k*M + (65537^a mod M), M the product of the first 126 primes: the Infineon library's method
    for 2048-bit keys (Nemec et al., "The Return of Coppersmith's Attack", 2017, section 2)."""
    primorial = int(gmpy2.primorial(701))  # 701 is the 126th prime
    generator = random.Random("ROCA")

    def prime() -> int:
        while True:
            k = (3 << 1022) // primorial + generator.getrandbits(40)
            candidate = k * primorial + pow(E, generator.getrandbits(60), primorial)
            if candidate.bit_length() == 1024 and gmpy2.is_prime(candidate):
                return candidate

    return prime(), prime()


def fermat() -> tuple[int, int]:
    """q is the next prime after p, as in CVE-2022-26320 (printers)."""
    p = _prime(random.Random("Fermat"), 1024)
    return p, int(gmpy2.next_prime(p))


def small_factor() -> tuple[int, int]:
    """One prime is 65521, the largest of 16 bits."""
    return 65521, _prime(random.Random("small"), 2032)


def as_request(primes: tuple[int, int]) -> bytes:
    """A request for the key, properly signed."""
    p, q = primes
    d = pow(E, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(E, p * q)
    )
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.DER)
