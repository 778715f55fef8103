"""What the holder of an emergency code can do with it: revoke, or suspend; never lift (F20). And how whoever
lost it gets another.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from chalicelib.certificates.emergency.code import EmergencyCodeNotAccepted
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.sides import SIDES
from chalicelib.certificates.suspension import suspend
from chalicelib.pki.issuance import profiles
from chalicelib.pki.reasons import read_reason
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.pki.hold import Held
    from chalicelib.pki.revocation import Revoked

SIDE: Final = SIDES["emergency-code"]


def revoke_by_code(cloud: Cloud, code: str, reason: str, source: str) -> tuple[CertificateRow, Revoked]:
    """Revoke the certificate of a code, once; who asks again is told the first date and reason.

    Raises:
        EmergencyCodeNotAccepted, TooManyTries, ReasonNotAllowed, Conflict
    """
    row = _certificate(cloud, code, source)
    allowed = profiles(cloud)[row.profile.partition("/")[0]].revocation_reasons
    stored = read_reason(reason, SIDE.among(allowed))
    details = {"channel": SIDE.name}
    return row, revoke_certificate(cloud, row, stored, actor=row.holder, details=details)


def suspend_by_code(cloud: Cloud, code: str, source: str) -> tuple[CertificateRow, Held]:
    """Suspend the certificate of a code, once.

    Raises:
        EmergencyCodeNotAccepted, TooManyTries, HoldNotAllowed, HeldLately, Conflict
    """
    row = _certificate(cloud, code, source)
    return row, suspend(cloud, row, actor=row.holder, details={"channel": SIDE.name})


def another_own_code(cloud: Cloud, session: str, certificate_id: str, key: str) -> str:
    """Another code for one of the person's own certificates; the same for the same key.

    Args:
        session: the id of the session, which the authority judges by itself.
        key: the person's own idempotency key.

    Raises:
        What `another.another_code` raises.
    """
    order = {
        "operation": "another_emergency_code",
        "session": session,
        "certificate": certificate_id,
        "request": hashlib.sha256(key.encode()).hexdigest(),
    }
    return str(cloud.invoke("authority", order)["code"])


def _certificate(cloud: Cloud, code: str, source: str) -> CertificateRow:
    """The authority alone knows a code from its hash."""
    found = cloud.invoke("authority", {"operation": "emergency", "code": code, "source": source})
    row = CertificateRow.find(found["certificate"])
    if row is None:
        raise EmergencyCodeNotAccepted
    return row
