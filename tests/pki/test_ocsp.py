"""OCSP requests as clients really send them, and answers as judges read them."""

from __future__ import annotations

import base64
import contextlib
import string
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as x509_ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.pki import ocsp
from chalicelib.pki.lint import ocsp_findings
from chalicelib.pki.names import authority_name
from chalicelib.pki.ocsp import CertId, Refusal, Refused
from tests.pki.authority import (
    HOLDER_KEY,
    ISSUED,
    ISSUING,
    PROFILES,
    SERIAL,
    Request,
    ca_name,
    every_profile,
    issue,
)

CITIZEN = issue(PROFILES["citizen-software"])
RESPONDER = issue(PROFILES["ocsp-responder"], Request(subject=ca_name("Clavero OCSP")))


def request(
    serial: int = SERIAL, algorithm: Any = None, extension: Any = None, critical: bool = False
) -> bytes:
    chosen = algorithm or hashes.SHA1()
    named = x509_ocsp.OCSPRequestBuilder().add_certificate(CITIZEN, ISSUING, chosen).build()
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        named.issuer_name_hash, named.issuer_key_hash, serial, chosen
    )
    if extension is not None:
        builder = builder.add_extension(extension, critical)
    return builder.build().public_bytes(Encoding.DER)


def refusal(der: bytes) -> Refusal:
    with pytest.raises(Refused) as refused:
        ocsp.read_request(der)
    return refused.value.refusal


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_a_request_names_issuer_and_serial(name: str) -> None:
    asked = ocsp.read_request(request(algorithm=ocsp.HASHES[name]))
    assert (asked.hash, asked.serial) == (name, SERIAL)
    assert ocsp.issued_by(asked, [("other", CITIZEN), ("ours", ISSUING)]) == "ours"
    assert ocsp.issued_by(asked, [("other", CITIZEN)]) is None


def test_the_issuer_is_named_by_its_own_name_and_not_its_issuers() -> None:
    """A CertID holds the hash of the issuer's subject; for an issuing CA that is not the root's name."""
    certificate = every_profile()["citizen-software"][1]
    for name, algorithm in ocsp.HASHES.items():
        judge = x509_ocsp.OCSPRequestBuilder().add_certificate(certificate, ISSUING, algorithm).build()
        ours = ocsp.issuer_hashes(ISSUING, name)
        assert (ours.name, ours.key) == (judge.issuer_name_hash, judge.issuer_key_hash)


def test_an_rsa_issuer_is_named_as_openssl_names_it() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = authority_name(organisation="Clavero", organisation_id="VATES-A58818501", common_name="RSA CA")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    issuer = x509.CertificateBuilder(name, name, key.public_key(), 5, start, start + timedelta(days=9)).sign(
        key, hashes.SHA256()
    )
    judge = x509_ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, hashes.SHA256()).build()
    ours = ocsp.issuer_hashes(issuer, "sha256")
    assert (ours.name, ours.key) == (judge.issuer_name_hash, judge.issuer_key_hash)


@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_a_nonce_of_any_permitted_length_is_accepted(length: int) -> None:
    """RFC 9654, section 2.1."""
    assert ocsp.read_request(request(extension=x509.OCSPNonce(bytes(length)))).serial == SERIAL


@pytest.mark.parametrize("length", [0, 129, 1000])
def test_a_nonce_of_another_length_is_malformed(length: int) -> None:
    """RFC 9654, section 2.1."""
    assert refusal(request(extension=x509.OCSPNonce(bytes(length)))) is Refusal.MALFORMED


def test_only_a_critical_unknown_extension_is_refused() -> None:
    """RFC 6960, section 4.4."""
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.9"), b"\x05\x00")
    assert ocsp.read_request(request(extension=strange)).serial == SERIAL
    assert refusal(request(extension=strange, critical=True)) is Refusal.MALFORMED


def test_another_hash_is_not_ours_to_answer() -> None:
    assert refusal(request(algorithm=hashes.SHA384())) is Refusal.UNAUTHORIZED


