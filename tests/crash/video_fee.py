"""A video that costs something: its payment is begun, and spent with the submission of its case."""

from __future__ import annotations

from typing import Any

from chalicelib.audit.events import every_event
from chalicelib.payments.tables import PaymentRow
from chalicelib.registry.tables import VideoCaseRow
from infra.local import pay
from tests.crash.operation import Case, Operation, acts, told
from tests.journeys import test_letter as letters
from tests.journeys.test_video import case_call, open_case, upload
from tests.support.client import Answer
from tests.support.payments import notify, with_contract


def _to_pay(case: Case) -> Answer:
    """A case whose files are there; tests run this where videos have a price."""
    with_contract(case.world)
    letters.enter(case.world)
    opened = open_case(case.world, purpose="certificate")
    upload(case.world, opened)
    return opened


def _begin(case: Case) -> Answer:
    return told(case_call(case.world, case.kept, "payments"), 201)


def _form(case: Case, answer: Answer) -> dict[str, str]:
    """What the gateway reads."""
    return pay.order_in(answer.json["form"]["fields"], case.world.cloud.settings.api_url)


def _begun(case: Case, answer: Answer) -> None:
    """One payment, of the case alone, and its form can be paid."""
    (row,) = PaymentRow.scan()
    assert (row.id, row.state) == (answer.json["payment"]["id"], "pending")
    assert str(row.holder).startswith("video-case:")
    assert (acts("payment.created"), acts("payment.handed-over") >= 1) == (1, True)
    assert notify(case.world, _form(case, answer)).status == 200
    assert PaymentRow.get(row.id).state == "paid"


def _paid(case: Case) -> Any:
    case.kept = _to_pay(case)
    assert notify(case.world, _form(case, _begin(case))).status == 200
    return case.kept


def _submit(case: Case) -> Answer:
    return told(case_call(case.world, case.kept, "submission"), 202)


def _submitted(case: Case, _: Answer) -> None:
    """The payment was spent with it, once, and the event says so."""
    (row,) = PaymentRow.scan()
    assert (row.state, row.spent_by) == ("spent", row.holder)
    assert VideoCaseRow.get(case.kept.json["case"]).state == "waiting"
    (event,) = (event for event in every_event() if event.act == "video-case.submitted")
    assert (event.details["fee"], event.details["paid"], acts("payment.spent")) == ("700", "spent", 1)


OPERATIONS = (
    Operation(
        "begin the payment of a video", _to_pay, _begin, _begun, only="video/routes.py:pay_for_video_case"
    ),
    Operation("submit a paid video", _paid, _submit, _submitted, only="video/case.py:commit"),
)
