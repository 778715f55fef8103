"""In an emergency, over HTTP and without log-in: by the code given with a certificate, or by its key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from chalicelib.certificates.emergency.acts import revoke_by_code, suspend_by_code
from chalicelib.certificates.emergency.code import EmergencyCodeNotAccepted
from chalicelib.certificates.emergency.key_reports import TooManyReports, report_key
from chalicelib.certificates.suspensions.models import SuspensionReceipt
from chalicelib.codes.store import TooManyTries
from chalicelib.errors import Conflict
from chalicelib.pki.hold import HeldLately, HoldNotAllowed
from chalicelib.pki.key_proof import PrivateKeySent, ProofNotAccepted, proven_by_request, proven_by_signature
from chalicelib.pki.key_types import KeyTooSmall, KeyTypeNotAccepted
from chalicelib.pki.reasons import UNSPECIFIED, ReasonNotAllowed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("emergency")

NO_STORE = {"Cache-Control": "no-store"}
Code = Annotated[str, Meta(min_length=1, max_length=60, description="As received; hyphens do not matter.")]
Pem = Annotated[str, Meta(min_length=1, max_length=16384)]


class EmergencyRevocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code names the certificate."""

    code: Code
    reason: Annotated[str, Meta(max_length=24, description="RFC 5280 name, such as keyCompromise.")] = (
        UNSPECIFIED
    )


class EmergencySuspension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code names the certificate."""

    code: Code


class EmergencyRevocationReceipt(msgspec.Struct):
    """A revocation. It is final, and the first one counts."""

    issuer: str
    serial: str
    revoked_at: datetime
    """Where it had been suspended: since when it was."""
    reason: str
    first: bool
    """False if it had been revoked before."""


class RequestProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="request"):
    """A PKCS#10 request that the key signed, its subject being the statement."""

    csr: Pem


class SignatureProof(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="signature"
):
    """A signature over the text that names the key."""

    public_key: Pem
    """In PEM, or a certificate in PEM."""
    signature: Annotated[str, Meta(min_length=1, max_length=1024)]
    """Base64."""


class KeyReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That a key is not its holder's alone, with the proof of it."""

    proof: RequestProof | SignatureProof


class KeyReportReceipt(msgspec.Struct):
    """What became of a report; the same whether or not the key ever had a certificate."""

    key: str
    """SHA-256 of the SubjectPublicKeyInfo."""
    barred_at: datetime
    """Since when nobody can have it certified, and its certificates are being revoked."""


@routes.post(
    "/v1/certificates/emergency-revocations",
    summary="Revoke a certificate with its emergency code",
    body=EmergencyRevocation,
    answers={200: EmergencyRevocationReceipt},
    problems=[EmergencyCodeNotAccepted, TooManyTries, ReasonNotAllowed, Conflict],
)
def revoke_in_emergency(request: Request) -> Reply:
    """At once, and for ever. Sent again it gives the same answer."""
    wanted: EmergencyRevocation = request.body
    row, revoked = revoke_by_code(request.cloud, wanted.code, wanted.reason, request.source)
    receipt = EmergencyRevocationReceipt(
        row.issuer, f"{row.serial:x}", revoked.at, revoked.reason, revoked.now
    )
    return Reply(receipt, headers=NO_STORE)


@routes.post(
    "/v1/certificates/emergency-suspensions",
    summary="Suspend a certificate with its emergency code",
    body=EmergencySuspension,
    answers={200: SuspensionReceipt},
    problems=[EmergencyCodeNotAccepted, TooManyTries, HoldNotAllowed, HeldLately, Conflict],
)
def suspend_in_emergency(request: Request) -> Reply:
    """Out of use at once, for seven days; then it is revoked by itself, unless its holder lifts it."""
    row, held = suspend_by_code(request.cloud, request.body.code, request.source)
    receipt = SuspensionReceipt(row.issuer, f"{row.serial:x}", held.at, held.until, held.now)
    return Reply(receipt, headers=NO_STORE)


@routes.post(
    "/v1/key-compromise-reports",
    summary="Report a compromised key",
    body=KeyReport,
    answers={200: KeyReportReceipt},
    problems=[PrivateKeySent, ProofNotAccepted, KeyTooSmall, KeyTypeNotAccepted, TooManyReports, Conflict],
)
def report_compromised_key(request: Request) -> Reply:
    """By whoever can sign with it: a PKCS#10 request whose subject is the common name `Proof of Key
    Compromise for` and our name, or a signature over that text with `: ` and the key's hash after it.
    """
    cloud, proof = request.cloud, request.body.proof
    organisation = cloud.settings.organisation
    if isinstance(proof, RequestProof):
        spki, form = proven_by_request(proof.csr, organisation), "request"
    else:
        spki, form = proven_by_signature(proof.public_key, proof.signature, organisation), "signature"
    return Reply(KeyReportReceipt(spki, report_key(cloud, spki, request.source, form)), headers=NO_STORE)
