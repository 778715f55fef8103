"""Which side may do what with a certificate, as one table says it."""

from __future__ import annotations

import pytest
from cryptography.x509 import ReasonFlags

from chalicelib.certificates.desk import ByPhone, InPerson
from chalicelib.certificates.sides import SIDES
from chalicelib.pki.catalogue import CITIZEN_REASONS
from chalicelib.pki.reasons import ReasonNotAllowed, read_reason


def test_only_who_is_surely_the_holder_brings_a_certificate_back() -> None:
    assert {side.name for side in SIDES.values() if side.lifts} == {"personal-area", "in-person"}
    assert {InPerson.channel, ByPhone.channel} <= set(SIDES)


@pytest.mark.parametrize("name", SIDES)
def test_no_side_gives_a_reason_that_is_none_of_a_revocation(name: str) -> None:
    """R14: certificateHold and removeFromCRL by nobody, and what the profile does not allow by nobody."""
    allowed = SIDES[name].among(CITIZEN_REASONS)
    assert allowed <= CITIZEN_REASONS
    for reason in ("certificateHold", "removeFromCRL", "cACompromise"):
        with pytest.raises(ReasonNotAllowed):
            read_reason(reason, allowed)
    assert read_reason("keyCompromise", allowed) == "keyCompromise"
    assert read_reason("unspecified", allowed) is None


@pytest.mark.parametrize("name", ["personal-area", "emergency-code", "phone"])
def test_that_a_right_is_withdrawn_is_the_offices_to_say(name: str) -> None:
    assert ReasonFlags.privilege_withdrawn not in SIDES[name].among(CITIZEN_REASONS)
    with pytest.raises(ReasonNotAllowed):
        read_reason("privilegeWithdrawn", SIDES[name].among(CITIZEN_REASONS))
    assert read_reason("privilegeWithdrawn", SIDES["in-person"].among(CITIZEN_REASONS))
