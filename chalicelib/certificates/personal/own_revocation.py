"""Revocation by the holder (A31, F20): from the own account, at once and for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.certificates.personal.own_certificates import own_certificate
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.login.own_account import require
from chalicelib.pki.issuance import profiles
from chalicelib.pki.reasons import read_reason

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.login.citizens import Citizen
    from chalicelib.pki.revocation import Revoked


def revoke_own(cloud: Cloud, citizen: Citizen, issuer: str, serial: str, reason: str) -> Revoked:
    """Revoke once; who asks again is told the first date and reason.

    Any way of logging in is enough, if it was in the last minutes: an officer on the telephone asks for less,
    and who has lost the key has no certificate to log in with.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NotFound, ReasonNotAllowed, Conflict
    """
    require(cloud, citizen, "revocation")
    row = own_certificate(citizen, issuer, serial)
    allowed = profiles(cloud)[row.profile.partition("/")[0]].revocation_reasons
    stored = read_reason(reason, allowed)
    details = {"channel": "personal-area"}
    return revoke_certificate(cloud, row, stored, actor=citizen.holder, details=details)
