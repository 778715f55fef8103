"""Notices and purchases at the same time: one authorisation, one thing for one payment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib.audit.events import of_object
from chalicelib.audit.tables import EventRow
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict
from chalicelib.notices.tables import MessageRow
from chalicelib.payments import tariff
from chalicelib.payments.intents import PaymentRequired, decision_of, require_paid
from chalicelib.payments.tables import OrderRow, PaymentNotificationRow, PaymentRow
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.tables import VideoCaseRow
from infra.local import pay
from tests.journeys import test_letter as letters
from tests.journeys import test_video as videos
from tests.journeys.test_account import log_in
from tests.support import tally
from tests.support.citizens import CONTRAST
from tests.support.client import Client
from tests.support.payments import (
    ALL_PAY,
    FEE,
    begin,
    form_of,
    order,
    order_in,
    ordered,
    send,
    with_contract,
)
from tests.support.races import Arena, at_once, until_done
from tests.support.world import person

ROUNDS = 4


@pytest.fixture(autouse=True)
def all_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tariff, "TARIFF", ALL_PAY)


@pytest.fixture
def buyer(arena: Arena) -> tuple[Client, str]:
    """A registered person with a session, and the person's id."""
    with_contract(arena.world)
    somebody = arena.somebody()
    body = {"identification": person(**somebody), "contrast": CONTRAST}
    answer = arena.officer().post(f"{arena.world.point}/registrations", body, key="new")
    assert answer.status == 201, answer.body
    return log_in(arena.world, nif=somebody["nif"]), holder_of(somebody["nif"])


def acts(payment: str) -> Counter[str]:
    assert list(of_object(f"payment:{payment}", 9))
    rows = [row for row in EventRow.scan(consistent_read=True) if row.object == f"payment:{payment}"]
    return Counter(row.act for row in rows)


def messages(payment: str) -> list[Any]:
    return [row for row in MessageRow.scan(consistent_read=True) if row.id == f"paid:{payment}"]


def test_one_notice_sent_eight_times_at_once_is_one(arena: Arena, buyer: tuple[Client, str]) -> None:
    """Each is answered as taken, or told to come again."""
    for _ in range(ROUNDS):
        order = ordered(buyer[0], "card")
        fields = pay.notice(order, "0000", "HMAC_SHA512_V2").fields()
        calls = [partial(send, arena.world, fields) for _ in range(8)]
        assert {answer.status for answer in at_once(calls)} <= {200, 409}
        assert {until_done(call).status for call in calls} == {200}
        payment = order["DS_MERCHANT_ORDER"]
        assert PaymentRow.get(payment, consistent_read=True).state == "spent"
        assert OrderRow.get(payment, consistent_read=True).state == "paid"
        assert acts(payment)["payment.authorised"] == 1
        assert len(messages(payment)) == 1
        tally.add("races", "one notice, sent 8 times", 1)


def test_authorised_and_refused_at_once_end_paid(arena: Arena, buyer: tuple[Client, str]) -> None:
    """In whichever order they are seen; neither is lost."""
    for _ in range(ROUNDS):
        order = ordered(buyer[0], "card")
        payment = order["DS_MERCHANT_ORDER"]
        notices = [
            pay.notice(order, response, "HMAC_SHA512_V2", Ds_Hour=str(number)).fields()
            for number, response in enumerate(("0000", "0190", "9915", "0180"))
        ]
        calls = [partial(send, arena.world, fields) for fields in notices]
        at_once(calls)
        assert {until_done(call).status for call in calls} == {200}
        assert PaymentRow.get(payment, consistent_read=True).state == "spent"
        counted = acts(payment)
        assert counted["payment.authorised"] == 1
        assert counted["payment.refused"] + counted["payment.refused-after-paid"] == 3
        kept = [row for row in PaymentNotificationRow.scan(consistent_read=True) if row.order == payment]
        assert len(kept) == 4
        assert len(messages(payment)) == 1
        tally.add("races", "4 notices of one order", 1)


