"""Another emergency code for whoever lost theirs (F20): told once, to the holder, and the one before is void.

This is the authority's side, which alone can make such a code: it is told a session, a certificate and a
name of the request, and judges the session by itself. What it asks for is what revoking asks for: who may end
the certificate outright gains nothing by a code that ends it. The code is derived from the certificate and
the request, so that a request whose answer was lost gets the same one, and no third.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, find_together
from chalicelib.certificates.emergency.code import replace_code, told_code
from chalicelib.codes.limits import Counter, Limit, count
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.login.citizens import citizen_in, require_live
from chalicelib.login.own_account import require
from chalicelib.login.tables import SessionRow
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.contact_notices import tell
from chalicelib.registry.registration import IdempotencyKeyReused

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PER_PERSON: Final = Limit("emergency-codes", most=5, seconds=24 * 60 * 60)
"""Of all certificates together: each is a row that stays as long as its certificate, and two messages."""


class TooManyEmergencyCodes(Problem):
    """For one person in a day."""

    slug = "too-many-emergency-codes"
    status = 429
    title = "Too many emergency codes were given today; revoke the certificate instead, or wait"


class NothingToEnd(Problem):
    """The code would put out of use what is out of use."""

    slug = "certificate-over"
    status = 409
    title = "This certificate was revoked or has expired: it needs no emergency code"


def another_code(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The operation `another_emergency_code`: {session, certificate, request} -> {code}.

    Raises:
        SessionRequired, AssuranceTooLow, FreshLogInRequired: of the log-in.
        NotFound: the person has no such certificate.
        NothingToEnd, TooManyEmergencyCodes, Conflict
        IdempotencyKeyReused: the request has had its code, and that one was replaced since.
    """
    now, request = cloud.now(), str(payload["request"])
    keys: list[Any] = [(SessionRow, str(payload["session"])), (CertificateRow, str(payload["certificate"]))]
    session, row = find_together(keys)
    citizen = citizen_in(cloud, session, row)
    require(cloud, citizen, "revocation")
    if row is None or row.holder != citizen.holder:
        raise NotFound
    if state_of(row, now) not in ("issued", "held"):
        raise NothingToEnd
    if row.emergency == request:
        return {"code": told_code(cloud, row)}
    transaction, counted = Transaction(), _counter(citizen.holder, now)
    require_live(transaction, citizen, now)
    count(transaction, [counted])
    replace_code(cloud, transaction, row, request)
    event = Event(
        "certificate.emergency-code-replaced",
        f"certificate:{row.id}",
        citizen.holder,
        now,
        evidence=row.evidence_digest,
        details={"way": str(citizen.session.way)},
    )
    record(transaction, event, cloud.entropy(12))
    more = {"serial": row.serial_text, "host": cloud.settings.web_host}
    tell(cloud, transaction, citizen.account.registration, "emergency-code-replaced", more=more)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        return {"code": _after(cloud, str(row.id), request, failed, counted.seconds_left(now))}
    return {"code": told_code(cloud, CertificateRow(row.id, emergency=request))}


def _counter(holder: str, now: datetime) -> Counter:
    """By the person's id, opaque as it is: the authority may not use the key that hides addresses."""
    window = int(now.timestamp()) // PER_PERSON.seconds
    return Counter(PER_PERSON, f"limit#{PER_PERSON.name}#{holder}#{window}", window)


def _after(cloud: Cloud, certificate_id: str, request: str, failed: ConditionFailed, wait: int) -> str:
    """What a request gets that somebody was faster than: the same, sent twice at once, gets its code."""
    now = CertificateRow.find(certificate_id)
    if now is not None and now.emergency == request:
        return told_code(cloud, now)
    if PER_PERSON.name in failed.labels:
        raise TooManyEmergencyCodes(retry_after=wait) from failed
    if "emergency code" in failed.labels:
        raise IdempotencyKeyReused from failed
    raise Conflict(retry_after=1) from failed
