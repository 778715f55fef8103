"""The status of certificates: OCSP answers, CRLs, responders. Every write of it."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.pki import jobs as pki
from chalicelib.pki.crl import bucket_key, number_of
from chalicelib.pki.issuers import Issuer, issuers
from chalicelib.pki.tables import CertificateRow
from tests.crash.operation import Again, Case, Operation, acts, run, told
from tests.support.client import Answer
from tests.support.world import issuer_id


def certificate_in(answer: Answer) -> x509.Certificate:
    return x509.load_pem_x509_certificates(answer.body)[0]


def record_of(certificate: x509.Certificate) -> CertificateRow:
    row = CertificateRow.find(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    assert row is not None
    return row


def issuer_of(case: Case) -> Issuer:
    return next(issuer for issuer in issuers(case.world.cloud).all if issuer.parent)


def crl_of(case: Case, certificate: x509.Certificate) -> x509.CertificateRevocationList:
    issuer = issuer_of(case)
    key = bucket_key(issuer.id, certificate.serial_number % issuer.crl_shards)
    path = "/crl/" + key.removeprefix("crl/")
    answer = case.world.citizen.get(path)
    assert answer.status == 200, (path, answer.body)
    return x509.load_der_x509_crl(answer.body)


def status_of(case: Case, certificate: x509.Certificate) -> ocsp.OCSPCertStatus:
    return ocsp.load_der_ocsp_response(_ask_with(case, certificate).body).certificate_status


def _ask_with(case: Case, certificate: x509.Certificate) -> Answer:
    return _send_ocsp(case, _ocsp_request(case, certificate))


def _ocsp_request(case: Case, certificate: x509.Certificate) -> bytes:
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate(certificate, issuer_of(case).certificate, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def _send_ocsp(case: Case, body: bytes) -> Answer:
    return case.world.citizen.send("POST", "/ocsp", body, content_type="application/ocsp-request")


def _to_ask_before(case: Case) -> tuple[x509.Certificate, bytes]:
    certificate = case.world.certificate_of()
    return certificate, _ocsp_request(case, certificate)


def _ask(case: Case) -> Answer:
    answer = told(_send_ocsp(case, case.kept[1]), 200)
    if ocsp.load_der_ocsp_response(answer.body).response_status is ocsp.OCSPResponseStatus.TRY_LATER:
        raise Again("tryLater")
    return answer


def _answered(case: Case, answer: Answer) -> None:
    assert ocsp.load_der_ocsp_response(answer.body).certificate_status is ocsp.OCSPCertStatus.GOOD
    kept = record_of(case.kept[0]).ocsp_sha256
    assert kept == answer.body


def _revoked_before(case: Case) -> tuple[x509.Certificate, int]:
    """A certificate that was revoked after its CRL was published."""
    certificate = case.world.certificate_of()
    assert case.world.revoke(certificate).status == 200
    case.faults.started.clear()  # the operation under test is the one that would now run
    return certificate, number_of(crl_of(case, certificate))


def _publish(case: Case) -> None:
    run("publish_crls", lambda: pki.publish_crls(case.world.cloud))


def _published(case: Case, _: None) -> None:
    certificate, before = case.kept
    published = crl_of(case, certificate)
    assert published.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert number_of(published) > before
    assert published.is_signature_valid(issuer_of(case).certificate.public_key())  # type: ignore[arg-type]
    _publish(case)
    assert number_of(crl_of(case, certificate)) == number_of(published), "still due after it was published"


def _two_months_later(case: Case) -> x509.Certificate | None:
    before = issuer_of(case).responder_certificate
    case.world.clock.turn(days=61)
    return before


def _renew(case: Case) -> None:
    run("renew_responders", lambda: pki.renew_responders(case.world.cloud))


def _renewed(case: Case, _: None) -> None:
    issuer = issuer_of(case)
    now_used = issuer.responder_certificate
    assert now_used is not None
    assert now_used != case.kept
    rows = [row for row in CertificateRow.scan() if row.holder.startswith("responder:")]
    assert len(rows) == 2, "the first, and the one that replaces it"
    assert record_of(now_used).der == now_used.public_bytes(Encoding.DER)
    assert acts("responder.renewed") == 2


OPERATIONS = (
    Operation("answer OCSP, first", _to_ask_before, _ask, _answered),
    Operation("publish a CRL", _revoked_before, _publish, _published),
    Operation("renew a responder", _two_months_later, _renew, _renewed),
)