def give(arena: Arena, holder: str, thing: str, payment: str) -> str:
    """What a room does that gives something; what it came to."""
    transaction = Transaction()
    try:
        require_paid(
            arena.world.cloud, transaction, holder=holder, product=FEE, spent_by=thing, payment=payment
        )
        transaction.commit()
    except PaymentRequired:
        return "payment-required"
    except ConditionFailed as failed:
        return " ".join(sorted(failed.labels))
    except Conflict:
        return "busy"
    return "given"


def test_one_payment_gives_one_thing(arena: Arena, buyer: tuple[Client, str]) -> None:
    """Eight purchases at once on one payment: one gets it, whether it is named or found."""
    client, holder = buyer
    for turn in range(ROUNDS):
        order = ordered(client)
        payment = order["DS_MERCHANT_ORDER"]
        assert send(arena.world, pay.notice(order, "0000", "HMAC_SHA512_V2").fields()).status == 200
        named = payment if turn % 2 else ""
        works = [partial(give, arena, holder, f"thing:{payment}:{number}", named) for number in range(8)]
        told = Counter(at_once(works))
        assert set(told) <= {"given", "payment", "payment-required", "busy"}
        if not told["given"]:  # all were busy with each other: the next one gets it
            assert works[0]() == "given"
        else:
            assert told["given"] == 1
        assert acts(payment)["payment.spent"] == 1
        assert give(arena, holder, "thing:late", payment) == "payment-required"
        tally.add("races", "8 purchases on one payment", 1)


def test_a_purchase_and_a_late_refusal_at_once(arena: Arena, buyer: tuple[Client, str]) -> None:
    """The refusal comes to nothing, and the purchase is not undone."""
    client, holder = buyer
    for _ in range(ROUNDS):
        order = ordered(client)
        payment = order["DS_MERCHANT_ORDER"]
        assert send(arena.world, pay.notice(order, "0000", "HMAC_SHA512_V2").fields()).status == 200
        late = partial(send, arena.world, pay.notice(order, "0190", "HMAC_SHA512_V2").fields())
        buy = partial(give, arena, holder, f"thing:{payment}", payment)
        both: list[Callable[[], object]] = [late, buy]
        at_once(both)
        assert until_done(late).status == 200
        if PaymentRow.get(payment, consistent_read=True).state == "paid":
            assert buy() == "given"
        assert PaymentRow.get(payment, consistent_read=True).state == "spent"
        assert acts(payment)["payment.spent"] == acts(payment)["payment.refused-after-paid"] == 1
        tally.add("races", "a purchase and a refusal", 1)


def test_the_money_of_a_video_comes_twice_at_once_with_its_submission_and_with_its_decision(
    arena: Arena,
) -> None:
    """It is spent once, on the case; a notice beside the decision changes nothing, and one code is sent."""
    world = with_contract(arena.world, video_reviewers=1)
    for _ in range(ROUNDS):
        somebody = arena.somebody()
        who = {"nif": somebody["nif"], "mobile": somebody["mobile"]}
        letters.enter(world, nif=somebody["nif"])
        opened = videos.open_case(world, purpose="certificate", **who)
        videos.upload(world, opened)
        begun = videos.case_call(world, opened, "payments").json
        order = pay.order_in(begun["form"]["fields"], world.cloud.settings.api_url)
        payment = order["DS_MERCHANT_ORDER"]
        notices = [
            partial(send, world, pay.notice(order, said, "HMAC_SHA512_V2", Ds_Hour=hour).fields())
            for said, hour in (("0000", "1"), ("0000", "2"), ("0190", "3"))
        ]
        submits = partial(videos.case_call, world, opened, "submission")
        at_once([notices[0], notices[0], submits, submits])
        assert until_done(notices[0]).status == 200
        assert until_done(submits).status == 202
        assert videos.take(world, arena.officer(), opened).status == 200
        decides = partial(videos.decide, world, arena.officer(), opened, "accept")
        before = len(arena.faults.codes)
        at_once([*notices, decides, decides])
        assert [until_done(each).status for each in (*notices, decides)] == [200, 200, 200, 201]
        row = PaymentRow.get(payment, consistent_read=True)
        assert (row.state, row.spent_by) == ("spent", row.holder)
        counted = acts(payment)
        assert counted["payment.spent"] == counted["payment.authorised"] == 1
        assert counted["payment.authorised-again"] == counted["payment.refused-after-paid"] == 1
        case = VideoCaseRow.get(opened.json["case"], consistent_read=True)
        assert (case.state, len(json.loads(case.decisions))) == ("accepted", 1)
        assert arena.faults.codes[before:], "a code"
        assert until_done(partial(world.download, arena.faults.codes[-1])).status == 200
        tally.add("races", "the money of a video, with its submission and its decision", 1)


