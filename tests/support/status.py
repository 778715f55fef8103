"""What anybody is told of a certificate by OCSP and by its CRL, which must be the same."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags, ocsp

from chalicelib.pki import jobs
from chalicelib.pki.crl import bucket_key, reason_of
from chalicelib.pki.issuers import Issuer, issuers
from tests.support.world import World, issuer_id

Told = tuple[datetime, ReasonFlags | None] | None
"""Since when, and why; None where it is good."""


def status(world: World, certificate: x509.Certificate) -> Told:
    """By both, once the CRLs are published; None where both say that it is good."""
    issuer = issuers(world.cloud).get(issuer_id(certificate))
    assert issuer is not None
    by_crl = in_crl(world, issuer, certificate)
    by_ocsp = in_ocsp(world, issuer, certificate)
    assert by_crl == by_ocsp, "CRL and OCSP differ"
    return by_crl


def in_crl(world: World, issuer: Issuer, certificate: x509.Certificate) -> Told:
    jobs.publish_crls(world.cloud)
    path = bucket_key(issuer.id, certificate.serial_number % issuer.crl_shards)
    answer = world.citizen.get("/" + path)
    assert answer.status == 200, answer.body
    crl = x509.load_der_x509_crl(answer.body)
    line = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return None if line is None else (line.revocation_date_utc, reason_of(line))


def in_ocsp(world: World, issuer: Issuer, certificate: x509.Certificate) -> Told:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer.certificate, hashes.SHA256())
    body = builder.build().public_bytes(Encoding.DER)
    answer = world.citizen.send("POST", "/ocsp", body, content_type="application/ocsp-request")
    said = ocsp.load_der_ocsp_response(answer.body)
    if said.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return None
    assert said.certificate_status is ocsp.OCSPCertStatus.REVOKED, said.certificate_status
    assert said.revocation_time_utc is not None
    return said.revocation_time_utc, said.revocation_reason
