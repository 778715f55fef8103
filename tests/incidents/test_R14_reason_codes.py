"""R14: reason codes that may not be there (GlobalSign: certificateHold; Google: a reserved code)."""

from __future__ import annotations

import pytest
from cryptography import x509

from chalicelib.pki import publication
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE, CITIZENS
from chalicelib.pki.reasons import NEVER, ReasonNotAllowed, read_reason
from tests.pki.authority import PROFILES, QUALIFIED
from tests.pki.status_world import World

ALLOWED = sorted(reason.value for reason in PROFILES[CITIZEN_SOFTWARE].revocation_reasons - NEVER)


def test_R14_a_hold_is_for_citizens_alone_and_nothing_is_removed() -> None:
    """A CA, a responder and an officer are trusted or not; and there are no delta CRLs."""
    for profile in (*PROFILES.values(), *QUALIFIED.values()):
        held = {x509.ReasonFlags.certificate_hold} if profile.name in CITIZENS else set()
        assert profile.revocation_reasons & NEVER == held


@pytest.mark.parametrize("name", ALLOWED)
def test_R14_crl_and_ocsp_say_the_same_reason_and_never_unspecified(world: World, name: str) -> None:
    """RFC 5280, section 5.3.1: instead of `unspecified` there is no reason at all."""
    row, made = world.certificate()
    world.revoke(row, read_reason(name, PROFILES[CITIZEN_SOFTWARE].revocation_reasons))
    publication.publish(world.cloud, world.issuer_id, 0)
    (entry,) = world.published()
    reasons = [extension.value for extension in entry.extensions]
    told = world.ask(made).revocation_reason
    if name == "unspecified":
        assert (reasons, told) == ([], None)
    else:
        assert reasons == [x509.CRLReason(x509.ReasonFlags(name))]
        assert told is x509.ReasonFlags(name)


@pytest.mark.parametrize(
    "name", ["certificateHold", "removeFromCRL", "aACompromise", "cACompromise", "7", "hold"]
)
def test_R14_a_reason_outside_the_profile_is_refused(name: str) -> None:
    """Code 7 is not used by any version of the standard."""
    with pytest.raises(ReasonNotAllowed):
        read_reason(name, PROFILES[CITIZEN_SOFTWARE].revocation_reasons)