def test_A11_of_codes_asked_for_at_once_no_more_are_free_than_one_after_the_other(arena: Arena) -> None:
    """Six offices identify one person in the same moment, who has nothing yet: two codes are free."""
    with_contract(arena.world, fee_if_enforced="yes")
    body = person(**arena.somebody())
    path = f"{arena.world.point}/identifications"
    calls = [partial(arena.officer().post, path, body, key=f"at-once-{each}") for each in range(6)]
    assert {answer.status for answer in at_once(calls)} <= {201, 402, 409}
    assert Counter(until_done(call).status for call in calls) == {201: 2, 402: 4}
    free = [row for row in PaymentRow.scan(consistent_read=True) if row.holder == holder_of(body["nif"])]
    assert sorted(decision_of(row).rule for row in free) == ["free-allowance", "no-valid-certificate"]
    assert len({row.spent_by for row in free}) == 2
    tally.add("races", "6 identifications for 2 free codes", 1)


def test_one_key_sent_eight_times_at_once_is_one_payment(arena: Arena, buyer: tuple[Client, str]) -> None:
    client, _ = buyer
    for turn in range(ROUNDS):
        calls = [partial(begin, client, FEE, f"one-payment-{turn}") for _ in range(8)]
        assert {answer.status for answer in at_once(calls)} <= {201, 409}
        told = [until_done(call) for call in calls]
        assert len({answer.json["id"] for answer in told}) == 1
        payment = told[0].json["id"]
        assert acts(payment)["payment.created"] == 1
        forms = [partial(form_of, client, payment) for _ in range(4)]
        at_once(forms)
        assert {until_done(form).status for form in forms} == {200}
        tally.add("races", "one payment, begun 8 times", 1)


def test_the_money_and_a_cancellation_at_once_and_then_two_orders_on_what_waits(
    arena: Arena, buyer: tuple[Client, str]
) -> None:
    """Either the order is paid, or its money waits; and what waits pays for one order of those at once."""
    client, _ = buyer
    for _ in range(ROUNDS):
        number = order(client).json["id"]
        form = order_in(client, form_of(client, number))
        notice = partial(send, arena.world, pay.notice(form, "0000", "HMAC_SHA512_V2").fields())
        cancel = partial(client.post, f"/v1/me/orders/{number}/cancellation")
        at_once([notice, cancel])
        assert until_done(notice).status == 200
        cancelled = until_done(cancel)
        payment = PaymentRow.get(number, consistent_read=True)
        state = OrderRow.get(number, consistent_read=True).state
        if cancelled.status == 200:
            assert (state, payment.state) == ("cancelled", "paid")
        else:
            assert (cancelled.slug, state, payment.state) == ("order-not-possible", "paid", "spent")
        tally.add("races", "an order's money and its cancellation", 1)
        if payment.state == "spent":
            other = order(client).json["id"]
            form = order_in(client, form_of(client, other))
            assert client.post(f"/v1/me/orders/{other}/cancellation").status == 200
            assert send(arena.world, pay.notice(form, "0000", "HMAC_SHA512_V2").fields()).status == 200
        orders = [partial(order, client, key=f"order-at-once-{number}-{each}") for each in range(2)]
        at_once(orders)
        told = [until_done(each) for each in orders]
        assert sorted(answer.json["state"] for answer in told) == ["ordered", "paid"]
        (unpaid,) = [answer.json["id"] for answer in told if answer.json["state"] == "ordered"]
        assert client.post(f"/v1/me/orders/{unpaid}/cancellation").status == 200
        tally.add("races", "two orders on one payment", 1)
