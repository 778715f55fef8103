"""Paying for a certificate by video over HTTP: by who has the case's token, with or without an account."""

from __future__ import annotations

import msgspec

from chalicelib.errors import Conflict, NotFound
from chalicelib.notices import catalogue
from chalicelib.payments import states
from chalicelib.payments.gateway import PaymentsUnavailable, form
from chalicelib.payments.intents import NothingToPay, hand_over
from chalicelib.payments.receipt import payment_receipt
from chalicelib.payments.redsys import BadMerchantKey
from chalicelib.payments.states import PaymentNotPossible
from chalicelib.payments.tariff import NotForSale
from chalicelib.payments.video.fee import MONEY, begin_payment, payment_made
from chalicelib.payments.views import GatewayForm, Payment, payment_view
from chalicelib.registry.me.views import OWN, ActReceipt, act_receipt
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video.case import CaseToken, case_of
from chalicelib.registry.video.evidence import UploadMissing, UploadNotAsClaimed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("payments of videos")


class CasePayment(msgspec.Struct):
    """What a case costs and why, and the form for the gateway while it is not paid."""

    payment: Payment
    form: GatewayForm | None


@routes.post(
    "/v1/video-cases/{case}/payments",
    summary="Pay for a certificate by video",
    body=CaseToken,
    answers={201: CasePayment},
    problems=[
        NotFound,
        NothingToPay,
        NotForSale,
        MoveNotAllowed,
        UploadMissing,
        UploadNotAsClaimed,
        PaymentNotPossible,
        PaymentsUnavailable,
        BadMerchantKey,
        Conflict,
    ],
)
def pay_for_video_case(request: Request) -> Reply:
    """Once the files are there and before they are submitted. Asked again it finds the payment that can still
    be made, or was; after one that was refused or not made in time, it begins another.

    What is paid is not given back, whatever the review says and also if the data of the case are wrong (A21).
    """
    case, cloud = _case(request), request.cloud
    row, language = begin_payment(cloud, case), str(case.language)
    if row.state in MONEY:
        return Reply(CasePayment(payment_view(request, row, language), None), 201, headers=OWN)
    envelope = form(cloud, row, language, catalogue.LANGUAGES[language].PRODUCTS[row.product])
    lapses_at = hand_over(cloud, row)
    view = msgspec.structs.replace(payment_view(request, row, language), state=states.PENDING)
    handed = GatewayForm(cloud.settings.redsys_url, envelope.fields(), lapses_at)
    return Reply(CasePayment(view, handed), 201, headers=OWN)


@routes.post(
    "/v1/video-cases/{case}/payments/receipts",
    summary="A receipt of what was paid for a video",
    body=CaseToken,
    answers={201: ActReceipt},
    problems=[NotFound, PaymentNotPossible, Conflict],
)
def make_receipt_of_video_case(request: Request) -> Reply:
    """A PDF with a verification code of its own."""
    case = _case(request)
    row = payment_made(case)
    receipt = payment_receipt(request.cloud, row, str(case.nif), str(case.language))
    return Reply(act_receipt(receipt), 201, headers=OWN)


def _case(request: Request) -> VideoCaseRow:
    return case_of(request.path["case"], request.body.token)
