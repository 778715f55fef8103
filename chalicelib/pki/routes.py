"""Status over HTTP: OCSP (RFC 6960, appendix A), CRLs and CA certificates (RFC 5280, section 8)."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws import bucket
from chalicelib.errors import NotFound
from chalicelib.pki import crl, ocsp, publication, status
from chalicelib.pki.issuers import issuers
from chalicelib.pki.status import OcspAnswer
from chalicelib.web.routes import Media, Reply, Routes

if TYPE_CHECKING:
    from chalicelib.web.request import Request

OCSP_MAX_AGE = 30
"""Seconds in which caches may repeat an answer: a revocation is seen everywhere within a minute."""
CA_TYPE = "application/pkix-cert"  # RFC 2585, section 4.1
CA_MAX_AGE = 86_400

routes = Routes("status")


@routes.post(
    "/ocsp",
    summary="Status of a certificate",
    body=Media(ocsp.REQUEST_TYPE, limit=ocsp.LARGEST_REQUEST),
    answers={200: Media(ocsp.ANSWER_TYPE)},
)
def ask_status(request: Request) -> Reply:
    """An OCSP request in DER for one certificate. What is wrong with it is told in the OCSP response."""
    told = status.answer(request.cloud, request.body)
    # Caches do not keep answers to POST (RFC 9110, section 9.3.3), and are told not to.
    return Reply(told.der, 200, ocsp.ANSWER_TYPE, {"Cache-Control": "no-store"})


@routes.get(
    "/ocsp/{proxy+}",
    summary="Status of a certificate, cacheable",
    answers={200: Media(ocsp.ANSWER_TYPE), 304: None},
)
def ask_status_by_get(request: Request) -> Reply:
    """The OCSP request in the path, in base64 (RFC 6960, appendix A.1)."""
    try:
        told = status.answer(request.cloud, ocsp.from_path(request.path.get("proxy", "")))
    except ocsp.Refused as refused:
        told = status.refuse(refused.refusal)
    return _conditional(request, told.der, ocsp.ANSWER_TYPE, _ocsp_headers(told, request.cloud.now()))


def _ocsp_headers(told: OcspAnswer, now: datetime) -> dict[str, str]:
    """RFC 9919 on HTTP caches, except that max-age is much shorter than an answer is valid."""
    signed = told.signed
    if signed is None or signed.status is ocsp.Status.UNKNOWN:
        return {"Cache-Control": "no-store"}
    left = max(0, int((signed.next_update - now).total_seconds()))
    return {
        "Cache-Control": f"public, max-age={min(OCSP_MAX_AGE, left)}, no-transform, must-revalidate",
        "Last-Modified": format_datetime(signed.this_update, usegmt=True),
        "Expires": format_datetime(signed.next_update, usegmt=True),
    }


@routes.get(
    "/crl/{issuer}/{file}",
    summary="Certificate revocation list",
    answers={200: Media(crl.CONTENT_TYPE), 304: None},
    problems=[NotFound],
)
def get_crl(request: Request) -> Reply:
    """One shard of an issuer's CRL, in DER, as certificates and the list itself name it."""
    issuer = issuers(request.cloud).get(request.path["issuer"])
    match = re.fullmatch(r"([0-9]{3,4})\.crl", request.path["file"])
    if issuer is None or match is None or int(match[1]) >= issuer.crl_shards:
        raise NotFound
    found = bucket.read(request.cloud, crl.bucket_key(issuer.id, int(match[1])))
    if found is None:
        raise NotFound
    headers = {"Cache-Control": f"public, max-age={publication.MAX_AGE}"}
    return _conditional(request, found[0], crl.CONTENT_TYPE, headers)


@routes.get(
    "/ca/{file}",
    summary="CA certificate",
    answers={200: Media(CA_TYPE), 304: None},
    problems=[NotFound],
)
def get_ca_certificate(request: Request) -> Reply:
    """The certificate of a CA, in DER, as caIssuers names it (RFC 5280, section 4.2.2.1)."""
    match = re.fullmatch(r"([0-9a-f]{16})\.cer", request.path["file"])
    issuer = issuers(request.cloud).get(match[1]) if match else None
    if issuer is None:
        raise NotFound
    headers = {"Cache-Control": f"public, max-age={CA_MAX_AGE}"}
    return _conditional(request, issuer.certificate.public_bytes(Encoding.DER), CA_TYPE, headers)


def _conditional(request: Request, body: bytes, content_type: str, headers: dict[str, str]) -> Reply:
    """The body, or 304 for a cache that has it already (RFC 9110, section 13.1.2)."""
    if headers["Cache-Control"] == "no-store":
        return Reply(body, 200, content_type, headers)
    headers = {**headers, "ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in known:
        return Reply(b"", 304, content_type, headers)
    return Reply(body, 200, content_type, headers)
