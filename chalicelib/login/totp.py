"""Time-based one-time passwords (RFC 6238 over RFC 4226), as every authenticator app computes them.

HMAC-SHA-1, six digits, steps of thirty seconds: what the apps that people have agree on. Pure functions.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = 30
DIGITS: Final = 6
DRIFT: Final = 1
"""How many steps a clock may be off, before and after (RFC 6238 section 5.2 recommends one)."""
SECRET_OCTETS: Final = 20
"""As long as the hash (RFC 4226 section 4, R6)."""


def step_of(now: datetime) -> int:
    """The step of time (RFC 6238 section 4.2)."""
    return int(now.timestamp()) // STEP


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step: HOTP with the step as its counter (RFC 4226 section 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def matching_step(secret: bytes, typed: str, now: datetime, last: int | None) -> int | None:
    """The step that a typed code is of, if it is near and after the last one used (RFC 6238 section 5.2).

    All candidates are compared, in constant time each.
    """
    here = step_of(now)
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        right = is_code_of(secret, step, typed)
        if right and (last is None or step > last):
            found = step
    return found


def is_code_of(secret: bytes, step: int, typed: str) -> bool:
    """Whether a typed code is that of a step; compared in constant time."""
    code = "".join(typed.split())
    return hmac.compare_digest(code_at(secret, step).encode(), code.encode())


def base32(secret: bytes) -> str:
    """The secret as people type it into an app that cannot scan."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, organisation: str, masked_name: str) -> str:
    """What a QR code tells an app (the `otpauth` form that apps agree on).

    The account is named by a masked number: the list in an app is seen by whoever borrows the telephone.
    """
    label = quote(f"{organisation}:{masked_name}", safe=":*")
    told = {"secret": base32(secret), "issuer": organisation, "algorithm": "SHA1"}
    query = urlencode(told | {"digits": str(DIGITS), "period": str(STEP)}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
