"""Certificates over HTTP: download with a code, search and revocation by officers."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from chalicelib.aws.kms_key import SigningUnavailable
from chalicelib.certificates import download, pkcs12
from chalicelib.certificates.authority import EmailCodeNotAccepted, TooManyReplacements
from chalicelib.certificates.desk import (
    OF_THE_CHECK,
    RevocationRequest,
    certificates_of,
    revoke_for_holder,
)
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.codes.store import CodeExpired, CodeNotAccepted, CodeSpent, TooManyTries
from chalicelib.errors import Conflict, Forbidden, Problem
from chalicelib.login.officers import OFFICER
from chalicelib.pki.csr import CsrMalformed, CsrSignatureInvalid, KeyWeak
from chalicelib.pki.issuance import IssuanceStopped, KeyCompromised, KeyInUse
from chalicelib.pki.issuers import NoIssuer
from chalicelib.pki.key_types import KeyTooSmall, KeyTypeNotAccepted
from chalicelib.pki.reasons import ReasonNotAllowed
from chalicelib.pki.states import State, state_of
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.documents import (
    NifInvalid,
)
from chalicelib.registry.officers import HourlyCapReached, Officer
from chalicelib.web.problems import NotAcceptable
from chalicelib.web.request import Request
from chalicelib.web.routes import Media, Reply, Routes

routes = Routes("certificates")

NO_STORE = {"Cache-Control": "no-store"}
CHAIN = Media(download.PEM_CHAIN, also=(download.DER, download.PKCS7))

TypedCode = Annotated[
    str, Meta(min_length=1, max_length=40, description="As received; spaces do not matter.")
]
OF_CODES: tuple[type[Problem], ...] = (
    CodeNotAccepted,
    CodeExpired,
    CodeSpent,
    TooManyTries,
    EmailCodeNotAccepted,
    EvidenceRefused,
    IssuanceStopped,
    SigningUnavailable,
    Conflict,
    NoIssuer,
)


class CsrDownload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A generation code and the request for a key that the holder made."""

    code: TypedCode
    csr: Annotated[str, Meta(min_length=1, max_length=16384, description="PKCS#10 in PEM.")]
    email_code: TypedCode | None = None
    """From the e-mail: puts the confirmed address into the certificate."""


