"""R18: certificates that outlive their issuer or the longest period allowed."""

from __future__ import annotations

import datetime

import pytest
from msgspec import structs

from chalicelib.pki.certificate import ValidityOutsideIssuer
from chalicelib.pki.profiles import DishonestProfile, Years
from tests.pki.authority import CREATED, ISSUING, PROFILES, ROOT_ISSUER, ROOT_KEY, Request, ca_name, issue

SECOND = datetime.timedelta(seconds=1)
# A three-year certificate that begins here ends in the same second as the issuing CA.
LAST_START = datetime.datetime(2035, 1, 15, 9, 0, 0, tzinfo=datetime.UTC)


def test_R18_a_certificate_may_end_with_its_issuer() -> None:
    certificate = issue(PROFILES["citizen-software"], Request(not_before=LAST_START))
    assert certificate.not_valid_after_utc == ISSUING.not_valid_after_utc


def test_R18_one_second_longer_is_refused_and_not_cut() -> None:
    """Cutting would give citizens less than promised, silently: roll the CA over instead."""
    with pytest.raises(ValidityOutsideIssuer):
        issue(PROFILES["citizen-software"], Request(not_before=LAST_START + SECOND))


def test_R18_a_certificate_does_not_begin_before_its_issuer() -> None:
    assert issue(PROFILES["citizen-software"], Request(not_before=CREATED))
    with pytest.raises(ValidityOutsideIssuer):
        issue(PROFILES["citizen-software"], Request(not_before=CREATED - SECOND))


def test_R18_a_ca_does_not_outlive_its_root() -> None:
    late = CREATED.replace(year=CREATED.year + 14)
    asked = Request(ca_name("Clavero Citizens CA 2040"), not_before=late)
    with pytest.raises(ValidityOutsideIssuer):
        issue(PROFILES["issuing-ca"], asked, issuer=ROOT_ISSUER, key=ROOT_KEY)


def test_R18_a_profile_cannot_be_longer_than_its_kind_allows() -> None:
    """Five years for people (Ley 6/2020, art. 6)."""
    assert structs.replace(PROFILES["citizen-software"], validity=Years(5))
    with pytest.raises(DishonestProfile):
        structs.replace(PROFILES["citizen-software"], validity=Years(6))
