"""Registration by video: uploads, checks, the queue, two reviewers, reasons, appeal."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import struct
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.aws.cloud import Cloud
from chalicelib.notices.jobs import send_outbox
from chalicelib.registry.account_tables import PhoneRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.tables import OfficerRow, VideoCaseRow
from chalicelib.registry.video import review as review_room
from chalicelib.registry.video.checks import Findings, Submitted
from tests.journeys.test_letter import CONTRAST, NIF, STRANGER, enter
from tests.support.citizens import Person
from tests.support.client import Answer, Client
from tests.support.refused import refused
from tests.support.world import OTHER_POINT, POINT, World, another_person, appoint, log_in, person

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 100
WRONG = {"valid_until": "2030-01-01"}


def mp4(seconds: int) -> bytes:
    """The beginning of a film: a file type box, and a movie header that says how long it lasts."""
    header = struct.pack(">4xIIII", 0, 0, 1000, seconds * 1000)
    box = b"mvhd" + header + b"\x00" * 80
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + b"\x00\x00\x00\x6cmoov" + box


class Certified:
    """A product that an operator has plugged in; as sure as a test needs it."""

    certificate = "CPSTIC 2026/0000"

    def check(self, cloud: Cloud, case: Submitted) -> Findings:
        return Findings(passed=("content", "register", "face", "document-features", "liveness"))


PRODUCT = Certified()


@pytest.fixture
def known(authority: World) -> World:
    """An authority whose register has one person."""
    enter(authority)
    return authority


def with_settings(world: World, **changes: Any) -> None:
    world.cloud.settings = dataclasses.replace(world.cloud.settings, **changes)


def open_case(world: World, **changes: Any) -> Answer:
    body = {
        "nif": NIF,
        "contrast": CONTRAST,
        "mobile": "+34612345678",
        "email": "maria@example.org",
        "language": "es",
        "consent": {"recording": True, "biometrics": True},
        "conditions_accepted": "2026-11",
    } | changes
    return world.citizen.post("/v1/video-cases", body)


def upload(world: World, opened: Answer, **contents: bytes) -> None:
    """What the object store does with a form that it accepted."""
    files = {"front": JPEG + b"front", "back": JPEG + b"back", "video": mp4(40)} | contents
    for form in opened.json["uploads"]:
        world.cloud.s3.put_object(
            Bucket=world.cloud.settings.private_bucket,
            Key=form["fields"]["key"],
            Body=files[form["name"]],
            ContentType=form["fields"]["Content-Type"],
            Tagging="retention=undecided",
        )


def case_call(world: World, opened: Answer, what: str, **more: Any) -> Answer:
    body = {"token": opened.json["token"], **more}
    return world.citizen.post(f"/v1/video-cases/{opened.json['case']}/{what}", body)


def submitted(world: World, **changes: Any) -> Answer:
    opened = open_case(world, **changes)
    upload(world, opened)
    answer = case_call(world, opened, "submission")
    assert answer.status == 202, answer.body
    return opened


def reviewer(world: World, officer_id: str, at: str = POINT) -> Client:
    return log_in(world.app, appoint(world.cloud, officer_id, at))


def take(world: World, officer: Client, opened: Answer) -> Answer:
    return officer.post(f"{world.point}/video-cases/{opened.json['case']}/takes")


def decide(world: World, officer: Client, opened: Answer, decision: str, **more: Any) -> Answer:
    body = {"decision": decision, **more}
    return officer.post(f"{world.point}/video-cases/{opened.json['case']}/decisions", body)


def review(world: World, officer: Client, opened: Answer, decision: str, **more: Any) -> Answer:
    answer = take(world, officer, opened)
    assert answer.status == 200, answer.body
    return decide(world, officer, opened, decision, **more)


def test_two_officers_accept_and_the_person_is_advanced(known: World) -> None:
    """2.1, F18: from the upload to the proof of registration, which no officer sees."""
    opened = submitted(known)
    second = reviewer(known, "officer-2")
    queue = known.officer.get(f"{known.point}/video-cases").json["cases"]
    assert [entry["case"] for entry in queue] == [opened.json["case"]]
    first = review(known, known.officer, opened, "accept")
    assert first.json["state"] == "waiting"
    assert read_account(holder_of(NIF)).level == "none", "one of two is not enough"
    assert review(known, second, opened, "accept").json["state"] == "accepted"
    account = read_account(holder_of(NIF))
    assert account.level == "advanced"
    assert [proof.method for proof in account.proofs] == ["video-reviewed"]
    assert account.strong_until is not None
    fetched = case_call(known, opened, "receipts")
    assert fetched.status == 201, fetched.body
    assert fetched.json["level"] == "advanced"
    assert base64.b64decode(fetched.json["receipt_pdf"]).startswith(b"%PDF")
    assert case_call(known, opened, "receipts").status == 201, "again, if the answer was lost"
    known.clock.turn(days=16)
    assert case_call(known, opened, "receipts").slug == "not-possible-now"


def test_nobody_decides_twice(known: World) -> None:
    opened = submitted(known)
    review(known, known.officer, opened, "accept")
    assert take(known, known.officer, opened).slug == "decided-before"
    other = decide(known, known.officer, opened, "reject", reason="document-unreadable")
    assert other.slug == "decided-before"
    again = decide(known, known.officer, opened, "accept")
    assert again.json["state"] == "waiting", "an answer was lost, and one acceptance is one"
    assert known.officer.get(f"{known.point}/video-cases").json["cases"] == []


def test_nobody_decides_on_the_own_case(known: World) -> None:
    """An officer is a citizen too."""
    mine = json.loads(OfficerRow.get("officer-1").evidence)["nif"]
    enter(known, nif=mine)
    opened = submitted(known, nif=mine)
    assert take(known, known.officer, opened).slug == "own-case"
    assert known.officer.get(f"{known.point}/video-cases").json["cases"] == []


def test_a_case_is_in_one_pair_of_hands(known: World) -> None:
    """For half an hour; then somebody else may go on."""
    opened = submitted(known)
    second = reviewer(known, "officer-2")
    assert take(known, known.officer, opened).status == 200
    assert take(known, second, opened).slug == "case-taken"
    assert decide(known, second, opened, "accept").slug == "case-taken"
    known.clock.turn(minutes=29)
    assert take(known, second, opened).slug == "case-taken"
    known.clock.turn(minutes=2)
    assert known.officer.certificate is not None
    second = log_in(known.app, second.certificate or "")
    assert take(known, second, opened).status == 200
    officer = log_in(known.app, known.officer.certificate)
    assert decide(known, officer, opened, "accept").slug == "case-taken"


def test_first_come_first_served(known: World) -> None:
    enter(known, nif=STRANGER)
    first = submitted(known)
    known.clock.turn(minutes=5)
    second = submitted(known, nif=STRANGER, mobile="+34699999999")
    queue = known.officer.get(f"{known.point}/video-cases").json["cases"]
    assert [entry["case"] for entry in queue] == [first.json["case"], second.json["case"]]


def test_cases_that_wait_for_a_second_officer_hide_no_others(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_room, "SHOWN_AT_ONCE", 1)
    enter(known, nif=STRANGER)
    approved = submitted(known)
    known.clock.turn(minutes=5)
    other = submitted(known, nif=STRANGER, mobile="+34699999999")
    officer = log_in(known.app, known.officer.certificate or "")
    assert review(known, officer, approved, "accept").json["state"] == "waiting"
    queue = officer.get(f"{known.point}/video-cases").json["cases"]
    assert [entry["case"] for entry in queue] == [other.json["case"]]


def test_a_point_without_the_service_reviews_nothing(known: World) -> None:
    other = reviewer(known, "officer-3", OTHER_POINT)
    answer = other.get(f"/v1/registration-points/{OTHER_POINT}/video-cases")
    assert answer.slug == "forbidden"


def test_a_rejection_takes_nothing_away(known: World) -> None:
    """Q20: who was registered before stays registered, at the same level, and reads why."""
    body = {"identification": person(), "contrast": CONTRAST}
    assert known.officer.post(f"{known.point}/registrations", body, key="new").status == 201
    opened = submitted(known)
    assert review(known, known.officer, opened, "reject").slug == "reason-required"
    assert decide(known, known.officer, opened, "reject", reason="face-not-matching").status == 201
    assert read_account(holder_of(NIF)).level == "advanced"
    told = case_call(known, opened, "state").json
    assert (told["state"], told["reason"]) == ("rejected", "face-not-matching")
    known.clock.turn(seconds=61)
    send_outbox(known.cloud)
    assert "no se parece lo bastante" in known.phone.emails()[-1].body


def test_an_appeal_goes_to_somebody_else_and_once(known: World) -> None:
    with_settings(known, video_reviewers=1)
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="document-unreadable")
    assert case_call(known, opened, "appeals", reason="Se lee perfectamente.").status == 202
    assert take(known, known.officer, opened).slug == "decided-before"
    second = reviewer(known, "officer-2")
    assert take(known, second, opened).json["appeal"] == "Se lee perfectamente."
    decide(known, second, opened, "reject", reason="document-unreadable")
    assert case_call(known, opened, "appeals", reason="Otra vez.").slug == "appeal-not-possible"


def test_an_appeal_can_win(known: World) -> None:
    with_settings(known, video_reviewers=1)
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="liveness-doubtful")
    case_call(known, opened, "appeals", reason="Era yo.")
    assert review(known, reviewer(known, "officer-2"), opened, "accept").json["state"] == "accepted"
    assert read_account(holder_of(NIF)).level == "advanced"


def test_an_appeal_comes_within_30_days(known: World) -> None:
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="liveness-doubtful")
    known.clock.turn(days=31)
    assert case_call(known, opened, "appeals", reason="Era yo.").slug == "appeal-not-possible"


def test_a_video_does_not_change_how_a_person_is_reached(known: World) -> None:
    """2.8: the telephone changes with a certificate or in person only."""
    with_settings(known, video_reviewers=1)
    body = {"identification": person(), "contrast": CONTRAST}
    known.officer.post(f"{known.point}/registrations", body, key="new")
    opened = submitted(known, mobile="+34699999999")
    assert review(known, known.officer, opened, "accept").status == 201
    registration = read_account(holder_of(NIF)).registration
    assert registration is not None
    assert registration.mobile == "+34612345678"


def test_consent_is_express_and_apart(known: World) -> None:
    """3.13: to the recording, and to the comparison of biometric data."""
    for consent in ({"recording": True, "biometrics": False}, {"recording": False, "biometrics": True}):
        assert open_case(known, consent=consent).slug == "video-not-consented"


def test_forms_are_bound_to_key_type_and_size(known: World) -> None:
    """The object store itself refuses what is larger, of another type, elsewhere, or later."""
    opened = open_case(known)
    limits = {}
    store = f"https://{known.cloud.settings.private_bucket}.s3.{known.cloud.settings.region}.amazonaws.com/"
    assert {form["url"] for form in opened.json["uploads"]} == {store}, "a redirect would lose the upload"
    for form in opened.json["uploads"]:
        policy = json.loads(base64.b64decode(form["fields"]["policy"]))
        conditions = policy["conditions"]
        assert {"key": f"video/{opened.json['case']}/{form['name']}"} in conditions
        assert {"Content-Type": form["fields"]["Content-Type"]} in conditions
        assert any("undecided" in str(condition) for condition in conditions)
        limits[form["name"]] = next(each[2] for each in conditions if "content-length-range" in each)
    assert limits == {"front": 10 << 20, "back": 10 << 20, "video": 50 << 20}


@pytest.mark.parametrize(
    "contents",
    [
        {"front": b"<html><script>alert(1)</script></html>"},
        {"back": b"%PDF-1.7"},
        {"video": b"MZ\x90\x00" + b"\x00" * 100},
        {"video": JPEG},
    ],
)
def test_a_file_is_what_it_says(known: World, contents: dict[str, bytes]) -> None:
    """Before anybody opens it; and the person can upload it again."""
    opened = open_case(known)
    upload(known, opened, **contents)
    answer = case_call(known, opened, "submission")
    assert (answer.slug, answer.json["field"]) == ("upload-not-as-claimed", next(iter(contents)))
    upload(known, opened)
    assert case_call(known, opened, "submission").status == 202


def test_nothing_is_submitted_without_all_files(known: World) -> None:
    assert case_call(known, open_case(known), "submission").slug == "upload-missing"


def test_what_is_reviewed_is_what_was_submitted(known: World) -> None:
    """A form is good for minutes after the submission: a later upload is another version."""
    opened = submitted(known)
    before = json.loads(VideoCaseRow.get(opened.json["case"]).files)["front"]
    upload(known, opened, front=JPEG + b"another face")
    shown = take(known, known.officer, opened).json["evidence"]["front"]
    assert before["version"] in shown
    assert len(before["sha256"]) == 64
    assert "X-Amz-Expires=300" in shown


def test_evidence_is_kept_by_its_outcome(known: World) -> None:
    def retention(opened: Answer) -> set[str]:
        files = json.loads(VideoCaseRow.get(opened.json["case"]).files)
        tags = [
            known.cloud.s3.get_object_tagging(
                Bucket=known.cloud.settings.private_bucket, Key=file["key"], VersionId=file["version"]
            )["TagSet"]
            for file in files.values()
        ]
        return {tag["Value"] for tagged in tags for tag in tagged}

    with_settings(known, video_reviewers=1)
    rejected = submitted(known)
    review(known, known.officer, rejected, "reject", reason="face-not-matching")
    accepted = submitted(known)
    review(known, known.officer, accepted, "accept")
    assert (retention(rejected), retention(accepted)) == ({"rejected"}, {"accepted"})


def locks(world: World, opened: Answer) -> set[tuple[str, datetime] | None]:
    """How the pinned versions of a case are locked."""

    def lock(file: dict[str, str]) -> tuple[str, datetime] | None:
        s3, bucket = world.cloud.s3, world.cloud.settings.private_bucket
        head = s3.head_object(Bucket=bucket, Key=file["key"], VersionId=file["version"])
        return (
            (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) if "ObjectLockMode" in head else None
        )

    return {lock(file) for file in json.loads(VideoCaseRow.get(opened.json["case"]).files).values()}


def test_accepted_evidence_is_locked_for_15_years_and_no_other(known: World) -> None:
    with_settings(known, video_reviewers=1)
    rejected = submitted(known)
    assert locks(known, rejected) == {None}
    review(known, known.officer, rejected, "reject", reason="face-not-matching")
    assert locks(known, rejected) == {None}
    accepted = submitted(known)
    review(known, known.officer, accepted, "accept")
    until = known.clock().replace(microsecond=0) + timedelta(days=5479)
    assert locks(known, accepted) == {("GOVERNANCE", until)}


def test_a_lock_that_failed_is_set_by_the_next_call(known: World) -> None:
    """The reviewer's own retry, or the fetching of the receipt; the decision stands, and is one."""
    with_settings(known, video_reviewers=1)
    for again in ("retry", "receipt"):
        opened = submitted(known)
        assert take(known, known.officer, opened).status == 200
        with refused(known.cloud.s3, "PutObjectRetention", "SlowDown"):
            assert decide(known, known.officer, opened, "accept").status == 503
        assert locks(known, opened) == {None}
        assert VideoCaseRow.get(opened.json["case"]).state == "accepted"
        if again == "retry":
            assert decide(known, known.officer, opened, "accept").json["state"] == "accepted"
        else:
            assert case_call(known, opened, "receipts").status == 201
        ((mode, _),) = (each for each in locks(known, opened) if each)
        assert mode == "GOVERNANCE"
        assert None not in locks(known, opened)
        with_decisions = json.loads(VideoCaseRow.get(opened.json["case"]).decisions)
        assert len(with_decisions) == 1
    other = reviewer(known, "officer-5")
    assert decide(known, other, opened, "accept").slug == "not-possible-now", "a retry is the decider's"


