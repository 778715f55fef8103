"""Registrations over HTTP: in person at an office, by letter, and the public check of receipts."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from chalicelib.certificates.data_change import require_declared
from chalicelib.codes.store import CodeNotAccepted, TooManyTries
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.login.officers import OFFICER
from chalicelib.login.trust_list import PROBLEMS as CERTIFICATE_PROBLEMS
from chalicelib.login.trust_list import identify_certificate
from chalicelib.notices import receipt_page
from chalicelib.registry.channels.certificate import (
    CertificateRegistration,
    DataDiffer,
    ProofChainTooWeak,
    register_with_certificate,
)
from chalicelib.registry.channels.in_person import InPersonRequest, register_in_person
from chalicelib.registry.channels.letter import (
    AlreadyRegistered,
    LetterNotAccepted,
    LetterNotConsented,
    LetterRegistration,
    LetterRequest,
    register_by_letter,
    request_letter,
)
from chalicelib.registry.contact import EmailInvalid, MobileInvalid
from chalicelib.registry.contrast import ContrastInvalid
from chalicelib.registry.cool_off import stop_change
from chalicelib.registry.documents import NifInvalid
from chalicelib.registry.identification import ConditionsNotAccepted, GuardianRequired
from chalicelib.registry.identification_problems import PROBLEMS
from chalicelib.registry.names_in_force import NameDiffers
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.registry.people import BirthDateInvalid, NameInvalid
from chalicelib.registry.receipts import verify_receipt
from chalicelib.registry.registration import IdempotencyKeyReused
from chalicelib.registry.registrations import PhoneTaken, Registered
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.languages import preferred
from chalicelib.web.request import Request
from chalicelib.web.routes import Media, Reply, Routes

routes = Routes("registrations")


class RegistrationReceipt(msgspec.Struct):
    """A registration, with the proof of it to hand over."""

    level: str
    receipt_pdf: str
    """Base64. It carries the activation code, which is told nowhere else."""
    verification_code: str


class StopRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever was told at the old addresses that the number changed, and did not change it."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    code: Annotated[str, Meta(min_length=1, max_length=40, description="From the notice.")]


class LetterAsked(msgspec.Struct):
    """The same for everybody, so that nobody learns who lives where or is registered."""

    told: str = (
        "If the data are right, a letter is on its way to the fiscal address on file. A person gets one "
        "letter in seven days, and whoever is registered needs none."
    )
    expected_days: int = 10
    """How long the post takes, at most, on working days (C06)."""


class ReceiptQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secure verification code of a receipt; in the body, because addresses are logged."""

    verification_code: Annotated[str, Meta(min_length=1, max_length=40)]


class PageQuery(msgspec.Struct, frozen=True):
    """How somebody wants to read a page; what others add to an address is passed over."""

    lang: Annotated[str, Meta(max_length=20)] = ""
    """`es`, `ca` or `en`; otherwise as Accept-Language says."""


HTML = Media("text/html")
FORM = Media("application/x-www-form-urlencoded", limit=2_048)


class VerifiedReceipt(msgspec.Struct):
    """What a receipt certifies. Compare the hash with that of the PDF in hand."""

    kind: str
    masked_nif: str
    at: datetime
    sha256: str


@routes.post(
    "/v1/registration-points/{point}/registrations",
    summary="Register a person who is present",
    body=InPersonRequest,
    answers={201: RegistrationReceipt},
    problems=[
        *PROBLEMS,
        ContrastInvalid,
        Forbidden,
        HourlyCapReached,
        IdempotencyKeyReused,
        NameDiffers,
        PhoneTaken,
        MoveNotAllowed,
        Conflict,
    ],
    caller=OFFICER,
    idempotency_key=True,
)
def register_present_person(request: Request, officer: Officer) -> Reply:
    """Registers at the advanced level, renews, or raises the level, and answers the proof of registration.

    Sent again with the same Idempotency-Key it answers another receipt of the same registration, with a fresh
    activation code.
    """
    point = request.path["point"]
    officer.at(point, "identification")
    require_declared(request.cloud, request.body.identification)
    registered = register_in_person(request.cloud, officer, point, request.body, request.idempotency_key)
    return registered_reply(registered)


@routes.post(
    "/v1/letters",
    summary="Ask for an invitation letter",
    body=LetterRequest,
    answers={202: LetterAsked},
    problems=[NifInvalid, ContrastInvalid, LetterNotConsented, TooManyTries, Conflict],
)
def ask_for_a_letter(request: Request) -> Reply:
    """Sends a letter to the fiscal address on file, if the data are right; the answer does not tell."""
    request_letter(request.cloud, request.body, request.source)
    return Reply(LetterAsked(), 202, headers={"Cache-Control": "no-store"})


