"""Revocation and suspension by the holder (A31, F20): from the own account, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.certificates.personal.own_certificates import own_certificate
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.sides import SIDES
from chalicelib.certificates.suspension import lift, suspend
from chalicelib.login.own_account import require
from chalicelib.pki.issuance import profiles
from chalicelib.pki.reasons import read_reason

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.login.citizens import Citizen
    from chalicelib.pki.hold import Held, Lifted
    from chalicelib.pki.revocation import Revoked

SIDE: Final = SIDES["personal-area"]


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
    stored = read_reason(reason, SIDE.among(allowed))
    return revoke_certificate(cloud, row, stored, actor=citizen.holder, details={"channel": SIDE.name})


def suspend_own(cloud: Cloud, citizen: Citizen, issuer: str, serial: str) -> Held:
    """Suspend once, with any way of logging in; who asks again is told since when and until when.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NotFound, HoldNotAllowed, HeldLately, Conflict
    """
    require(cloud, citizen, "suspension")
    row = own_certificate(citizen, issuer, serial)
    return suspend(cloud, row, actor=citizen.holder, details={"channel": SIDE.name})


def reinstate_own(cloud: Cloud, citizen: Citizen, issuer: str, serial: str) -> Lifted:
    """Lift a suspension, with a log-in that nobody has who only has the telephone.

    Raises:
        AssuranceTooLow, FreshLogInRequired, NotFound, NotHeld, Conflict
    """
    require(cloud, citizen, "suspension-lift")
    row = own_certificate(citizen, issuer, serial)
    return lift(cloud, row, actor=citizen.holder, details={"channel": SIDE.name})
