"""Loading a card over HTTP (A23): an officer's workstation sends the request that the card has signed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Meta

from chalicelib.aws.kms_key import SigningUnavailable
from chalicelib.certificates import download
from chalicelib.certificates.authority import EmailCodeNotAccepted
from chalicelib.certificates.cards import (
    Card,
    CardAttestationRequired,
    CardInUse,
    CardModelNotListed,
    CardOrder,
    IdentifyForCard,
)
from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.codes.store import CodeExpired, CodeNotAccepted, CodeSpent, TooManyTries
from chalicelib.errors import Conflict, Forbidden
from chalicelib.login.officers import OFFICER
from chalicelib.pki.attestation import LONGEST, CardAttestationRefused
from chalicelib.pki.csr import CsrMalformed, CsrSignatureInvalid, KeyWeak
from chalicelib.pki.issuance import IssuanceStopped, KeyCompromised, KeyInUse, KeyReused
from chalicelib.pki.issuers import NoIssuer
from chalicelib.pki.key_types import KeyTooSmall, KeyTypeNotAccepted
from chalicelib.pki.path import policies_of
from chalicelib.pki.profiles import NCP_PLUS, QCP_N_QSCD
from chalicelib.registry.officers import Officer
from chalicelib.registry.own_case import OwnCase
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("cards")

TypedCode = Annotated[
    str, Meta(min_length=1, max_length=40, description="As received; spaces do not matter.")
]


class CardLoadingRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A blank card with a new key, and the code of whom it is for. PIN and PUK stay with the holder."""

    code: Annotated[TypedCode, Meta(description="The holder's generation code, of today and of this point.")]
    csr: Annotated[
        str, Meta(min_length=1, max_length=16384, description="PKCS#10 in PEM, signed by the card's key.")
    ]
    card: Card
    attestation: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=8192)]],
        Meta(
            max_length=LONGEST, description="The card's attestation, PEM, the certificate of the key first."
        ),
    ] = []
    email_code: TypedCode | None = None
    """From the e-mail: puts the confirmed address into the certificate."""


class LoadedCard(msgspec.Struct):
    """The certificate to write into the card."""

    issuer: str
    serial: str
    profile: str
    secure_device: bool
    """Whether the certificate says that its key is in a secure device, which the card has proved."""
    qualified_device: bool
    """Whether it says so of a qualified one (QcSSCD)."""
    not_after: datetime
    certificate: str
    """PEM."""
    chain: list[str]
    """PEM, from the issuer up, without the root."""
    emergency_code: str
    """For the holder, who keeps it apart from the card: it suspends or revokes from anywhere."""


@routes.post(
    "/v1/registration-points/{point}/card-loadings",
    summary="Certify the key of a card",
    body=CardLoadingRequest,
    answers={200: LoadedCard},
    problems=[
        Forbidden,
        CodeNotAccepted,
        CodeExpired,
        CodeSpent,
        TooManyTries,
        EmailCodeNotAccepted,
        EvidenceRefused,
        IdentifyForCard,
        OwnCase,
        CardAttestationRequired,
        CardModelNotListed,
        CardAttestationRefused,
        CardInUse,
        CsrMalformed,
        CsrSignatureInvalid,
        KeyTooSmall,
        KeyTypeNotAccepted,
        KeyWeak,
        KeyInUse,
        KeyReused,
        KeyCompromised,
        IssuanceStopped,
        SigningUnavailable,
        Conflict,
        NoIssuer,
    ],
    caller=OFFICER,
)
def load_card(request: Request, officer: Officer) -> Reply:
    """Spends the holder's code and certifies the key that the card made.

    The same request can be sent again if the answer was lost: it never issues twice.
    """
    officer.at(request.path["point"], "card-loading")
    wanted: CardLoadingRequest = request.body
    downloaded, version = download.into_card(
        request.cloud,
        code=wanted.code,
        csr=wanted.csr,
        email_code=wanted.email_code,
        source=request.source,
        order=CardOrder(wanted.card, wanted.attestation, officer.session),
    )
    issuer, _, serial = downloaded.id.partition("#")
    policies = policies_of(downloaded.certificate)
    qualified = QCP_N_QSCD.dotted_string in policies
    body = LoadedCard(
        issuer=issuer,
        serial=serial,
        profile=version.partition("/")[0],
        secure_device=qualified or NCP_PLUS.dotted_string in policies,
        qualified_device=qualified,
        not_after=downloaded.certificate.not_valid_after_utc,
        certificate=downloaded.certificate.public_bytes(Encoding.PEM).decode(),
        chain=[each.public_bytes(Encoding.PEM).decode() for each in downloaded.chain],
        emergency_code=downloaded.emergency_code,
    )
    return Reply(body, headers={"Cache-Control": "no-store"})