@routes.post(
    "/v1/registrations/letter",
    summary="Register with a letter",
    body=LetterRegistration,
    answers={201: RegistrationReceipt},
    problems=[
        NifInvalid,
        ContrastInvalid,
        MobileInvalid,
        EmailInvalid,
        ConditionsNotAccepted,
        LetterNotAccepted,
        TooManyTries,
        AlreadyRegistered,
        GuardianRequired,
        MoveNotAllowed,
        PhoneTaken,
        Conflict,
    ],
)
def register_with_a_letter(request: Request) -> Reply:
    """Registers at the basic level whoever has the letter's code, and answers the proof of registration."""
    return registered_reply(register_by_letter(request.cloud, request.body, request.source))


@routes.post(
    "/v1/registrations/certificate",
    summary="Register with a certificate or an e-ID",
    body=CertificateRegistration,
    answers={201: RegistrationReceipt},
    problems=[
        *CERTIFICATE_PROBLEMS,
        ProofChainTooWeak,
        ConditionsNotAccepted,
        BirthDateInvalid,
        GuardianRequired,
        NameInvalid,
        ContrastInvalid,
        EmailInvalid,
        MobileInvalid,
        DataDiffer,
        PhoneTaken,
        MoveNotAllowed,
        Conflict,
    ],
)
def register_by_certificate(request: Request) -> Reply:
    """Registers at the advanced level the holder of the client certificate of the connection, or adds the
    proof to a registration (mutual TLS)."""
    who = identify_certificate(request.cloud, request.client_certificate)
    return registered_reply(register_with_certificate(request.cloud, who, request.body))


@routes.post(
    "/v1/receipts/verifications",
    summary="Check a receipt",
    body=ReceiptQuery,
    answers={200: VerifiedReceipt},
    problems=[NotFound],
)
def check_receipt(request: Request) -> Reply:
    """What was certified under a secure verification code."""
    told = verify_receipt(request.body.verification_code)
    body = VerifiedReceipt(told.kind, told.masked_nif, told.at, told.sha256)
    return Reply(body, headers={"Cache-Control": "no-store"})


@routes.get(
    "/v1/receipts", summary="A page on which people check a receipt", query=PageQuery, answers={200: HTML}
)
def show_receipt_page(request: Request) -> Reply:
    """The address that receipts print: a form for the secure verification code."""
    language = _language(request)
    page = receipt_page.form(language, request.cloud.settings.organisation)
    return _html(page, language, 200, "public, max-age=300")


@routes.post(
    "/v1/receipts",
    summary="What that page sends",
    body=FORM,
    query=PageQuery,
    answers={200: HTML, 404: HTML},
)
def check_receipt_on_page(request: Request) -> Reply:
    """The page again, with what was certified under the code, or that no receipt has it."""
    language, organisation = _language(request), request.cloud.settings.organisation
    try:
        told = verify_receipt(_typed(request.body))
    except NotFound:
        return _html(receipt_page.not_found(language, organisation), language, 404, "no-store")
    shown = receipt_page.Certified(told.kind, told.masked_nif, told.at, told.sha256)
    return _html(receipt_page.found(language, organisation, shown), language, 200, "no-store")


def _typed(form: bytes) -> str:
    try:
        fields = dict(parse_qsl(form.decode("ascii", "replace"), max_num_fields=8))
    except ValueError:  # more fields than the form has: no browser sends that
        return ""
    return fields.get("verification_code", "")


def _language(request: Request) -> str:
    ours = receipt_page.LANGUAGE_NAMES
    if request.query.lang in ours:
        return str(request.query.lang)
    return preferred(request.headers.get("accept-language", ""), ours, "es")


def _html(page: bytes, language: str, status: int, caching: str) -> Reply:
    headers = {
        "Content-Security-Policy": receipt_page.POLICY,
        "Content-Language": language,
        "Vary": "Accept-Language",
        "Cache-Control": caching,
    }
    return Reply(page, status, "text/html; charset=utf-8", headers)


def registered_reply(registered: Registered) -> Reply:
    """The answer of every channel that ends in a registration."""
    receipt = registered.receipt
    body = RegistrationReceipt(
        registered.account.level, base64.b64encode(receipt.pdf).decode(), receipt.verification_code
    )
    return Reply(body, 201, headers={"Cache-Control": "no-store"})


@routes.post(
    "/v1/contact-changes/stops",
    summary="Say that it was not me who changed the mobile number",
    body=StopRequest,
    answers={204: None},
    problems=[NifInvalid, CodeNotAccepted, TooManyTries, Conflict],
)
def stop_contact_change(request: Request) -> Reply:
    """Holds the new number, with the code of the notice: no codes go to it until an officer has seen the
    person. Ends all sessions."""
    stop_change(request.cloud, request.body.nif, request.body.code, source=request.source)
    return Reply(status=204)
