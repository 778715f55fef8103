"""Known-weak RSA keys: ROCA, Fermat, shared and small factors and other broken generators (badkeys).

The `blocklist` check of badkeys (Debian 2008, keys published in firmware) is left out: its data is a
download of the `badkeys` tool, not part of the package, and without it the tool ends the process.
Reported keys are blocked by their SPKI hash where certificates are issued. EC keys have no check here:
that the point is on its named curve is checked when `cryptography` loads them.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa

CHECKS = (
    "roca",  # CVE-2017-15361: the Estonian identity cards of 2017
    "fermat",  # primes too close; 100 rounds
    "smallfactors",
    "sharedprimes",  # a prime that other keys on the Internet have
    "smalld",
    "rsapoly",
    "rsainvalid",
    "rsabias",  # moduli with too few or too many bits set
    "pattern",  # sixteen equal octets in a row
)


def weakness(public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str | None:
    """The name of the first known weakness of a key, or None."""
    if not isinstance(public_key, rsa.RSAPublicKey):
        return None
    from badkeys.checks import checkrsa  # 0.1 s of imports, and most requests are EC

    numbers = public_key.public_numbers()
    return next(iter(checkrsa(numbers.n, e=numbers.e, checks=CHECKS)), None)
