"""A citizen's story: identified at a point, a code by text message, a certificate, and its revocation."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.support.client import Client
from tests.support.world import World, new_csr


def test_from_identification_to_revocation(authority: World) -> None:
    answer = authority.identify()
    assert answer.status == 201
    assert answer.json["delivery"] == "sms"
    assert answer.json["sent"]
    assert answer.json["slip_pdf"] is None
    assert "code" not in answer.json

    code, csr = authority.phone.generation_code(), new_csr()
    first = authority.download(code, csr, email_code=authority.phone.email_code())
    assert first.status == 200, first.body
    assert first.headers["content-type"] == "application/pem-certificate-chain"
    certificate, issuer = x509.load_pem_x509_certificates(first.body)
    certificate.verify_directly_issued_by(issuer)
    assert certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == "IDCES-12345678Z"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["maria@example.org"]

    again = authority.download(code, csr)
    assert again.body == first.body, "a lost answer loses nothing"
    elsewhere = Client(authority.app, source="198.51.100.9")
    there = elsewhere.post("/v1/certificates", {"code": code, "csr": csr})
    assert there.body == first.body, "Q04: no code is of one computer or browser"
    assert authority.download(code).slug == "code-spent", "another key is another request"

    revoked = authority.revoke(certificate)
    assert revoked.status == 200, revoked.body
    assert revoked.json["reason"] == "keyCompromise"
    authority.clock.turn(minutes=1)
    twice = authority.revoke(certificate, reason="superseded")
    assert twice.json["revoked_at"] == revoked.json["revoked_at"]
    assert not twice.json["first"]
