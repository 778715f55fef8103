"""A certificate by video (A09): the same cases and reviewers, and a code only after the acceptance."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from chalicelib.audit.events import every_event
from chalicelib.certificates import closing
from chalicelib.certificates.data_change import revoke_untrue
from chalicelib.certificates.evidence import EvidenceRefused, read_evidence
from chalicelib.errors import NotFound, Unavailable
from chalicelib.login.tables import SessionRow
from chalicelib.login.trust_list import identify_certificate
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.evidence import canonical_form, evidence_digest
from chalicelib.registry.staff import suspend_officer, withdraw_identification
from chalicelib.registry.tables import IdentificationRow, VideoCaseRow
from chalicelib.registry.video.proof import Reviewer, VideoEvidence, obeys_rules
from tests.journeys.test_letter import NIF, enter
from tests.journeys.test_special_positions import DEATH, MARRIED, report
from tests.journeys.test_video import (
    WRONG,
    case_call,
    decide,
    open_case,
    review,
    reviewer,
    submitted,
    take,
    upload,
    with_settings,
)
from tests.support.client import Answer
from tests.support.world import World, another_person

FOR_CERTIFICATE = {"purpose": "certificate"}
PROOF = VideoEvidence(
    nif=NIF,
    given_name="María",
    surname1="Núñez",
    birth_date=date(1985, 2, 28),
    email="maria@example.org",
    mobile="+34612345678",
    delivery="sms",
    language="es",
    conditions_accepted="2026-11",
    purpose="citizen",
    files=dict.fromkeys(("front", "back", "video"), "0" * 64),
    reviewers=(Reviewer("a", datetime(2026, 11, 22, tzinfo=UTC)),),
    point_id="valencia",
    identified_at=datetime(2026, 11, 22, tzinfo=UTC),
)


@pytest.fixture
def known(authority: World) -> World:
    enter(authority)
    return authority


def accepted(world: World, **changes: Any) -> Answer:
    """A request that one reviewer accepted."""
    with_settings(world, video_reviewers=1)
    opened = submitted(world, **FOR_CERTIFICATE | changes)
    decided = review(world, world.officer, opened, "accept")
    assert decided.status == 201, decided.body
    return opened


def proof_of(opened: Answer) -> VideoEvidence:
    row = IdentificationRow.get(opened.json["case"])
    return msgspec.json.decode(row.evidence, type=VideoEvidence)


def test_from_the_video_to_the_certificate(known: World) -> None:
    """A09, A16, A18: no code before the second officer has agreed; then it goes to the telephone alone."""
    opened = submitted(known, **FOR_CERTIFICATE)
    second = reviewer(known, "officer-2")
    state = case_call(known, opened, "state").json
    assert (state["purpose"], state["state"], state["code_until"]) == ("certificate", "waiting", None)
    assert review(known, known.officer, opened, "accept").json["state"] == "waiting"
    assert known.phone.sms() == []
    with pytest.raises(NotFound):
        read_evidence(f"identification:{opened.json['case']}")
    decided = review(known, second, opened, "accept")
    assert decided.json["state"] == "accepted"
    code = known.phone.generation_code()
    assert code.encode() not in decided.body, "the officer does not see it"
    assert known.phone.sms()[-1][0] == "+34612345678"
    state = case_call(known, opened, "state").json
    assert (state["state"], state["code_until"]) == ("accepted", "2026-12-07T22:59:59Z")
    assert not state["receipt_ready"], "a certificate registers nobody"
    assert case_call(known, opened, "receipts").slug == "not-possible-now"
    assert read_account(holder_of(NIF)).registration is None
    answer = known.download(code, email_code=known.phone.email_code())
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    assert "IDCES-" + NIF in certificate.subject.rfc4514_string()
    assert b"maria@example.org" in certificate.tbs_certificate_bytes
    known.clock.turn(seconds=61)
    send_outbox(known.cloud)
    mails = [mail.body for mail in known.phone.emails()]
    assert any("hasta el 7 de diciembre de 2026" in mail for mail in mails)
    assert not any(code in mail for mail in mails)
    queue = known.officer.get(f"{known.point}/video-cases").json["cases"]
    assert queue == []


def test_the_issuance_can_be_judged_again_from_what_was_kept(known: World) -> None:
    """The evidence's digest is in the certificate's record and in the events; the files' hashes are in it."""
    opened = accepted(known)
    known.download(known.phone.generation_code())
    row = IdentificationRow.get(opened.json["case"])
    certificate = next(each for each in CertificateRow.scan() if each.holder == row.holder)
    assert certificate.evidence == f"identification:{row.id}"
    assert certificate.evidence_digest == row.evidence_digest == evidence_digest(proof_of(opened))
    kept = json.loads(VideoCaseRow.get(opened.json["case"]).files)
    assert proof_of(opened).files == {name: file["sha256"] for name, file in kept.items()}
    assert [each.officer for each in proof_of(opened).reviewers] == ["officer-1"]
    granted = [event for event in every_event() if event.evidence == row.evidence_digest]
    assert {"person.identified-by-video", "generation-code.granted"} <= {event.act for event in granted}
    row.update([IdentificationRow.evidence.set(str(row.evidence).replace("María", "Marta"))])
    with pytest.raises(EvidenceRefused):
        read_evidence(f"identification:{row.id}")


