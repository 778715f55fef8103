"""R17: notAfter is inclusive, and forgetting it gives one second too many (Let's Encrypt, 2021)."""

from __future__ import annotations

import datetime

import pytest
from msgspec import structs

from chalicelib.pki.lint import LintError, require_clean
from chalicelib.pki.profiles import Years
from tests.pki.authority import ISSUED, PROFILES, Request, ca_name, every_profile, issue


def test_R17_the_last_second_is_counted() -> None:
    """From the first second to the last, both included, is the period to the second."""
    for name, (profile, certificate) in every_profile().items():
        after = certificate.not_valid_after_utc + datetime.timedelta(seconds=1)
        begin = certificate.not_valid_before_utc
        if isinstance(profile.validity, Years):
            assert after == begin.replace(year=begin.year + profile.validity.count), name
        else:
            assert after - begin == datetime.timedelta(days=profile.validity.count), name


def test_R17_a_leap_day_never_lengthens_the_period() -> None:
    """Three years from 29 February end on the 28th: a 1 March would be a day too long."""
    leap = datetime.datetime(2028, 2, 29, 12, 0, 0, tzinfo=datetime.UTC)
    certificate = issue(PROFILES["citizen-software"], Request(not_before=leap))
    assert certificate.not_valid_after_utc == datetime.datetime(2031, 2, 28, 11, 59, 59, tzinfo=datetime.UTC)


def test_R17_the_gate_stops_a_certificate_that_is_one_day_off() -> None:
    """The check is made on the finished certificate too, so a wrong builder cannot get past."""
    profile = PROFILES["ocsp-responder"]
    longer = structs.replace(profile, validity=structs.replace(profile.validity, count=91))
    certificate = issue(longer, Request(subject=ca_name("Clavero OCSP"), not_before=ISSUED))
    with pytest.raises(LintError, match=r"clavero\.validity"):
        require_clean(certificate, profile)
