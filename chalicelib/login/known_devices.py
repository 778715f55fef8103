"""Devices that a person has logged in from: their tries count apart, so that no stranger blocks them (6.3).

What OWASP calls a device cookie. A log-in with the right password is answered with a token that says nothing
but that it was; it opens nothing by itself. With it the next log-in has tries of its own, and is heard even
while strangers have the password blocked. A new password makes every token worthless.
"""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.codes.limits import pseudonym

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.codes.tables import CodeRow
    from chalicelib.registry.account_tables import CredentialItem

FAILURES: Final = 5
"""Wrong tries in the life of a token; after them it is worth nothing. Each right log-in gives a new one."""
COUNT_KEPT: Final = timedelta(days=10 * 365)
"""How long its wrong tries are remembered: longer than a token lives in any browser."""
_TOKEN: Final = re.compile(r"([0-9a-f]{32})([0-9a-f]{40})")


def new_token(cloud: Cloud, holder: str, secret: str) -> str:
    """The token of a device from which the right password was just typed.

    Args:
        secret: the password's hash as it is kept from now on.
    """
    device = cloud.entropy(16).hex()
    return device + _mark(cloud, device, holder, secret)


def row_of(token: str) -> str:
    """Where the wrong tries of a token are counted; of what is no token, nowhere that is ever written."""
    found = _TOKEN.fullmatch(token)
    return f"device#{found[1] if found else 'none'}"


def is_known(cloud: Cloud, token: str, item: CredentialItem | None, counted: CodeRow | None) -> bool:
    """Whether the token was given for this person's present password, and has tries left."""
    found = _TOKEN.fullmatch(token)
    whose = (str(item.holder), str(item.secret)) if item else ("", "")
    expected = _mark(cloud, found[1] if found else "", *whose)
    genuine = hmac.compare_digest(expected, found[2] if found else "")
    return genuine and item is not None and (counted is None or int(counted.tries or 0) < FAILURES)


def _mark(cloud: Cloud, device: str, holder: str, secret: str) -> str:
    # The hash has a salt of its own, so that even the same password set anew makes another mark.
    return pseudonym(cloud, f"device\n{device}\n{holder}\n{secret}")