def test_a_rejected_request_gets_no_code_appeals_and_may_be_tried_again(known: World) -> None:
    """Q11: another process at once; F18: and the first before somebody else."""
    with_settings(known, video_reviewers=1)
    opened = submitted(known, **FOR_CERTIFICATE)
    review(known, known.officer, opened, "reject", reason="document-unreadable")
    assert known.phone.sms() == []
    state = case_call(known, opened, "state").json
    assert (state["state"], state["reason"]) == ("rejected", "document-unreadable")
    again = accepted(known)
    assert known.download(known.phone.generation_code()).status == 200
    assert again.json["case"] != opened.json["case"]
    case_call(known, opened, "appeals", reason="Se lee.")
    assert review(known, reviewer(known, "officer-2"), opened, "accept").json["state"] == "accepted"


def test_a_lapsed_code_means_a_new_process(known: World) -> None:
    """A20, A21: neither the person nor an officer revives it."""
    opened = accepted(known)
    code = known.phone.generation_code()
    known.clock.turn(days=16)
    assert known.download(code).slug == "code-expired"
    known.officer.token = reviewer_token(known)
    path = f"{known.point}/identifications/{opened.json['case']}/generation-codes"
    assert known.officer.post(path).slug == "code-expired"
    assert accepted(known).status == 201
    assert known.download(known.phone.generation_code()).status == 200


def reviewer_token(world: World) -> str:
    """Another session of the officer: half an hour has passed."""
    answer = world.officer.post("/v1/officer-sessions")
    return str(answer.json["token"])


def test_wrong_data_end_unseen(known: World) -> None:
    """6.6: the same answers; nobody reviews, nothing is sent."""
    right, wrong = (open_case(known, **FOR_CERTIFICATE, **more) for more in ({}, {"contrast": WRONG}))
    for opened in (right, wrong):
        upload(known, opened)
    answers = [case_call(known, opened, "submission") for opened in (right, wrong)]
    answers = [*answers, *(case_call(known, opened, "state") for opened in (right, wrong))]
    assert len({(each.status, len(each.body)) for each in answers[:2]}) == 1
    assert len({(each.status, len(each.body)) for each in answers[2:]}) == 1
    queue = known.officer.get(f"{known.point}/video-cases").json["cases"]
    assert [(entry["case"], entry["purpose"]) for entry in queue] == [(right.json["case"], "certificate")]


def test_who_renounced_an_account_may_still_have_a_certificate(known: World) -> None:
    """The account is another service (2.17), and minors come in person to both (X04)."""
    accepted(known)
    enter(known, nif="00000001R", birth_date="2010-01-01")
    child = submitted(known, **FOR_CERTIFICATE, nif="00000001R", mobile="+34699000001")
    assert VideoCaseRow.get(child.json["case"]).state == "closed"


def test_the_dead_get_no_certificate_by_video(known: World) -> None:
    """A code that went out before the report, a case that waits, one that is opened later: all end."""
    accepted(known)
    code = known.phone.generation_code()
    waiting = submitted(known, **FOR_CERTIFICATE)
    reported = report(known, DEATH)
    assert reported.json["state"] == "done", reported.body
    assert known.download(code).slug == "evidence-refused"
    assert review(known, known.officer, waiting, "accept").slug == "not-possible-now"
    assert review(known, known.officer, waiting, "reject", reason="face-not-matching").status == 201
    later = submitted(known, **FOR_CERTIFICATE)
    assert VideoCaseRow.get(later.json["case"]).state == "closed"
    identification = next(iter(IdentificationRow.scan()))
    identification.update([IdentificationRow.withdrawn_at.remove()])
    assert known.download(code).slug == "evidence-refused", "by the bar itself"