def _two_requests() -> bytes:
    """The list of one request, twice: lengths of the three SEQUENCEs around it grow accordingly."""
    one = request()
    inner = one[6:]  # SEQUENCE OCSPRequest, SEQUENCE TBSRequest, SEQUENCE requestList
    both = inner * 2

    def sequence(body: bytes) -> bytes:
        size = len(body)
        length = bytes([size]) if size < 128 else bytes([0x81, size])
        return b"\x30" + length + body

    return sequence(sequence(sequence(both)))


def test_a_request_of_two_certificates_is_malformed() -> None:
    """RFC 9919 has one per request; half an answer would leave a client to notice that it is half."""
    der = _two_requests()
    with pytest.raises(NotImplementedError):
        x509_ocsp.load_der_ocsp_request(der)
    assert refusal(der) is Refusal.MALFORMED


@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x00", b"x" * 50, bytes(5000)])
def test_what_is_no_request_is_malformed(der: bytes) -> None:
    assert refusal(der) is Refusal.MALFORMED


def _with(characters: str) -> bytes:
    """A request whose base64 holds these characters."""
    for serial in range(SERIAL, SERIAL + 100_000):
        der = request(serial if characters != "=" else serial >> 8)
        if characters in base64.b64encode(der).decode():
            return der
    raise AssertionError(characters)


@pytest.mark.parametrize("characters", ["+", "/", "//", "="])
def test_get_is_answered_raw_or_encoded(characters: str) -> None:
    """django-ca and cfssl fail on requests whose base64 holds `+`, `/` or `//`."""
    der = _with(characters)
    text = base64.b64encode(der).decode()
    forms = [text, quote(text, safe=""), quote(quote(text, safe=""), safe=""), text.rstrip("=")]
    forms += [text.replace("+", " "), quote(text, safe="/+")]
    for form in forms:
        assert ocsp.from_path(form) == der, form


@pytest.mark.parametrize("path", ["", "!", "MEI*", "ME=I", "M", "A" * 20_000, "%00", "\n", "é"])
def test_a_get_that_is_no_base64_is_malformed(path: str) -> None:
    with pytest.raises(Refused):
        ocsp.read_request(ocsp.from_path(path))


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.text(string.ascii_letters + string.digits + "+/%= ", max_size=400))
)
def test_any_path_is_a_request_or_refused(path: str) -> None:
    """Whatever a stranger types ends in an OCSP answer, never in an error of ours (R5)."""
    with contextlib.suppress(Refused):
        assert isinstance(ocsp.read_request(ocsp.from_path(path)), CertId)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_damage_to_a_request_is_a_request_or_refused(data: st.DataObject) -> None:
    der = bytearray(request(extension=x509.OCSPNonce(b"12345678"), algorithm=hashes.SHA256()))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(der[: data.draw(st.integers(0, len(der)))])
    for damaged in (bytes(der), cut):
        with contextlib.suppress(Refused):
            assert isinstance(ocsp.read_request(damaged), CertId)


def answer(status: Any, **how: Any) -> bytes | None:
    chosen: dict[str, Any] = {"hash_name": "sha256", "serial": SERIAL, "now": ISSUED, "key": HOLDER_KEY} | how
    return ocsp.build_answer(issuer=ISSUING, responder=RESPONDER, status=status, **chosen)


@pytest.mark.parametrize("status", list(ocsp.Status))
@pytest.mark.parametrize("hash_name", list(ocsp.HASHES))
def test_answers_pass_pkilint_and_are_by_key_with_the_certificate(status: Any, hash_name: str) -> None:
    der = answer(status, hash_name=hash_name, revoked_at=ISSUED, reason=x509.ReasonFlags.key_compromise)
    assert der is not None
    assert ocsp_findings(der) == []
    read = x509_ocsp.load_der_ocsp_response(der)
    assert (
        read.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(HOLDER_KEY.public_key()).digest
    )
    assert read.certificates == [RESPONDER]
    HOLDER_KEY.public_key().verify(read.signature, read.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("refused", list(Refusal))
def test_a_refusal_has_no_signature(refused: Refusal) -> None:
    read = x509_ocsp.load_der_ocsp_response(refused.der())
    assert read.response_status is refused.value
    assert len(refused.der()) == 5


def test_an_answer_that_cannot_be_read_is_none() -> None:
    assert ocsp.read_answer(b"") is None
    assert ocsp.read_answer(b"\x30\x03\x0a\x01\x06") is None