def test_by_default_a_machine_grants_nothing(known: World) -> None:
    opened = submitted(known)
    assert read_account(holder_of(NIF)).level == "none"
    findings = take(known, known.officer, opened).json["findings"]
    assert "face" in findings["unknown"]
    assert "duration" in findings["passed"]


def test_a_certified_product_grants_the_basic_level_at_once(known: World) -> None:
    """And people still review: advanced if they accept."""
    with_settings(known, video_product="tests.journeys.test_video:PRODUCT", video_reviewers=1)
    opened = submitted(known)
    assert read_account(holder_of(NIF)).level == "basic"
    assert case_call(known, opened, "receipts").json["level"] == "basic"
    review(known, known.officer, opened, "accept")
    assert read_account(holder_of(NIF)).level == "advanced"


def test_a_rejection_takes_back_what_a_product_granted_and_nothing_else(known: World) -> None:
    """Q20: never below what was held before; and whoever was rejected keeps no way in."""
    with_settings(known, video_product="tests.journeys.test_video:PRODUCT", video_reviewers=1)
    opened = submitted(known)
    session = Person(known, {"nif": NIF, "mobile": "+34612345678"}, "", Client(known.app)).log_in_with_pin()
    assert session.get("/v1/me").json["level"] == "basic"
    review(known, known.officer, opened, "reject", reason="face-not-matching")
    account = read_account(holder_of(NIF))
    assert (account.state, account.level) == ("unregistered", "none"), "as before the video"
    assert [proof.withdrawn_at is None for proof in account.proofs] == [False]
    assert session.get("/v1/me").slug == "session-required"
    assert case_call(known, opened, "receipts").slug == "not-possible-now"
    assert not case_call(known, opened, "state").json["receipt_ready"]
    assert PhoneRow.get("+34612345678").holder is None
    # Somebody else gave that number, perhaps: whoever registers now is not held up by it, nor is it told.
    body = {"identification": person(mobile="+34699000777"), "contrast": CONTRAST}
    known.clock.turn(seconds=61)
    send_outbox(known.cloud)
    before = len(known.phone.sms())
    assert known.officer.post(f"{known.point}/registrations", body, key="new").status == 201
    known.clock.turn(seconds=61)
    send_outbox(known.cloud)
    assert {number for number, _ in known.phone.sms()[before:]} == {"+34699000777"}
    registration = read_account(holder_of(NIF)).registration
    assert registration is not None
    assert registration.mobile_since is None


