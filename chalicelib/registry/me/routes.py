"""A person's own account over HTTP. What it answers is masked: a screen left open tells nobody much (2.9)."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.codes.store import CodeNotAccepted
from chalicelib.errors import Conflict
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.own_account import (
    FreshLogInRequired,
    begin_own_change,
    confirm_own_change,
    renew_own,
    renounce_own,
    what_can,
)
from chalicelib.login.trust_list import PROBLEMS as CERTIFICATE_PROBLEMS
from chalicelib.registry import states
from chalicelib.registry.accounts import TOTP
from chalicelib.registry.channels.certificate import DataDiffer, ProofChainTooWeak
from chalicelib.registry.contact import EmailInvalid, MobileInvalid
from chalicelib.registry.contact_data import TooManyChanges
from chalicelib.registry.cool_off import NumberWaits, number_state
from chalicelib.registry.me.views import OWN, ActReceipt, ChangeBegun, act_receipt
from chalicelib.registry.own_registration import ProofShown, describe
from chalicelib.registry.registrations import PhoneTaken
from chalicelib.registry.renewal import OtherPerson, RenewalNeedsEid, RenewalRequest
from chalicelib.registry.rights_words import LACKS, LANGUAGES, SERVICES, WAYS
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.languages import preferred
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("account")

TypedCode = Annotated[str, Meta(min_length=1, max_length=40)]
CHANGE_PROBLEMS = (AssuranceTooLow, FreshLogInRequired, NumberWaits, MoveNotAllowed, Conflict)


class Deadline(msgspec.Struct):
    """Something that ends by itself."""

    what: str
    """`strong-proof`, `activation-code` or `password`."""
    at: datetime


class Me(msgspec.Struct):
    """A registration as its owner sees it."""

    masked_nif: str
    given_name: str
    level: str
    registered_at: datetime
    masked_mobile: str
    number: str
    """`settled`; `cooling`, for a day after a change; `held`, if somebody said it was not the person's."""
    masked_email: str
    email_confirmed: bool
    language: str
    assurance: str
    """Of this session: the lesser of the proof and the log-in."""
    authenticator: bool
    """Whether an authenticator app is in use."""
    proofs: list[ProofShown]
    deadlines: list[Deadline]


class Can(msgspec.Struct):
    """One service, in plain words."""

    service: str
    name: str
    may: bool
    missing: list[str]
    to_do: list[str]
    """What to do, in order; the quickest way."""
    until: datetime | None
    """When it ends if nothing is done."""


class CanList(msgspec.Struct):
    """Everything a registered person may want to do."""

    language: str
    services: list[Can]


class NewEmail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address that gets the code."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]


class NewMobile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number that gets the code; a foreign one with + and its prefix."""

    mobile: Annotated[str, Meta(min_length=6, max_length=31)]


class ChangeCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that the new address got."""

    code: TypedCode


class RenewalReceipt(msgspec.Struct):
    """A renewed registration."""

    level: str
    renewed_until: datetime | None
    receipt_pdf: str
    """Base64. It carries a fresh activation code, which is told nowhere else."""
    verification_code: str


@routes.get("/v1/me", summary="My registration", answers={200: Me}, caller=CITIZEN)
def show_me(request: Request, citizen: Citizen) -> Reply:
    """Level, proofs of identity with their dates, how we reach the person, and what ends when."""
    own = describe(citizen.account, request.cloud.now())
    me = Me(
        masked_nif=own.masked_nif,
        given_name=own.given_name,
        level=citizen.account.level,
        registered_at=own.registered_at,
        masked_mobile=own.masked_mobile,
        number=number_state(citizen.account, request.cloud.now()),
        masked_email=own.masked_email,
        email_confirmed=own.email_confirmed,
        language=own.language,
        assurance=citizen.assurance,
        authenticator=citizen.account.credential(TOTP) in {states.ACTIVE, states.BLOCKED},
        proofs=own.proofs,
        deadlines=[Deadline(what, at) for what, at in own.deadlines],
    )
    return Reply(me, headers=OWN)