def test_a_new_name_voids_a_code_by_video_too(known: World) -> None:
    accepted(known)
    old = known.phone.generation_code()
    known.clock.turn(seconds=1)
    new = known.code_for(**MARRIED)
    assert known.download(new).status == 200
    assert known.download(old).slug == "evidence-refused"


def test_a_qualified_provider_needs_a_certified_product(known: World) -> None:
    """eIDAS art. 24(1a): none is opened without; and none accepted where it left something open."""
    with_settings(known, supervisory_reference="ES-1", video_reviewers=1)
    assert open_case(known, **FOR_CERTIFICATE).slug == "video-not-offered"
    assert open_case(known).status == 201, "registering asks for no such thing"
    with_settings(known, video_product="tests.journeys.test_video:PRODUCT")
    sure = submitted(known, **FOR_CERTIFICATE)
    doubtful = submitted(known, **FOR_CERTIFICATE)
    VideoCaseRow.get(doubtful.json["case"]).update([VideoCaseRow.product.set("")])
    assert review(known, known.officer, doubtful, "accept").slug == "not-possible-now"
    assert review(known, known.officer, sure, "accept").json["state"] == "accepted"


def test_a_code_that_did_not_go_out_is_sent_by_whoever_sees_it(known: World) -> None:
    """The function ended between decision and grant, and the officer's computer never asked again."""
    with_settings(known, video_reviewers=1)
    opened = submitted(known, **FOR_CERTIFICATE)
    assert take(known, known.officer, opened).status == 200
    kept, known.cloud.functions = known.cloud.functions, Deaf()
    assert decide(known, known.officer, opened, "accept").status == 503
    known.cloud.functions = kept
    assert known.phone.sms() == []
    other = reviewer(known, "officer-2")
    (waiting,) = other.get(f"{known.point}/video-cases").json["cases"]
    assert (waiting["case"], waiting["to_do"]) == (opened.json["case"], "code")
    path = f"{known.point}/video-cases/{opened.json['case']}/generation-codes"
    assert other.post(path).json["state"] == "accepted"
    assert known.download(known.phone.generation_code()).status == 200
    assert other.post(path).slug == "not-possible-now", "once: afterwards there is the rescue"
    assert other.get(f"{known.point}/video-cases").json["cases"] == []


class Deaf:
    """The authority is not there."""

    def invoke(self, cloud: object, function: str, payload: dict[str, object]) -> dict[str, object]:
        raise Unavailable

    def start(self, cloud: object, function: str, detail: object = None) -> None:
        raise Unavailable


def grant(world: World, subject: str, session: str) -> Any:
    order = {"operation": "grant", "subject": subject, "actor": "officer:x", "session": session}
    return world.cloud.invoke("authority", order)


def test_the_authority_does_not_believe_a_video_that_nobody_reviewed(known: World) -> None:
    """R25: too few officers, one who may not review, or a session of somebody who may not: no code."""
    opened = accepted(known)
    subject = f"identification:{opened.json['case']}"
    session = next(str(row.id) for row in SessionRow.scan() if row.subject == "officer:officer-1")
    assert grant(known, subject, session)["code"] is None
    good, row = proof_of(opened), IdentificationRow.get(opened.json["case"])

    def write(proof: VideoEvidence) -> None:
        text, digest = canonical_form(proof).decode(), evidence_digest(proof)
        row.update([IdentificationRow.evidence.set(text), IdentificationRow.evidence_digest.set(digest)])

    stranger = tuple(structs.replace(each, officer="nobody") for each in good.reviewers)
    for forged in (
        structs.replace(good, reviewers=()),
        structs.replace(good, reviewers=good.reviewers * 2),
        structs.replace(good, reviewers=stranger),
        structs.replace(good, birth_date=date(2010, 1, 1)),
        structs.replace(good, nif="00000001R"),
    ):
        write(forged)
        with pytest.raises(EvidenceRefused):
            grant(known, subject, session)
    write(good)
    assert grant(known, subject, session)["messages"]
    with_settings(known, video_reviewers=2)
    with pytest.raises(EvidenceRefused):
        grant(known, subject, session)
    with pytest.raises(EvidenceRefused):
        grant(known, subject, "")