def test_another_proof_carries_what_a_rejection_takes_back(known: World) -> None:
    """Registered in person meanwhile: advanced stays, and an appeal that wins adds its own proof."""
    with_settings(known, video_product="tests.journeys.test_video:PRODUCT", video_reviewers=1)
    opened = submitted(known)
    body = {"identification": person(), "contrast": CONTRAST}
    assert known.officer.post(f"{known.point}/registrations", body, key="new").status == 201
    review(known, known.officer, opened, "reject", reason="face-not-matching")
    account = read_account(holder_of(NIF))
    assert account.level == "advanced"
    assert {proof.method: proof.withdrawn_at is None for proof in account.proofs} == {
        "video-automatic": False,
        "in-person": True,
    }
    case_call(known, opened, "appeals", reason="Era yo.")
    assert case_call(known, opened, "receipts").slug == "not-possible-now"
    assert review(known, reviewer(known, "officer-2"), opened, "accept").status == 201
    assert sum(proof.withdrawn_at is None for proof in read_account(holder_of(NIF)).proofs) == 2


def test_an_appeal_that_wins_registers_again(known: World) -> None:
    with_settings(known, video_product="tests.journeys.test_video:PRODUCT", video_reviewers=1)
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="liveness-doubtful")
    case_call(known, opened, "appeals", reason="Era yo.")
    assert review(known, reviewer(known, "officer-2"), opened, "accept").json["state"] == "accepted"
    assert read_account(holder_of(NIF)).level == "advanced"
    assert case_call(known, opened, "receipts").json["level"] == "advanced"


