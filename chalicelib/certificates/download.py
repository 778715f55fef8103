"""Download of a certificate with a generation code (A22): what the internet-facing side does of it.

It carries a code and a key to the authority and dresses the answer; it decides nothing.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws.log import log_failure
from chalicelib.certificates import pkcs12
from chalicelib.errors import Problem
from chalicelib.pki.csr import CsrMalformed

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.certificates.cards import CardOrder

EMERGENCY_CODE = "Clavero-Emergency-Code"
"""The header that tells it: no form of a certificate has room for a secret beside it."""
PEM_CHAIN = "application/pem-certificate-chain"  # RFC 8555 section 9.1
DER = "application/pkix-cert"  # RFC 2585
PKCS7 = "application/pkcs7-mime"  # RFC 5751, certs-only


class Downloaded(msgspec.Struct, frozen=True):
    """A certificate and the CA certificates that lead to the root."""

    id: str
    certificate: x509.Certificate
    chain: list[x509.Certificate]
    emergency_code: str
    """Told with the certificate and kept by nobody but its holder (F20)."""

    def encoded(self, media: str) -> bytes:
        """The certificate in one of the media types above; DER holds no chain."""
        if media == DER:
            return self.certificate.public_bytes(Encoding.DER)
        certificates = [self.certificate, *self.chain]
        if media == PKCS7:
            # Imports the e-mail package, and is rarely asked for.
            from cryptography.hazmat.primitives.serialization import pkcs7

            return pkcs7.serialize_certificates(certificates, Encoding.DER)
        return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def from_csr(cloud: Cloud, *, code: str, csr: str, email_code: str | None, source: str) -> Downloaded:
    """The certificate for a PKCS#10 request. The same code and key again give the same certificate."""
    return _issue(cloud, code, _octets(csr), email_code, source, key_origin="holder", request=None)


def online(cloud: Cloud, *, session: str, csr: str, renews: str) -> Downloaded:
    """The certificate of who is logged in (A08), or in place of one that expires (A29).

    Args:
        session: the id of the session, which the authority judges by itself.
        renews: the id of the certificate to renew, or nothing.
    """
    order = {"operation": "issue_online", "session": session, "renews": renews}
    answer = cloud.invoke("authority", order | {"csr": base64.b64encode(_octets(csr)).decode()})
    # What opened the session may end here, and with it the way to ask again: the answer comes in any case.
    if changed_by := answer.get("changed_by"):
        _end_untrue(cloud, changed_by, again=False)
    if answer.get("readdressed"):
        _end_former(cloud, answer["id"])
    return _downloaded(answer)


def _octets(csr: str) -> bytes:
    try:
        return csr.encode("ascii")
    except UnicodeEncodeError as error:
        raise CsrMalformed from error


class File(msgspec.Struct, frozen=True):
    """A PKCS#12 file, and its password if we made it."""

    downloaded: Downloaded
    pkcs12: bytes
    new_password: str | None


def as_pkcs12(
    cloud: Cloud,
    *,
    code: str,
    password: str | None,
    key_type: str,
    email_code: str | None,
    source: str,
    idempotency_key: str,
) -> File:
    """A key, its certificate and the chain in one file.

    The same idempotency key again gives a new key and certificate, and revokes the one before: its key
    went with the answer that was lost.
    """
    made = None if password is not None else pkcs12.new_password(cloud.entropy)
    protect = pkcs12.check_password(password) if password is not None else made
    pair = pkcs12.make_pair(key_type)
    request = "pkcs12:" + hashlib.sha256(idempotency_key.encode()).hexdigest()
    octets = pair.csr.public_bytes(Encoding.DER)
    downloaded = _issue(cloud, code, octets, email_code, source, key_origin="server", request=request)
    octets = pkcs12.write(pair, downloaded.certificate, downloaded.chain, str(protect))
    return File(downloaded, octets, made)


def into_card(
    cloud: Cloud,
    *,
    code: str,
    csr: str,
    email_code: str | None,
    source: str,
    order: CardOrder,
) -> tuple[Downloaded, str]:
    """The certificate for a key in a card, and its profile. The same card and key again give the same one."""
    answer = cloud.invoke(
        "authority",
        {
            "operation": "load_card",
            "code": code,
            "csr": base64.b64encode(_octets(csr)).decode(),
            "email_code": email_code,
            "source": source,
            "card": msgspec.to_builtins(order),
            "request": None,
        },
    )
    if changed_by := answer.get("changed_by"):
        _end_untrue(cloud, changed_by, again=True)
    return _downloaded(answer), answer["profile"]


def _end_untrue(cloud: Cloud, identification_id: str, *, again: bool) -> None:
    """Revoke what the new certificate takes the place of. What fails is done when the same request comes
    again, if it can without losing a key, or by the duty of the day that was set for it."""
    # Few downloads come after a change, and none of the others is to pay for this.
    from chalicelib.certificates.data_change import revoke_untrue

    try:
        revoke_untrue(cloud, identification_id)
    except Problem as problem:
        if again:
            raise
        log_failure(problem)


def _end_former(cloud: Cloud, certificate_id: str) -> None:
    """Revoke what bears an address that its holder has replaced; what fails, the day's duty does."""
    from chalicelib.certificates.data_change import revoke_former_addresses

    try:
        revoke_former_addresses(cloud, certificate_id)
    except Problem as problem:
        log_failure(problem)


def _issue(
    cloud: Cloud,
    code: str,
    csr: bytes,
    email_code: str | None,
    source: str,
    *,
    key_origin: str,
    request: str | None,
) -> Downloaded:
    answer = cloud.invoke(
        "authority",
        {
            "operation": "issue",
            "code": code,
            "csr": base64.b64encode(csr).decode(),
            "email_code": email_code,
            "source": source,
            "key_origin": key_origin,
            "request": request,
        },
    )
    if changed_by := answer.get("changed_by"):
        _end_untrue(cloud, changed_by, again=key_origin == "holder")
    return _downloaded(answer)


def _downloaded(answer: dict[str, Any]) -> Downloaded:
    return Downloaded(
        answer["id"],
        x509.load_der_x509_certificate(base64.b64decode(answer["certificate"])),
        [x509.load_der_x509_certificate(base64.b64decode(each)) for each in answer["chain"]],
        answer["emergency_code"],
    )
