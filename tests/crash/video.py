"""Registration by video, from the opening of a case to the receipt, and the desk of those who review."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.notices.tables import MessageRow
from chalicelib.registry.tables import DutyRow, VideoCaseRow
from tests.crash.certificates import newest_code_lives_alone
from tests.crash.operation import Case, Operation, acts, told
from tests.crash.people import (
    MOBILE,
    NEW_EMAIL,
    NEW_MOBILE,
    account,
    holds_the_live_code,
    mails_to,
    settle,
    texts_to,
    verified,
)
from tests.journeys import test_letter as letters
from tests.journeys import test_video as videos
from tests.support.citizens import register
from tests.support.client import Answer, Client

PRODUCT = "tests.journeys.test_video:PRODUCT"
APPEAL = "Se lee perfectamente."


@dataclass(frozen=True)
class Reviewed:
    """A case, and who has it in hand."""

    opened: Answer
    officer: Client


def _settings(case: Case, **changes: Any) -> None:
    cloud = case.world.cloud
    cloud.settings = replace(cloud.settings, **changes)


def _row(opened: Answer) -> VideoCaseRow:
    return VideoCaseRow.get(opened.json["case"])


def _kept_as(case: Case, opened: Answer) -> set[str]:
    """How long each piece of evidence is kept."""
    files = json.loads(_row(opened).files)
    bucket = case.world.cloud.settings.private_bucket
    tags = [
        case.world.cloud.s3.get_object_tagging(Bucket=bucket, Key=file["key"], VersionId=file["version"])
        for file in files.values()
    ]
    return {tag["Value"] for tagged in tags for tag in tagged["TagSet"]}


# The applicant


def _known(case: Case) -> None:
    letters.enter(case.world)


def _open(case: Case) -> Answer:
    return told(videos.open_case(case.world), 201)


def _opened(case: Case, opened: Answer) -> None:
    """The case that the client was told of goes on; one whose answer was lost, nobody comes back to."""
    case.secrets.append(opened.json["token"])
    videos.upload(case.world, opened)
    assert videos.case_call(case.world, opened, "submission").status == 202
    queued = case.world.officer.get(f"{case.world.point}/video-cases").json["cases"]
    assert [each["case"] for each in queued] == [opened.json["case"]]


def _uploaded(**changes: Any) -> Callable[[Case], Answer]:
    def before(case: Case) -> Answer:
        _known(case)
        opened = videos.open_case(case.world, **changes)
        videos.upload(case.world, opened)
        return opened

    return before


def _submit(case: Case) -> Answer:
    return told(videos.case_call(case.world, case.kept, "submission"), 202)


def _submitted(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "waiting"
    assert _row(case.kept).state == "waiting"
    assert _kept_as(case, case.kept) == {"undecided"}
    assert acts("video-case.submitted") == len(mails_to(case)) == 1
    assert account().registration is None, "a machine grants nothing"


def _closed(case: Case, answer: Answer) -> None:
    """It looks the same, nobody sees it, and it is not kept longer than it must be."""
    assert answer.json["state"] == "waiting"
    assert _row(case.kept).state == "closed"
    assert _kept_as(case, case.kept) == {"rejected"}
    assert (acts("video-case.closed"), len(mails_to(case))) == (1, 0)


def _with_product(case: Case) -> Answer:
    _settings(case, video_product=PRODUCT)
    return _uploaded()(case)


def _granted(case: Case, answer: Answer) -> None:
    assert answer.json["receipt_ready"]
    assert account().level == "basic"
    assert [proof.method for proof in account().proofs] == ["video-automatic"]
    assert acts("person.registered") == len(texts_to(case)) == 1
    receipt = videos.case_call(case.world, case.kept, "receipts")
    assert receipt.status == 201
    holds_the_live_code(case, receipt)


# The reviewers


def _taken(reviewers: int = 1) -> Callable[[Case], Reviewed]:
    def before(case: Case) -> Reviewed:
        _settings(case, video_reviewers=reviewers)
        _known(case)
        opened = videos.submitted(case.world)
        officer = case.world.officer
        if reviewers == 2:
            first = videos.review(case.world, officer, opened, "accept")
            assert first.json["state"] == "waiting"
            officer = videos.reviewer(case.world, "officer-2")
            case.faults.codes.clear()
        assert videos.take(case.world, officer, opened).status == 200
        settle(case)
        return Reviewed(opened, officer)

    return before


def _to_take(case: Case) -> Answer:
    _known(case)
    return videos.submitted(case.world)


def _take(case: Case) -> Answer:
    return told(videos.take(case.world, case.world.officer, case.kept), 200)


def _in_hand(case: Case, answer: Answer) -> None:
    row = _row(case.kept)
    assert (row.state, row.reviewer) == ("reviewing", "officer-1")
    assert set(answer.json["evidence"]) == {"front", "back", "video"}


def _first_of_two(case: Case) -> Reviewed:
    _settings(case, video_reviewers=2)
    opened = _to_take(case)
    assert videos.take(case.world, case.world.officer, opened).status == 200
    settle(case)
    return Reviewed(opened, case.world.officer)


def _decide(decision: str, **more: Any) -> Callable[[Case], Answer]:
    def act(case: Case) -> Answer:
        ready: Reviewed = case.kept
        return told(videos.decide(case.world, ready.officer, ready.opened, decision, **more), 201)

    return act


def _decided(case: Case, state: str, decisions: int) -> None:
    row = _row(case.kept.opened)
    assert row.state == state
    assert len(json.loads(row.decisions)) == decisions, "nobody decides twice"


def _approved(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "waiting"
    _decided(case, "waiting", 1)
    assert account().registration is None, "one of two is not enough"
    assert _kept_as(case, case.kept.opened) == {"undecided"}


def _accepted(decisions: int) -> Callable[[Case, Answer], None]:
    def check(case: Case, answer: Answer) -> None:
        assert answer.json["state"] == "accepted"
        _decided(case, "accepted", decisions)
        assert account().level == "advanced"
        assert [proof.method for proof in account().proofs] == ["video-reviewed"]
        assert _kept_as(case, case.kept.opened) == {"accepted"}
        assert acts("person.registered") == len(texts_to(case, MOBILE)) == 1
        receipt = videos.case_call(case.world, case.kept.opened, "receipts")
        assert receipt.status == 201, receipt.body
        holds_the_live_code(case, receipt)

    return check


def _certificate_taken(case: Case) -> Reviewed:
    """A request for a certificate in the hands of the only one who decides, by somebody who is registered
    and has a certificate under another name: all that an acceptance can bring."""
    _settings(case, video_reviewers=1)
    letters.enter(case.world, surname1="García")
    case.world.certificate_of()
    register(case.world, mobile=NEW_MOBILE, email=NEW_EMAIL)
    opened = videos.submitted(case.world, purpose="certificate")
    assert videos.take(case.world, case.world.officer, opened).status == 200
    settle(case)
    case.faults.codes.clear()
    return Reviewed(opened, case.world.officer)


def _code_sent(case: Case, answer: Answer) -> None:
    """One identification, and a code that works; what waited for it waits no more. Older certificates have
    their day, and whoever is registered hears of it once on each way."""
    assert (answer.json["state"], bool(answer.json["code_until"])) == ("accepted", True)
    _decided(case, "accepted", 1)
    assert _row(case.kept.opened).queue is None
    assert _kept_as(case, case.kept.opened) == {"accepted"}
    assert acts("person.identified-by-video") == 1
    assert [duty.subject for duty in DutyRow.scan()] == [case.kept.opened.json["case"]]
    written = Counter(row.template for row in MessageRow.scan())
    assert (written["data-changed"], written["video-certificate-granted"]) == (1, 2)
    assert len([text for text in texts_to(case, NEW_MOBILE) if "por video" in text]) == 1
    newest_code_lives_alone(case, MOBILE)


def _granted_and_taken(case: Case) -> Reviewed:
    """What a product granted, before people have looked."""
    _settings(case, video_reviewers=1)
    opened = _with_product(case)
    assert videos.case_call(case.world, opened, "submission").status == 202
    assert videos.take(case.world, case.world.officer, opened).status == 200
    settle(case)
    return Reviewed(opened, case.world.officer)


def _taken_back(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "rejected"
    assert (account().state, account().level) == ("unregistered", "none")
    assert [proof.withdrawn_at is None for proof in account().proofs] == [False]
    assert acts("person.unregistered") == 1


def _rejected(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "rejected"
    _decided(case, "rejected", 1)
    assert _kept_as(case, case.kept.opened) == {"rejected"}
    assert len(mails_to(case)) == 2, "received, rejected"
    assert account().registration is None


def _rejected_before(case: Case) -> Reviewed:
    ready = _taken()(case)
    answer = videos.decide(case.world, ready.officer, ready.opened, "reject", reason="document-unreadable")
    assert answer.status == 201
    settle(case)
    return ready


def _appeal(case: Case) -> Answer:
    return told(videos.case_call(case.world, case.kept.opened, "appeals", reason=APPEAL), 202)


def _appealed(case: Case, answer: Answer) -> None:
    assert answer.json["state"] == "waiting"
    row = _row(case.kept.opened)
    assert (row.state, row.appeal) == ("waiting", APPEAL)
    assert len(mails_to(case)) == 3, "received, rejected, received"
    assert acts("video-case.appealed") == 1


def _accepted_before(case: Case) -> Reviewed:
    ready = _taken()(case)
    assert videos.decide(case.world, ready.officer, ready.opened, "accept").status == 201
    settle(case)
    return ready


def _collect(case: Case) -> Answer:
    return told(videos.case_call(case.world, case.kept.opened, "receipts"), 201)


def _collected(case: Case, answer: Answer) -> None:
    holds_the_live_code(case, answer)
    assert verified(case, answer) == "registration"


OPERATIONS = (
    Operation("open a video case", _known, _open, _opened),
    Operation("submit a video", _uploaded(), _submit, _submitted),
    Operation("submit a video, a stranger", _uploaded(contrast=videos.WRONG), _submit, _closed, reads=False),
    Operation("submit a video, to a product", _with_product, _submit, _granted, reads=False),
    Operation("take a case", _to_take, _take, _in_hand),
    Operation("approve, one of two", _first_of_two, _decide("accept"), _approved, reads=False),
    Operation("accept, the only one", _taken(), _decide("accept"), _accepted(1)),
    Operation("accept, the second of two", _taken(2), _decide("accept"), _accepted(2), reads=False),
    Operation("reject", _taken(), _decide("reject", reason="document-unreadable"), _rejected, reads=False),
    Operation(
        "accept, for a certificate under a new name",
        _certificate_taken,
        _decide("accept", new_name=True),
        _code_sent,
        reads=False,
    ),
    Operation(
        "reject what a product granted",
        _granted_and_taken,
        _decide("reject", reason="face-not-matching"),
        _taken_back,
        reads=False,
    ),
    Operation("appeal", _rejected_before, _appeal, _appealed, reads=False),
    Operation("collect the receipt", _accepted_before, _collect, _collected, reads=False),
)