def test_a_case_whose_number_was_taken_meanwhile_is_closed_with_a_reason(known: World) -> None:
    """2.8: nobody can accept it; a reviewer ends it, and the person reads what to do."""
    with_settings(known, video_reviewers=1)
    opened = submitted(known)
    taken = person(**another_person(50, mobile="+34612345678"))
    body = {"identification": taken, "contrast": CONTRAST}
    assert known.officer.post(f"{known.point}/registrations", body, key="new").status == 201
    assert review(known, known.officer, opened, "accept").slug == "phone-taken"
    assert decide(known, known.officer, opened, "reject", reason="number-taken").json["state"] == "rejected"
    assert case_call(known, opened, "state").json["reason"] == "number-taken"
    known.clock.turn(seconds=61)
    send_outbox(known.cloud)
    assert "use otro número" in known.phone.emails()[-1].body


def test_who_never_submits_is_forgotten(known: World) -> None:
    """GDPR art. 5.1.e: swept by DynamoDB; what was submitted stays, and what ended unseen goes later."""

    def kept(opened: Answer) -> float | None:
        until = VideoCaseRow.get(opened.json["case"]).expires
        return (until - known.clock()).days if until else None

    assert kept(open_case(known)) == 2
    assert kept(submitted(known)) is None
    assert kept(submitted(known, contrast=WRONG)) == 90


