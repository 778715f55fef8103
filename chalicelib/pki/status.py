"""Certificate status by OCSP (RFC 6960, RFC 9919): who answers, what is kept, and when it is made anew.

The function that faces the internet reads one row, in which an answer made before is waiting. It has no
key. Only when that answer is missing or half used does it call the `status` function, which looks for
itself, signs with the responder's key and keeps the answer in the row, unless the certificate was revoked
meanwhile: a revocation removes the kept answers, and an answer that is older never comes back.

What is said of a serial number:

- never given out: `unauthorized`, unsigned, so that nobody can make us sign for numbers at random;
- reserved, its certificate not yet stored: `unknown`, signed, brief and never kept. Not `good`, since it
  may never exist; not `revoked`, since a revocation is final and this certificate may yet become good;
- issued: `good`; revoked, whether issued or only reserved: `revoked`, with the recorded time and reason;
- on hold: `revoked` too, since when it is, by the reason certificateHold (RFC 6960, section 2.2): the one
  answer that `good` may follow. The end of a hold removes the kept answers as its beginning does.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.x509 import ReasonFlags

from chalicelib.aws.kms_key import kms_key
from chalicelib.aws.log import log_failure
from chalicelib.aws.tables import change
from chalicelib.errors import NotFound, Problem, Unavailable
from chalicelib.pki import ocsp
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.key_types import accepted_key
from chalicelib.pki.ocsp import Answer, Refusal, Refused, Status
from chalicelib.pki.reasons import reason_flag
from chalicelib.pki.tables import CertificateRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

ATTEMPTS = 3
UNKNOWN_LIFETIME = timedelta(seconds=60)


class OcspAnswer(msgspec.Struct, frozen=True):
    """What goes back to the client."""

    der: bytes
    signed: Answer | None
    """None: a refusal, which says nothing about a certificate and is never cached."""


def answer(cloud: Cloud, request: bytes) -> OcspAnswer:
    """Answer an OCSP request. It always ends in an OCSP response, whatever fails."""
    try:
        return _answer(cloud, ocsp.read_request(request))
    except Refused as refused:
        return refuse(refused.refusal)
    except Problem as problem:
        log_failure(problem)
        return refuse(Refusal.TRY_LATER)


def refuse(refusal: Refusal) -> OcspAnswer:
    """An answer without a signature."""
    return OcspAnswer(refusal.der(), None)


def _answer(cloud: Cloud, asked: ocsp.CertId) -> OcspAnswer:
    issuer = _issuer_named(cloud, asked)
    if issuer is None or asked.serial <= 0:
        return refuse(Refusal.UNAUTHORIZED)
    row = CertificateRow.find(CertificateRow.key(issuer, asked.serial))
    if row is None:
        return refuse(Refusal.UNAUTHORIZED)
    now = cloud.now()
    kept = _kept(row, asked.hash, now)
    if kept is not None and now < kept.refresh_at:
        return OcspAnswer(kept.der, kept)
    try:
        made = cloud.invoke("status", {"issuer": issuer, "serial": f"{asked.serial:x}", "hash": asked.hash})
    except Problem as problem:
        log_failure(problem)
        # Half used is not used up: better than no answer, and it agrees with the row read just now.
        return OcspAnswer(kept.der, kept) if kept is not None else refuse(Refusal.TRY_LATER)
    signed = ocsp.read_answer(base64.b64decode(made["answer"]))
    return OcspAnswer(signed.der, signed) if signed is not None else refuse(Refusal.TRY_LATER)


def _issuer_named(cloud: Cloud, asked: ocsp.CertId) -> str | None:
    known = issuers(cloud)
    names: dict[tuple[bytes, bytes], str] = cloud.remember(f"ocsp names/{asked.hash}", dict)
    key = (asked.issuer_name_hash, asked.issuer_key_hash)
    # An issuer never changes, so what was found stays; what was not found may come with a ceremony.
    if (found := names.get(key)) is None:
        found = ocsp.issued_by(asked, [(issuer.id, issuer.certificate) for issuer in known.all])
        if found is not None:
            names[key] = found
    return found


def _kept(row: CertificateRow, hash_name: str, now: datetime) -> Answer | None:
    """The answer kept in the row, if it is still valid and says what the row says."""
    der = row.ocsp_sha1 if hash_name == "sha1" else row.ocsp_sha256
    if not der:
        return None
    kept = ocsp.read_answer(bytes(der))
    if kept is None or not kept.valid(now) or kept.status is not _status(row):
        return None
    return kept if (kept.revoked_at, kept.reason) == (_since(row), _reason(row)) else None


def _since(row: CertificateRow) -> datetime | None:
    return row.revoked_at or row.held_at


def _status(row: CertificateRow) -> Status:
    if not row.stands:
        return Status.REVOKED
    return Status.GOOD if row.state == "issued" else Status.UNKNOWN


def handle(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The `status` function: sign an answer for one certificate, and keep it.

    Raises:
        NotFound: nothing was ever reserved under this serial.
        Unavailable: no valid responder certificate, or the certificate keeps changing.
    """
    issuer = issuers(cloud).get(str(payload["issuer"]))
    hash_name = str(payload["hash"])
    if issuer is None or hash_name not in ocsp.HASHES:
        raise NotFound
    key = CertificateRow.key(issuer.id, int(str(payload["serial"]), 16))
    for _ in range(ATTEMPTS):
        row = CertificateRow.find(key)
        if row is None:
            raise NotFound
        made = _sign(cloud, issuer, row, hash_name)
        if _status(row) is Status.UNKNOWN or _keep(row, hash_name, made):
            return {"answer": base64.b64encode(made.der).decode()}
        # It was revoked, or issued, while we signed: what we hold is no longer true.
    raise Unavailable(retry_after=1)


def _sign(cloud: Cloud, issuer: Issuer, row: CertificateRow, hash_name: str) -> Answer:
    responder = issuer.responder_certificate
    if responder is None:
        raise Unavailable
    public_key, _ = accepted_key(responder.public_key())
    status = _status(row)
    der = ocsp.build_answer(
        issuer=issuer.certificate,
        responder=responder,
        key=kms_key(cloud.kms, issuer.responder_key_id, public_key),
        hash_name=hash_name,
        serial=row.serial,
        status=status,
        now=cloud.now(),
        lifetime=UNKNOWN_LIFETIME if status is Status.UNKNOWN else ocsp.LIFETIME,
        revoked_at=_since(row),
        reason=_reason(row),
    )
    made = ocsp.read_answer(der) if der is not None else None
    if made is None:
        raise Unavailable  # the responder's certificate has ended (R8)
    return made


def _reason(row: CertificateRow) -> Any:
    if row.revoked_at is None:
        return None if row.held_at is None else ReasonFlags.certificate_hold
    try:
        return reason_flag(row.reason)
    except ValueError:
        return None  # a reason that we never give says nothing; that it is revoked does


def _keep(row: CertificateRow, hash_name: str, made: Answer) -> bool:
    """Write the answer into the row, if the row still says what the answer says."""
    kept = CertificateRow.ocsp_sha1 if hash_name == "sha1" else CertificateRow.ocsp_sha256
    standing = CertificateRow.state == row.state
    for attribute, read in (
        (CertificateRow.revoked_at, row.revoked_at),
        (CertificateRow.held_at, row.held_at),
    ):
        standing &= attribute.does_not_exist() if read is None else attribute == read
    return change(CertificateRow(row.id), [kept.set(made.der)], standing)
