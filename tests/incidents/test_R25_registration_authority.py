"""R25: the registration side taken over, or careless: the authority asks again who stands behind evidence."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from msgspec import structs

from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.registry.evidence import Evidence, canonical_form, evidence_digest
from chalicelib.registry.identification import DocumentNifMismatch
from chalicelib.registry.staff import suspend_officer
from chalicelib.registry.tables import IdentificationRow
from tests.support.world import OTHER_POINT, POINT, World, appoint, log_in, person


def session_of(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()


def order(authority: World, row_id: str, session: str) -> dict[str, Any]:
    return authority.cloud.invoke(
        "authority",
        {
            "operation": "grant",
            "subject": f"identification:{row_id}",
            "actor": "officer:officer-1",
            "session": session,
        },
    )


def forged(authority: World, **changes: Any) -> IdentificationRow:
    """An identification as the internet-facing function could write it, beside a real one."""
    made = authority.identify(delivery="paper", mobile=None).json
    real = IdentificationRow.get(made["id"])
    value = structs.replace(msgspec.json.decode(real.evidence, type=Evidence), **changes)
    row = IdentificationRow(
        "f" * 32,
        evidence=canonical_form(value).decode(),
        evidence_digest=evidence_digest(value),
        holder=real.holder,
        officer=value.officer_id,
        point=value.point_id,
        identified_at=real.identified_at,
        request_digest="",
    )
    row.save()
    return row


FORGERIES: list[dict[str, Any]] = [
    {"officer_id": "no-such-officer"},
    {"point_id": "no-such-point"},
    {"point_id": OTHER_POINT},
    {"nif": "00000000T"},
]


@pytest.mark.parametrize("changes", FORGERIES)
def test_R25_evidence_that_no_officer_made_justifies_nothing(
    authority: World, changes: dict[str, Any]
) -> None:
    """One partner's account was enough for nine false certificates in 2011: a written row is no officer."""
    row = forged(authority, **changes)
    with pytest.raises((EvidenceRefused, DocumentNifMismatch)):
        order(authority, row.id, session_of(authority.officer.token))


def test_R25_without_the_officers_live_session_no_code_is_granted(authority: World) -> None:
    """Nor with one that ended, nor with that of an officer of another point, nor of a mere revoker."""
    made = authority.identify(delivery="paper", mobile=None).json["id"]
    elsewhere = log_in(authority.app, appoint(authority.cloud, "officer-4", OTHER_POINT))
    revoker = log_in(authority.app, appoint(authority.cloud, "officer-3", POINT, role="revocation-officer"))
    for session in ("", "0" * 64, session_of(elsewhere.token), session_of(revoker.token)):
        with pytest.raises(EvidenceRefused):
            order(authority, made, session)
    assert order(authority, made, session_of(authority.officer.token))["code"]
    authority.clock.turn(minutes=31)
    with pytest.raises(EvidenceRefused):
        order(authority, made, session_of(authority.officer.token))


def test_R25_a_suspended_officer_grants_nothing_more(authority: World) -> None:
    made = authority.identify(delivery="paper", mobile=None).json["id"]
    suspend_officer(authority.cloud, "officer-1", "operator:test")
    with pytest.raises(EvidenceRefused):
        order(authority, made, session_of(authority.officer.token))


def test_R25_a_code_for_the_telephone_is_not_told_to_the_caller(authority: World) -> None:
    """The function that faces the internet has no use for it."""
    made = authority.identify().json["id"]
    assert order(authority, made, session_of(authority.officer.token))["code"] is None
    assert person()["delivery"] == "sms"
