"""The personal area over HTTP: a person's own certificates, what can be renewed, and a new one on line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.aws.kms_key import SigningUnavailable
from chalicelib.certificates import download, renewal
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.certificates.personal import ics
from chalicelib.certificates.personal.own_certificates import (
    POINTS,
    OwnCertificate,
    certificate_id,
    certificates_of,
    describe_all,
    offers,
)
from chalicelib.certificates.personal.own_deadlines import (
    OwnDeadline,
    calendar_at,
    close_address,
    deadlines,
    new_address,
)
from chalicelib.certificates.personal.own_history import OwnCode, OwnEvent, codes, events
from chalicelib.certificates.personal.own_revocation import revoke_own
from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN, CITIZEN_FORWARDED, AssuranceTooLow, Citizen
from chalicelib.login.own_account import FreshLogInRequired
from chalicelib.login.session_models import NO_STORE
from chalicelib.payments.intents import PaymentRequired
from chalicelib.payments.tariff import NotForSale
from chalicelib.pki.csr import CsrMalformed, CsrSignatureInvalid, KeyWeak
from chalicelib.pki.issuance import IssuanceStopped, KeyCompromised, KeyInUse, KeyReused
from chalicelib.pki.issuers import NoIssuer
from chalicelib.pki.key_types import KeyTooSmall, KeyTypeNotAccepted
from chalicelib.pki.reasons import ReasonNotAllowed
from chalicelib.registry.channels.certificate import ProofChainTooWeak
from chalicelib.registry.identification import GuardianRequired
from chalicelib.registry.rights_words import LACKS, LANGUAGES, WAYS
from chalicelib.web.languages import preferred
from chalicelib.web.problems import NotAcceptable
from chalicelib.web.request import Request
from chalicelib.web.routes import Media, Reply, Routes

routes = Routes("personal-area")

CHAIN = Media(download.PEM_CHAIN, also=(download.DER, download.PKCS7))


class CertificateName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate, by its issuer and serial number."""

    issuer: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    serial: Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}$(?!\n)")]


class OnlineApplication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for a key that the holder made, and the certificate that it is to replace, if any."""

    csr: Annotated[str, Meta(min_length=1, max_length=16384, description="PKCS#10 in PEM, for a new key.")]
    renews: CertificateName | None = None


class OwnCertificates(msgspec.Struct):
    """The person's certificates, the newest first."""

    certificates: list[OwnCertificate]


class OwnCodes(msgspec.Struct):
    """The person's generation codes, the newest first."""

    codes: list[OwnCode]


class OwnEvents(msgspec.Struct):
    """What happened, the newest first."""

    events: list[OwnEvent]


class OwnDeadlines(msgspec.Struct):
    """What ends when, the next first."""

    deadlines: list[OwnDeadline]


class CalendarAddress(msgspec.Struct):
    """Where a calendar program finds it. Whoever has the address can read it, so it is to be kept."""

    address: str


class OwnRevocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which certificate, and why."""

    issuer: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    serial: Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}$(?!\n)")]
    reason: Annotated[str, Meta(max_length=24, description="RFC 5280 name, such as keyCompromise.")]


class OwnRevocationReceipt(msgspec.Struct):
    """A revocation. It is final, and the first one counts."""

    issuer: str
    serial: str
    revoked_at: datetime
    reason: str
    first: bool
    """False if it had been revoked before."""


class RenewalOffer(msgspec.Struct):
    """A certificate that can be renewed now, or that bears an address which its holder has replaced."""

    issuer: str
    serial: str
    not_after: datetime
    why: str
    """`renewal`: name it in `renews`. `address`: ask without `renews`; the new certificate bears the address
    of the account, and those with a former one are revoked with it."""
    online: bool
    """Whether it can be accepted at once, with this log-in: POST a request for a new key."""
    accept: str
    """Where to accept it; empty where it takes another channel."""
    missing: list[str]
    to_do: list[str]
    """What to do instead, in order; the quickest way."""
    offices: str
    """Where the offices are listed that renew in person; empty where none is needed."""


class RenewalOffers(msgspec.Struct):
    """What can be renewed now."""

    language: str
    offers: list[RenewalOffer]


@routes.get("/v1/me/certificates", summary="My certificates", answers={200: OwnCertificates}, caller=CITIZEN)
def show_certificates(request: Request, citizen: Citizen) -> Reply:
    """Each with its state, and from when on and whether it can be renewed."""
    found = describe_all(citizen, certificates_of(citizen), request.cloud.now())
    return Reply(OwnCertificates(found), headers=NO_STORE)


@routes.get("/v1/me/generation-codes", summary="My generation codes", answers={200: OwnCodes}, caller=CITIZEN)
def show_codes(request: Request, citizen: Citizen) -> Reply:
    """What became of each; the codes themselves nobody can read."""
    found = codes(citizen, certificates_of(citizen), request.cloud.now())
    return Reply(OwnCodes(found), headers=NO_STORE)


@routes.get("/v1/me/events", summary="What happened to my account", answers={200: OwnEvents}, caller=CITIZEN)
def show_events(_: Request, citizen: Citizen) -> Reply:
    """From the audit trail: log-ins, proofs, changes, certificates and their ends; the newest first."""
    return Reply(OwnEvents(events(citizen, certificates_of(citizen))), headers=NO_STORE)


@routes.get("/v1/me/deadlines", summary="What ends when", answers={200: OwnDeadlines}, caller=CITIZEN)
def show_deadlines(request: Request, citizen: Citizen) -> Reply:
    """Everything of the person's that ends by itself, the next first."""
    return Reply(OwnDeadlines(deadlines(citizen.account, request.cloud.now())), headers=NO_STORE)


