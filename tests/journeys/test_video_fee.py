"""A certificate by video that costs something (A12, A21, X01): paid by its case, before its review."""

from __future__ import annotations

import pytest
from msgspec import structs

from chalicelib.audit.events import every_event
from chalicelib.login import proof_chain
from chalicelib.notices.tables import MessageRow
from chalicelib.payments import facts, tariff
from chalicelib.payments.intents import decision_of
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import TARIFF
from infra.local import pay
from tests.journeys.test_video import (
    WRONG,
    case_call,
    open_case,
    review,
    submitted,
    upload,
    with_settings,
)
from tests.journeys.test_video_certificate import FOR_CERTIFICATE, known, reviewer_token
from tests.support.citizens import register
from tests.support.client import Answer
from tests.support.payments import ALL_PAY, FEE, VIDEO, begin, notify, paid, with_contract
from tests.support.world import World

__all__ = ["known"]


@pytest.fixture
def shop(known: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Where a video costs seven euros."""
    monkeypatch.setattr(tariff, "TARIFF", ALL_PAY)
    return with_contract(known, video_reviewers=1)


def case_with_files(world: World, **changes: object) -> Answer:
    opened = open_case(world, **FOR_CERTIFICATE | changes)
    upload(world, opened)
    return opened


def order(world: World, opened: Answer) -> dict[str, str]:
    """What the gateway reads in the form of the case."""
    begun = case_call(world, opened, "payments")
    assert (begun.status, begun.json["payment"]["state"]) == (201, "pending"), begun.body
    return pay.order_in(begun.json["form"]["fields"], world.cloud.settings.api_url)


def queue(world: World) -> list[str]:
    cases = world.officer.get(f"{world.point}/video-cases").json["cases"]
    return [each["case"] for each in cases]


def test_A12_X01_a_video_with_a_price_is_paid_reviewed_and_certified(shop: World) -> None:
    """Without an account: refused, paid with another card, submitted; its code costs nothing more."""
    with_settings(shop, fee_if_enforced="yes")
    opened = open_case(shop, **FOR_CERTIFICATE)
    assert case_call(shop, opened, "payments").slug == "upload-missing"
    upload(shop, opened)
    assert case_call(shop, opened, "submission").slug == "payment-required"
    assert queue(shop) == []
    assert list(PaymentRow.scan()) == []
    first = order(shop, opened)
    assert order(shop, opened) == first, "asked again, the same payment"
    assert first["DS_MERCHANT_AMOUNT"] == "700"
    assert case_call(shop, opened, "submission").slug == "payment-required"
    assert case_call(shop, opened, "payments/receipts").slug == "payment-not-possible"
    assert notify(shop, first, "0190").status == 200
    second = order(shop, opened)
    assert second["DS_MERCHANT_ORDER"] != first["DS_MERCHANT_ORDER"]
    assert notify(shop, second).status == 200
    (written,) = [row for row in MessageRow.scan() if row.template == "payment-received"]
    assert (written.to, written.language) == ("maria@example.org", "es"), "where the case was opened"
    shown = case_call(shop, opened, "payments").json
    assert (shown["payment"]["state"], shown["form"]) == ("paid", None)
    assert shown["payment"]["price"]["conditions"][1].startswith("Si el proceso no termina")
    for _ in range(2):
        assert case_call(shop, opened, "submission").status == 202
    assert queue(shop) == [opened.json["case"]]
    assert case_call(shop, opened, "payments").json["payment"]["state"] == "spent"
    assert case_call(shop, opened, "payments/receipts").json["receipt_pdf"]
    (told,) = (event for event in every_event() if event.act == "video-case.submitted")
    assert (told.details["fee"], told.details["paid"]) == ("700", "spent")
    assert review(shop, shop.officer, opened, "accept").json["state"] == "accepted"
    assert shop.download(shop.phone.generation_code()).status == 200
    owners = {(row.holder.partition(":")[0], row.state) for row in PaymentRow.scan()}
    assert owners == {("video-case", "refused"), ("video-case", "spent")}, "and nothing in person"


def test_A21_a_lapsed_code_means_another_paid_process_and_money_is_never_given_back(shop: World) -> None:
    opened = case_with_files(shop)
    assert notify(shop, order(shop, opened)).status == 200
    assert case_call(shop, opened, "submission").status == 202
    assert review(shop, shop.officer, opened, "accept").json["state"] == "accepted"
    code = shop.phone.generation_code()
    shop.clock.turn(days=16)
    assert shop.download(code).slug == "code-expired"
    shop.officer.token = reviewer_token(shop)
    again = case_with_files(shop)
    assert case_call(shop, again, "submission").slug == "payment-required"
    assert notify(shop, order(shop, again)).status == 200
    assert case_call(shop, again, "submission").status == 202
    rejected = review(shop, shop.officer, again, "reject", reason="face-not-matching")
    assert rejected.json["state"] == "rejected"
    spent = [row for row in PaymentRow.scan() if row.state == "spent"]
    assert [decision_of(row).refund for row in spent] == ["none", "none"]
    assert {row.spent_by for row in spent} == {row.holder for row in spent}


def test_a_case_whose_data_are_wrong_pays_like_any_other(shop: World) -> None:
    """6.6: nothing in the price, the payment or the submission tells who is known."""
    shown = []
    for changes in ({}, {"contrast": WRONG}):
        opened = case_with_files(shop, **changes)
        answers = [case_call(shop, opened, "submission")]
        assert notify(shop, order(shop, opened)).status == 200
        answers += [case_call(shop, opened, what) for what in ("payments", "submission", "payments")]
        shown.append([(each.status, len(each.body)) for each in answers])
    assert shown[0] == shown[1]
    assert len(queue(shop)) == 1


def test_nobody_pays_for_what_cannot_be_submitted(shop: World) -> None:
    """Too late for the gateway's page; to register; by an account for a case, or the other way round."""
    client = register(shop).log_in_with_pin()
    assert begin(client, VIDEO).slug == "video-case-needed"
    paid(shop, client, FEE)
    opened = case_with_files(shop)
    assert case_call(shop, opened, "submission").slug == "payment-required"
    stranger = shop.citizen.post(f"/v1/video-cases/{opened.json['case']}/payments", {"token": "x" * 43})
    assert stranger.slug == "not-found"
    shop.clock.turn(hours=22, minutes=30, seconds=1)
    assert case_call(shop, opened, "payments").slug == "not-possible-now"
    free = submitted(shop)
    assert case_call(shop, free, "payments").slug == "nothing-to-pay"


def test_a_late_authorisation_pays_the_case(shop: World) -> None:
    """The time of the first form passed, and its money came after the second was begun."""
    opened = case_with_files(shop)
    first = order(shop, opened)
    shop.clock.turn(hours=1, seconds=1)
    order(shop, opened)
    assert notify(shop, first).status == 200
    assert case_call(shop, opened, "payments").json["payment"]["id"] == first["DS_MERCHANT_ORDER"]
    assert case_call(shop, opened, "submission").status == 202


def test_by_the_tariff_of_today_it_is_free_and_says_why(known: World) -> None:
    opened = case_with_files(known)
    assert case_call(known, opened, "payments").slug == "nothing-to-pay"
    assert case_call(known, opened, "submission").status == 202
    (row,) = PaymentRow.scan()
    assert (row.state, decision_of(row).rule, row.spent_by) == ("free", "listed-free", row.holder)


def test_a_video_is_never_free_by_what_a_person_has() -> None:
    """A case knows no person before its review, and a certificate by video is none of those had in person."""
    with pytest.raises(ValueError, match="reviewed"):
        structs.replace(TARIFF[-1].price(VIDEO), waivers=("no-valid-certificate",)).__post_init__()
    assert {proof_chain.VIDEO, proof_chain.CERTIFIED_VIDEO} == facts.BY_VIDEO