def test_minors_come_in_person(authority: World) -> None:
    enter(authority, birth_date="2010-01-01")
    submitted(authority)
    assert authority.officer.get(f"{authority.point}/video-cases").json["cases"] == []


def test_everybody_gets_the_same_answers(known: World) -> None:
    """6.6: at the opening, at the submission, and when looking later."""
    opened = [open_case(known), open_case(known, nif=STRANGER), open_case(known, contrast=WRONG)]
    told = [opened]
    for each in opened:
        upload(known, each)
    told.append([case_call(known, each, "submission") for each in opened])
    told.append([case_call(known, each, "state") for each in opened])
    told.append([case_call(known, each, "receipts") for each in opened])
    for answers in told:
        assert len({(answer.status, len(answer.body), str(answer.headers)) for answer in answers}) == 1
    queue = known.officer.get(f"{known.point}/video-cases").json["cases"]
    assert [entry["case"] for entry in queue] == [opened[0].json["case"]]


def test_every_step_is_an_event(known: World) -> None:
    """Who did what to the case, in order, with the hashes of what was submitted."""
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="document-unreadable")
    case_call(known, opened, "appeals", reason="Era yo.")
    for officer_id in ("officer-2", "officer-3"):
        review(known, reviewer(known, officer_id), opened, "accept")
    case_call(known, opened, "receipts")
    mine = [event for event in every_event() if event.object == f"video-case:{opened.json['case']}"]
    assert Counter(event.act.partition(".")[2] for event in mine) == {
        "opened": 1,
        "submitted": 1,
        "taken": 3,
        "rejected": 1,
        "appealed": 1,
        "approved": 1,
        "accepted": 1,
        "receipt-collected": 1,
    }
    hashes = next(event.details for event in mine if event.act == "video-case.submitted")
    assert {len(hashes[f"sha256_{name}"]) for name in ("front", "back", "video")} == {64}
    assert next(event.actor for event in mine if event.act == "video-case.accepted") == "officer:officer-3"


def test_nothing_personal_is_logged(
    known: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    opened = submitted(known)
    review(known, known.officer, opened, "reject", reason="document-unreadable")
    told = capfd.readouterr()
    logs = caplog.text + told.out + told.err
    assert "request" in logs, "something was logged at all"
    for secret in (opened.json["token"], NIF, "612345678", "maria@example.org", "2031-05-01", "Núñez"):
        assert secret not in logs


def test_a_case_opens_with_its_token_only(known: World) -> None:
    mine, other = open_case(known), open_case(known)
    body = {"token": other.json["token"]}
    for what in ("submission", "state", "receipts"):
        answer = known.citizen.post(f"/v1/video-cases/{mine.json['case']}/{what}", body)
        assert answer.slug == "not-found"