@routes.post(
    "/v1/me/calendar",
    summary="Get an address for the calendar of my deadlines",
    answers={201: CalendarAddress},
    problems=[Conflict],
    caller=CITIZEN,
)
def open_calendar(request: Request, citizen: Citizen) -> Reply:
    """A secret address for a calendar program; it is told once, and the one before ends."""
    token = new_address(request.cloud, citizen.account)
    address = f"{request.cloud.settings.api_url}/v1/calendars/{token}"
    return Reply(CalendarAddress(address), 201, headers=NO_STORE)


@routes.delete(
    "/v1/me/calendar",
    summary="Close the address of my calendar",
    answers={204: None},
    problems=[Conflict],
    caller=CITIZEN,
)
def end_calendar(request: Request, citizen: Citizen) -> Reply:
    """From now on it opens nothing."""
    close_address(request.cloud, citizen.account)
    return Reply(status=204, headers=NO_STORE)


@routes.get(
    "/v1/calendars/{calendar}",
    summary="Read a calendar of deadlines",
    answers={200: Media(ics.CONTENT_TYPE)},
    problems=[NotFound],
)
def read_calendar(request: Request) -> Reply:
    """What ends on which day (RFC 5545), for whoever has the address."""
    content = calendar_at(request.cloud, request.path["calendar"])
    return Reply(content, content_type=ics.CONTENT_TYPE, headers=NO_STORE)


@routes.post(
    "/v1/me/revocations",
    summary="Revoke one of my certificates",
    body=OwnRevocation,
    answers={200: OwnRevocationReceipt},
    problems=[NotFound, AssuranceTooLow, FreshLogInRequired, ReasonNotAllowed, Conflict],
    caller=CITIZEN,
)
def revoke_own_certificate(request: Request, citizen: Citizen) -> Reply:
    """At once, and for ever; it asks for a log-in of the last 15 minutes, of whatever way."""
    wanted: OwnRevocation = request.body
    revoked = revoke_own(request.cloud, citizen, wanted.issuer, wanted.serial, wanted.reason)
    receipt = OwnRevocationReceipt(wanted.issuer, wanted.serial, revoked.at, revoked.reason, revoked.now)
    return Reply(receipt, headers=NO_STORE)


@routes.get(
    "/v1/me/renewal-offers",
    summary="Which of my certificates can be renewed now",
    answers={200: RenewalOffers},
    caller=CITIZEN,
)
def show_offers(request: Request, citizen: Citizen) -> Reply:
    """Whether with this log-in, in one step; and if not, what else to do (language by Accept-Language)."""
    known = str(citizen.account.registration.language) if citizen.account.registration else LANGUAGES[0]
    language = preferred(request.headers.get("accept-language", ""), LANGUAGES, known)
    told = [
        RenewalOffer(
            issuer=offer.row.issuer,
            serial=f"{offer.row.serial:x}",
            not_after=offer.row.not_after,
            why=offer.why,
            online=offer.right.may,
            accept="/v1/me/certificates" if offer.right.may else "",
            missing=[LACKS[language][lack] for lack in offer.right.missing],
            to_do=[WAYS[language][way] for way in offer.right.quickest],
            offices="" if offer.right.may else POINTS,
        )
        for offer in offers(request.cloud, citizen)
    ]
    return Reply(RenewalOffers(language, told), headers={**NO_STORE, "Content-Language": language})


@routes.post(
    "/v1/me/certificates",
    summary="Get a certificate on line, or renew one",
    body=OnlineApplication,
    answers={200: CHAIN},
    problems=[
        AssuranceTooLow,
        FreshLogInRequired,
        GuardianRequired,
        ProofChainTooWeak,
        NotFound,
        *renewal.PROBLEMS,
        PaymentRequired,
        NotForSale,
        EvidenceRefused,
        IssuanceStopped,
        SigningUnavailable,
        Conflict,
        NoIssuer,
        CsrMalformed,
        CsrSignatureInvalid,
        KeyTooSmall,
        KeyTypeNotAccepted,
        KeyWeak,
        KeyInUse,
        KeyReused,
        KeyCompromised,
        NotAcceptable,
    ],
    caller=CITIZEN_FORWARDED,
)
def apply_online(request: Request, session: str) -> Reply:
    """For who logged in, in the last 15 minutes, with an e-ID or a certificate of ours that was not itself
    obtained with a certificate.

    The same key gets the same certificate again if the answer was lost. A renewed certificate stays valid
    until it expires, unless it is revoked. The header Clavero-Emergency-Code tells what to write down: with
    it the certificate is revoked or suspended at once.
    """
    media = request.accepted(CHAIN)
    wanted: OnlineApplication = request.body
    renews = certificate_id(wanted.renews.issuer, wanted.renews.serial) if wanted.renews else ""
    downloaded = download.online(request.cloud, session=session, csr=wanted.csr, renews=renews)
    headers = {**NO_STORE, "Vary": "Accept", download.EMERGENCY_CODE: downloaded.emergency_code}
    return Reply(downloaded.encoded(media), content_type=media, headers=headers)
