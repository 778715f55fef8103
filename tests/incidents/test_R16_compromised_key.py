"""R16: a compromised key is found in whatever form it is reported, and never certified again."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chalicelib.aws.tables import Damaged
from chalicelib.certificates.revocation import report_compromise
from chalicelib.pki.compromise import key_of_report
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import CertificateRow, KeyRow
from tests.support.damage import make_unreadable
from tests.support.world import World, another_person, issuer_id, new_csr


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("form", ["pkcs1", "pkcs8", "pkcs10", "spki"])
def test_R16_every_form_of_a_key_names_the_same_key(encoding: Encoding, form: str) -> None:
    """A report came as PKCS#8 and the search was by certificate: it found nothing (Bugzilla 1693343)."""
    key = rsa.generate_private_key(65537, 2048)
    pem = {
        "pkcs1": lambda: key.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        "pkcs8": lambda: key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption()),
        "pkcs10": lambda: x509.load_pem_x509_csr(new_csr(key).encode()).public_bytes(encoding),
        "spki": lambda: key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo),
    }[form]()
    assert key_of_report(pem) == spki_sha256(key.public_key())


def test_R16_one_report_revokes_every_certificate_of_the_key(authority: World) -> None:
    """A person had the same key certified twice: one report takes both, and bars the key for all."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificates = []
    for _ in range(2):
        answer = authority.download(authority.code_for(), new_csr(key))
        certificates.append(x509.load_pem_x509_certificates(answer.body)[0])
        authority.clock.turn(minutes=1)
    other = authority.certificate_of(**another_person(1))

    spki = key_of_report(certificates[0].public_bytes(Encoding.DER))
    assert len(report_compromise(authority.cloud, spki, "operator:test")) == 2
    rows = [CertificateRow.find(CertificateRow.key(issuer_id(c), c.serial_number)) for c in certificates]
    assert [row.reason for row in rows if row] == ["keyCompromise"] * 2
    unharmed = CertificateRow.find(CertificateRow.key(issuer_id(other), other.serial_number))
    assert unharmed is not None

    again = authority.download(authority.code_for(), new_csr(key))
    assert (again.status, again.slug) == (409, "key-compromised")
    stranger = authority.download(authority.code_for(**another_person(2)), new_csr(key))
    assert stranger.slug == "key-compromised"
    assert unharmed.revoked_at is None


def test_R16_one_record_that_cannot_be_read_protects_no_other_certificate_of_the_key(
    authority: World,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = authority.download(authority.code_for(), new_csr(key))
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    spki, name = spki_sha256(key.public_key()), CertificateRow.key(issuer_id(certificate), 1)
    KeyRow(spki).update([KeyRow.certificates.add({name})])
    make_unreadable(name)
    with pytest.raises(Damaged):
        report_compromise(authority.cloud, spki, "operator:test")
    row = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    assert row.reason == "keyCompromise"
    assert KeyRow.get(spki).sweep, "it waits for somebody to look"


def test_R16_a_key_reported_before_anybody_used_it_is_refused(authority: World) -> None:
    """Keys leak from software before they reach us."""
    key = ec.generate_private_key(ec.SECP384R1())
    report_compromise(authority.cloud, spki_sha256(key.public_key()), "operator:test")
    code = authority.code_for()
    assert authority.download(code, new_csr(key)).slug == "key-compromised"
    assert authority.download(code).status == 200, "the code was not used up by a bad key"


def test_R16_a_holder_who_reports_compromise_loses_all_certificates_of_the_key(authority: World) -> None:
    """At the desk too: the reason keyCompromise is about the key, not about one certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    first = x509.load_pem_x509_certificates(authority.download(authority.code_for(), new_csr(key)).body)[0]
    authority.clock.turn(minutes=1)
    second = x509.load_pem_x509_certificates(authority.download(authority.code_for(), new_csr(key)).body)[0]
    assert authority.revoke(first).status == 200
    row = CertificateRow.find(CertificateRow.key(issuer_id(second), second.serial_number))
    assert row is not None
    assert row.reason == "keyCompromise"
    assert authority.download(authority.code_for(), new_csr(key)).slug == "key-compromised"


def test_R16_a_key_reported_after_its_certificate_was_revoked_is_barred(authority: World) -> None:
    """Revoked as superseded at first; that the key is known to others comes out later."""
    key = ec.generate_private_key(ec.SECP256R1())
    answer = authority.download(authority.code_for(), new_csr(key))
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    assert authority.revoke(certificate, reason="superseded").status == 200
    assert authority.revoke(certificate, reason="keyCompromise").json["reason"] == "superseded"
    assert authority.download(authority.code_for(), new_csr(key)).slug == "key-compromised"