@routes.get("/v1/me/can", summary="What I may do", answers={200: CanList}, caller=CITIZEN)
def show_rights(request: Request, citizen: Citizen) -> Reply:
    """Which services the person may use; for each of the others what is missing and the quickest way to it.

    In the language of Accept-Language: `es`, `ca` or `en`.
    """
    known = str(citizen.account.registration.language) if citizen.account.registration else LANGUAGES[0]
    language = preferred(request.headers.get("accept-language", ""), LANGUAGES, known)
    told = [
        Can(
            service=found.service,
            name=SERVICES[language][found.service],
            may=found.may,
            missing=[LACKS[language][lack] for lack in found.missing],
            to_do=[WAYS[language][way] for way in found.quickest],
            until=found.until,
        )
        for found in what_can(request.cloud, citizen)
    ]
    return Reply(CanList(language, told), headers={**OWN, "Content-Language": language})


@routes.post(
    "/v1/me/email",
    summary="Change my e-mail address",
    body=NewEmail,
    answers={202: ChangeBegun},
    problems=[*CHANGE_PROBLEMS, EmailInvalid, TooManyChanges],
    caller=CITIZEN,
)
def begin_email_change(request: Request, citizen: Citizen) -> Reply:
    """Sends a code to the new address; nothing changes until it is typed."""
    expires_at = begin_own_change(request.cloud, citizen, "email", request.body.email)
    return Reply(ChangeBegun(expires_at), 202, headers=OWN)


@routes.post(
    "/v1/me/email/confirmation",
    summary="Confirm my new e-mail address",
    body=ChangeCode,
    answers={200: ActReceipt},
    problems=[*CHANGE_PROBLEMS, CodeNotAccepted],
    caller=CITIZEN,
)
def confirm_email_change(request: Request, citizen: Citizen) -> Reply:
    """Takes the new address into use, and tells the old one."""
    return Reply(
        act_receipt(confirm_own_change(request.cloud, citizen, "email", request.body.code)), headers=OWN
    )


@routes.post(
    "/v1/me/mobile",
    summary="Change my mobile number",
    body=NewMobile,
    answers={202: ChangeBegun},
    problems=[*CHANGE_PROBLEMS, MobileInvalid, TooManyChanges],
    caller=CITIZEN,
)
def begin_mobile_change(request: Request, citizen: Citizen) -> Reply:
    """Sends a code to the new number. Only for who logged in with a certificate or e-ID (2.8)."""
    expires_at = begin_own_change(request.cloud, citizen, "mobile", request.body.mobile)
    return Reply(ChangeBegun(expires_at), 202, headers=OWN)


@routes.post(
    "/v1/me/mobile/confirmation",
    summary="Confirm my new mobile number",
    body=ChangeCode,
    answers={200: ActReceipt},
    problems=[*CHANGE_PROBLEMS, CodeNotAccepted, PhoneTaken],
    caller=CITIZEN,
)
def confirm_mobile_change(request: Request, citizen: Citizen) -> Reply:
    """Takes the new number into use, sets the old one free, and tells it."""
    return Reply(
        act_receipt(confirm_own_change(request.cloud, citizen, "mobile", request.body.code)), headers=OWN
    )


@routes.post(
    "/v1/me/renewals",
    summary="Renew my registration with an e-ID",
    body=RenewalRequest,
    answers={201: RenewalReceipt},
    problems=[
        *CERTIFICATE_PROBLEMS,
        RenewalNeedsEid,
        OtherPerson,
        ProofChainTooWeak,
        DataDiffer,
        EmailInvalid,
        MobileInvalid,
        PhoneTaken,
        MoveNotAllowed,
        Conflict,
    ],
    caller=CITIZEN,
)
def renew_registration(request: Request, citizen: Citizen) -> Reply:
    """Five more years, on the electronic identity card of the TLS connection; how to reach the person is
    checked again."""
    renewed = renew_own(request.cloud, citizen, request.client_certificate, request.body)
    body = RenewalReceipt(
        renewed.account.level,
        renewed.account.strong_until,
        base64.b64encode(renewed.receipt.pdf).decode(),
        renewed.receipt.verification_code,
    )
    return Reply(body, 201, headers=OWN)


@routes.post(
    "/v1/me/renunciation",
    summary="End my registration",
    answers={200: ActReceipt},
    problems=CHANGE_PROBLEMS,
    caller=CITIZEN,
)
def renounce_registration(request: Request, citizen: Citizen) -> Reply:
    """Ends the registration, its credentials and sessions. Coming back takes a certificate or an office."""
    return Reply(act_receipt(renounce_own(request.cloud, citizen)), headers=OWN)