class Pkcs12Download(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A generation code, for people whose software cannot make a key."""

    code: TypedCode
    password: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    """At least 16 characters; leave it out and one is made."""
    key_type: Literal["ec-p256", "rsa-3072"] = "ec-p256"
    email_code: TypedCode | None = None


class Pkcs12File(msgspec.Struct):
    """A PKCS#12 file with its password, if it was made here. Neither is kept."""

    pkcs12: str
    """Base64."""
    password: str | None
    issuer: str
    serial: str
    emergency_code: str
    """To be kept somewhere else: with it the certificate is revoked or suspended at once."""


class HolderQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose certificates; in the body, because URLs are logged along the way."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]


class CertificateSummary(msgspec.Struct):
    """What an officer sees of a certificate."""

    issuer: str
    serial: str
    profile: str
    state: State
    not_after: datetime
    revoked_at: datetime | None = None
    reason: str | None = None
    suspended_at: datetime | None = None
    decided_at: datetime | None = None
    """When a suspension becomes a revocation, unless it is lifted until then."""


class CertificateList(msgspec.Struct):
    """A person's certificates, the newest first."""

    certificates: list[CertificateSummary]


class RevocationReceipt(msgspec.Struct):
    """A revocation. It is final, and the first one counts."""

    issuer: str
    serial: str
    revoked_at: datetime
    reason: str
    first: bool
    """False if it had been revoked before."""


@routes.post(
    "/v1/certificates",
    summary="Download a certificate for a key of one's own",
    body=CsrDownload,
    answers={200: CHAIN},
    problems=[
        *OF_CODES,
        CsrMalformed,
        CsrSignatureInvalid,
        KeyTooSmall,
        KeyTypeNotAccepted,
        KeyWeak,
        KeyInUse,
        KeyCompromised,
        NotAcceptable,
    ],
)
def download_certificate(request: Request) -> Reply:
    """Spends the code and answers the certificate with its chain (PEM or PKCS#7), or alone (DER), by Accept.

    The same code with the same key can be sent again if the answer was lost. The header
    Clavero-Emergency-Code tells what to write down: with it the certificate is revoked or suspended at once.
    """
    media = request.accepted(CHAIN)
    wanted: CsrDownload = request.body
    downloaded = download.from_csr(
        request.cloud, code=wanted.code, csr=wanted.csr, email_code=wanted.email_code, source=request.source
    )
    headers = {**NO_STORE, "Vary": "Accept", download.EMERGENCY_CODE: downloaded.emergency_code}
    return Reply(downloaded.encoded(media), content_type=media, headers=headers)


@routes.post(
    "/v1/certificates/pkcs12",
    summary="Download a key and its certificate in a file",
    body=Pkcs12Download,
    answers={200: Pkcs12File},
    problems=[
        *OF_CODES,
        pkcs12.PasswordCharacters,
        pkcs12.PasswordTooShort,
        pkcs12.PasswordWeak,
        TooManyReplacements,
    ],
    idempotency_key=True,
)
def download_pkcs12(request: Request) -> Reply:
    """Spends the code, makes a key in memory and answers both in a PKCS#12 file.

    Sending it again with the same Idempotency-Key gives another key, and revokes the certificate of the
    first as superseded. Nobody but the holder has the key; nobody can recover it.
    """
    wanted: Pkcs12Download = request.body
    file = download.as_pkcs12(
        request.cloud,
        code=wanted.code,
        password=wanted.password,
        key_type=wanted.key_type,
        email_code=wanted.email_code,
        source=request.source,
        idempotency_key=request.idempotency_key,
    )
    issuer, _, serial = file.downloaded.id.partition("#")
    code = file.downloaded.emergency_code
    body = Pkcs12File(base64.b64encode(file.pkcs12).decode(), file.new_password, issuer, serial, code)
    return Reply(body, headers=NO_STORE)


@routes.post(
    "/v1/registration-points/{point}/certificate-searches",
    summary="Find a person's certificates",
    body=HolderQuery,
    answers={200: CertificateList},
    problems=[Forbidden, NifInvalid, HourlyCapReached, Conflict],
    caller=OFFICER,
)
def search_certificates(request: Request, officer: Officer) -> Reply:
    """The certificates of the person with this NIF. The search is recorded."""
    officer.at(request.path["point"], "revocation")
    rows = certificates_of(request.cloud, officer, request.body.nif)
    now = request.cloud.now()
    return Reply(CertificateList([_summary(row, now) for row in rows]), headers=NO_STORE)


@routes.post(
    "/v1/registration-points/{point}/revocations",
    summary="Revoke a person's certificate",
    body=RevocationRequest,
    answers={200: RevocationReceipt},
    problems=[*OF_THE_CHECK, ReasonNotAllowed],
    caller=OFFICER,
)
def revoke_certificate(request: Request, officer: Officer) -> Reply:
    """Revokes for the holder, present or on the phone, after an identity check. It cannot be undone."""
    wanted: RevocationRequest = request.body
    officer.at(request.path["point"], wanted.identity.service)
    revoked = revoke_for_holder(request.cloud, officer, request.path["point"], wanted)
    receipt = RevocationReceipt(wanted.issuer, wanted.serial, revoked.at, revoked.reason, revoked.now)
    return Reply(receipt, headers=NO_STORE)


def _summary(row: CertificateRow, now: datetime) -> CertificateSummary:
    state = state_of(row, now)
    return CertificateSummary(
        issuer=row.issuer,
        serial=f"{row.serial:x}",
        profile=row.profile,
        state=state,
        not_after=row.not_after,
        revoked_at=row.revoked_at,
        reason=row.reason,
        suspended_at=row.held_at if state == "held" else None,
        decided_at=row.held_until if state == "held" else None,
    )