def test_a_withdrawn_video_justifies_nothing(known: World) -> None:
    """R25: what a careless reviewer approved is listed with the officer's suspension, and withdrawn."""
    opened = accepted(known)
    code = known.phone.generation_code()
    listed = suspend_officer(known.cloud, "officer-1", "operator:test")
    assert [str(row.id) for row in listed] == [opened.json["case"]]
    withdraw_identification(known.cloud, opened.json["case"], "operator:test")
    assert known.download(code).slug == "evidence-refused"


def reported_dead(world: World) -> Answer:
    day = {"issued_on": "2026-11-21"}
    body = {
        "nif": NIF,
        "kind": "death",
        "document": {"kind": "civil-registry-extract", "reference": "RC 46/1"} | day,
        "happened_on": "2026-11-19",
    }
    return world.officer.post(f"{world.point}/reports", body, key="report-1")


def test_a_death_ends_what_was_granted_by_video_and_lets_nothing_new_begin(known: World) -> None:
    """Its code is worthless from the report on, whatever follows; and cases that wait lead nowhere."""
    opened, waiting = accepted(known), submitted(known, **FOR_CERTIFICATE)
    code = known.phone.generation_code()
    assert take(known, known.officer, waiting).status == 200
    steps, closing.STEPS = closing.STEPS, {}  # type: ignore[misc]
    answer = reported_dead(known)
    closing.STEPS = steps  # type: ignore[misc]
    assert (answer.status, answer.json["state"]) == (201, "done"), answer.body
    assert known.download(code).slug == "evidence-refused", "barred, before anything was withdrawn"
    assert decide(known, known.officer, waiting, "accept").slug == "not-possible-now"
    assert IdentificationRow.find(waiting.json["case"]) is None
    assert case_call(known, submitted(known, **FOR_CERTIFICATE), "state").json["state"] == "waiting", "unseen"
    closed = closing.carry_out(known.cloud, answer.json["id"], look_again=True)
    assert closed.state == "closed"
    assert not IdentificationRow.get(opened.json["case"]).stands


def test_who_came_by_video_has_no_guardian_and_may_be_asked_about(known: World) -> None:
    """What looks at a person's newest identification finds this one too."""
    opened = accepted(known)
    asked = {"channel": "guardian", "document": another_person(9)["document"]}
    body = {"identification": opened.json["case"], "asked_by": asked}
    assert known.officer.post(f"{known.point}/code-requests", body).slug == "guardianship-ended"
    path = f"{known.point}/identifications/{opened.json['case']}/generation-codes"
    assert known.officer.post(path).status == 201
    assert revoke_untrue(known.cloud, opened.json["case"]) == [], "it declares no change"


def test_X19_what_a_certificate_by_video_may_be_the_base_of(known: World) -> None:
    """It opens sessions; it proves an identity anew only if a certified product had looked too."""
    for product, proves in (("", False), ("tests.journeys.test_video:PRODUCT", True)):
        with_settings(known, video_product=product)
        accepted(known)
        answer = known.download(known.phone.generation_code())
        certificate = x509.load_pem_x509_certificates(answer.body)[0]
        assert identify_certificate(known.cloud, certificate).proves_identity is proves


@given(
    age=st.integers(10, 30),
    officers=st.lists(st.sampled_from("abc"), max_size=3),
    missing=st.sampled_from(["", "front", "back", "video"]),
)
def test_evidence_by_video_obeys_its_rules(age: int, officers: list[str], missing: str) -> None:
    """Adults only, every file, at least one reviewer and nobody twice."""
    at = PROOF.identified_at
    evidence = structs.replace(
        PROOF,
        birth_date=date(at.year - age, 1, 1),
        reviewers=tuple(Reviewer(name, at) for name in officers),
        files={name: digest for name, digest in PROOF.files.items() if name != missing},
    )
    sound = age >= 18 and not missing and 0 < len(officers) == len(set(officers))
    assert obeys_rules(evidence) is sound
