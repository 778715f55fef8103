"""A certificate by video under a new name; and what somebody who is registered hears of any."""

from __future__ import annotations

from datetime import date

import pytest
from cryptography import x509

from chalicelib.notices.jobs import send_outbox
from chalicelib.registry.account_tables import RegistrationItem
from chalicelib.registry.accounts import REGISTRATION, holder_of
from chalicelib.registry.tables import DutyRow, VideoCaseRow
from tests.journeys.test_letter import enter
from tests.journeys.test_special_positions import go_to, morning, row_of, told
from tests.journeys.test_video import decide, review, reviewer, submitted, take, with_settings
from tests.journeys.test_video_certificate import FOR_CERTIFICATE, proof_of
from tests.support.citizens import register
from tests.support.world import World, new_csr

BEFORE = "María José Núñez Peña"


@pytest.fixture
def renamed(authority: World) -> World:
    """The civil register has another name by now than the certificates that follow."""
    enter(authority, surname1="García")
    return authority


def test_a_registered_name_is_another_name_too(renamed: World) -> None:
    """Of somebody without a certificate: two names would be on record, and on line nothing could be had."""
    register(renamed)
    opened, second = submitted(renamed, **FOR_CERTIFICATE), reviewer(renamed, "officer-2")
    for officer in (renamed.officer, second):
        assert take(renamed, officer, opened).json["names_before"] == [BEFORE]
        assert decide(renamed, officer, opened, "accept").slug == "name-differs"
        assert decide(renamed, officer, opened, "accept", new_name=True).status == 201
    known = RegistrationItem.get(holder_of("12345678Z"), REGISTRATION)
    assert (known.given_name, known.surname1) == ("María José", "García")


def test_a_new_name_is_said_by_both_and_ends_the_certificates_of_the_old_one(renamed: World) -> None:
    old = renamed.certificate_of()
    opened, second = submitted(renamed, **FOR_CERTIFICATE), reviewer(renamed, "officer-2")
    for officer, state in ((renamed.officer, "waiting"), (second, "accepted")):
        assert take(renamed, officer, opened).json["names_before"] == [BEFORE]
        assert decide(renamed, officer, opened, "accept").slug == "name-differs"
        refused = decide(renamed, officer, opened, "reject", reason="data-not-matching", new_name=True)
        assert refused.slug == "name-not-changed", "nothing is accepted"
        for _ in range(2):  # the answer was lost
            answer = decide(renamed, officer, opened, "accept", new_name=True)
            assert (answer.status, answer.json["state"]) == (201, state), answer.body
        assert decide(renamed, officer, opened, "accept").slug == "decided-before", "another thing is said"
    assert row_of(old).revoked_at is None, "the new one is not there yet"
    assert len(told("data-changed")) == len(list(DutyRow.scan())) == 1
    changes = proof_of(opened).changes
    assert changes is not None
    assert changes.name_document == f"civil register, video-case:{opened.json['case']}"
    csr = new_csr()
    answers = [renamed.download(renamed.phone.generation_code(), csr) for _ in range(2)]
    assert answers[0].body == answers[1].body
    new = x509.load_pem_x509_certificates(answers[0].body)[0]
    assert "García" in new.subject.rfc4514_string()
    assert row_of(old).reason == "affiliationChanged"
    assert not row_of(new).revoked_at
    assert len(told("certificate-revoked")) == 1
    assert all(duty.done_at for duty in DutyRow.scan())
    again = submitted(renamed, **FOR_CERTIFICATE)
    assert take(renamed, renamed.officer, again).json["names_before"] == []
    assert decide(renamed, renamed.officer, again, "accept", new_name=True).slug == "name-not-changed"
    assert decide(renamed, renamed.officer, again, "accept").status == 201


def test_what_only_one_of_two_said_of_the_name_revokes_nothing(authority: World) -> None:
    """The register changed between them: somebody else has to agree with one. And what nobody downloads for
    ends the old certificates on its day."""
    enter(authority)
    old = authority.certificate_of()
    opened = submitted(authority, **FOR_CERTIFICATE)
    second, third = (reviewer(authority, name) for name in ("officer-2", "officer-3"))
    assert review(authority, authority.officer, opened, "accept").json["state"] == "waiting"
    enter(authority, surname1="García")
    assert review(authority, second, opened, "accept", new_name=True).json["state"] == "waiting"
    assert review(authority, third, opened, "accept", new_name=True).json["state"] == "accepted"
    assert [each.officer for each in proof_of(opened).reviewers] == ["officer-2", "officer-3"]
    morning(authority, date(2026, 11, 26))
    assert row_of(old).revoked_at is None
    morning(authority, date(2026, 11, 27))
    assert row_of(old).reason == "affiliationChanged"
    go_to(authority, authority.clock.at)
    assert authority.download(authority.phone.generation_code()).status == 200


def test_a_registration_by_video_says_nothing_of_certificates(renamed: World) -> None:
    """It gives none, so it takes the place of none."""
    with_settings(renamed, video_reviewers=1)
    renamed.certificate_of()
    opened = submitted(renamed)
    assert take(renamed, renamed.officer, opened).json["names_before"] == []
    assert decide(renamed, renamed.officer, opened, "accept", new_name=True).slug == "name-not-changed"
    assert decide(renamed, renamed.officer, opened, "accept").json["state"] == "accepted"


def test_whoever_is_registered_hears_of_a_certificate_that_a_stranger_got_by_video(authority: World) -> None:
    """At the addresses of the registration, which the case does not know; officers see no difference."""
    enter(authority)
    enter(authority, nif="00000001R")
    with_settings(authority, video_reviewers=1)
    victim = register(authority, mobile="+34699111222", email="victim@example.org")
    opened = submitted(authority, **FOR_CERTIFICATE)
    decided = review(authority, authority.officer, opened, "accept")
    code = authority.phone.generation_code()
    stranger = submitted(authority, **FOR_CERTIFICATE, nif="00000001R")
    alike = review(authority, authority.officer, stranger, "accept")
    assert alike.json | {"case": ""} == decided.json | {"case": ""}
    authority.clock.turn(seconds=61)
    send_outbox(authority.cloud)
    notices = told("video-certificate-granted")
    assert sorted(row.to for row in notices) == ["+34699111222", "victim@example.org"], "of one of two"
    assert authority.cloud.settings.help_phone in victim.texts[-1]
    (mail,) = (mail for mail in authority.phone.emails() if "por vídeo un certificado" in mail.subject)
    assert "victim@example.org" in str(mail.destinations)
    assert "******678" in mail.body
    assert "+34612345678" not in mail.body
    assert not any(code in text for text in (mail.body, victim.texts[-1]))
    assert VideoCaseRow.get(opened.json["case"]).email not in mail.body
