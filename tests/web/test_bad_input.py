"""Bad input of every kind: a typed refusal with a stable slug, and nothing lost or half done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.codes.tables import CodeRow
from chalicelib.registry.tables import IdentificationRow
from tests.incidents import weak_moduli
from tests.support.world import World, new_csr, person

WRONG = "ABCDEFGHJK"


def csr_of(key: Any) -> str:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, algorithm)
    return csr.public_bytes(Encoding.PEM).decode()


def tampered() -> str:
    csr = x509.load_pem_x509_csr(new_csr().encode())
    der = bytearray(csr.public_bytes(Encoding.DER))
    der[-1] ^= 0xFF
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()


BAD_REQUESTS = {
    "no PEM": ("hello", "csr-malformed"),
    "broken DER": (
        "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        "csr-malformed",
    ),
    "letters that no PEM has": ("-----BEGIN CERTIFICATE REQUEST-----\nñandú\n", "csr-malformed"),
    "two requests": (new_csr() + new_csr(), "csr-malformed"),
    "wrong signature": (tampered(), "csr-signature-invalid"),
    "RSA-1024": (csr_of(rsa.generate_private_key(65537, 1024)), "key-too-small"),
    "exponent 3": (csr_of(rsa.generate_private_key(3, 2048)), "key-type-not-accepted"),
    "P-521": (csr_of(ec.generate_private_key(ec.SECP521R1())), "key-type-not-accepted"),
    "P-192": (csr_of(ec.generate_private_key(ec.SECP192R1())), "key-too-small"),
    "Ed25519": (csr_of(ed25519.Ed25519PrivateKey.generate()), "key-type-not-accepted"),
}


def test_every_bad_request_is_refused_and_the_code_lives_on(authority: World) -> None:
    """A person who sends a wrong file tries again with the same code."""
    code = authority.code_for()
    told = {name: authority.download(code, csr).json["slug"] for name, (csr, _) in BAD_REQUESTS.items()}
    assert told == {name: slug for name, (_, slug) in BAD_REQUESTS.items()}
    assert authority.download(code).status == 200


def test_weak_keys_are_refused(authority: World) -> None:
    """ROCA and its relatives, through the API (R19 tests the detection itself)."""
    code = authority.code_for()
    for primes in (weak_moduli.roca(), weak_moduli.fermat(), weak_moduli.small_factor()):
        csr = x509.load_der_x509_csr(weak_moduli.as_request(primes)).public_bytes(Encoding.PEM).decode()
        assert authority.download(code, csr).slug == "key-weak"
    assert authority.download(code).status == 200


BAD_BODIES = {
    "nothing": (b"", "body-not-json"),
    "truncated": (b'{"code": "ABCDE', "body-not-json"),
    "not UTF-8": (b'{"code": "\xff\xfe", "csr": "x"}', "body-not-json"),
    "a list": (b"[]", "body-invalid"),
    "null": (b"null", "body-invalid"),
    "an unknown field": (b'{"code": "a", "csr": "b", "profile": "root-ca"}', "body-invalid"),
    "a missing field": (b'{"code": "a"}', "body-invalid"),
    "a wrong type": (b'{"code": 1, "csr": "b"}', "body-invalid"),
    "too long a code": (json.dumps({"code": "a" * 41, "csr": "b"}).encode(), "body-invalid"),
    "oversized": (b'{"code": "' + b"a" * 40_000 + b'"}', "body-too-large"),
    "deeply nested": (b"[" * 30_000, "body-invalid"),
}


def test_every_bad_body_is_refused(authority: World) -> None:
    told = {
        name: authority.citizen.post("/v1/certificates", body).json["slug"]
        for name, (body, _) in BAD_BODIES.items()
    }
    assert told == {name: slug for name, (_, slug) in BAD_BODIES.items()}


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", None])
def test_another_media_type_is_refused(authority: World, content_type: str | None) -> None:
    answer = authority.citizen.post("/v1/certificates", b"{}", content_type=content_type)
    assert (answer.status, answer.slug) == (415, "media-type-not-supported")


def test_what_cannot_be_answered_as_asked_is_refused_before_the_code_is_spent(authority: World) -> None:
    code, csr = authority.code_for(), new_csr()
    body = {"code": code, "csr": csr}
    refused = authority.citizen.post("/v1/certificates", body, headers={"Accept": "text/html"})
    assert (refused.status, refused.slug) == (406, "not-acceptable")
    for accept, kind in (
        ("application/pkix-cert", "application/pkix-cert"),
        ("application/pkcs7-mime;q=0.9, text/html", "application/pkcs7-mime"),
        ("*/*", "application/pem-certificate-chain"),
    ):
        answer = authority.citizen.post("/v1/certificates", body, headers={"Accept": accept})
        assert (answer.status, answer.headers["content-type"]) == (200, kind)


BAD_PEOPLE: dict[str, tuple[dict[str, Any], str]] = {
    "wrong DNI letter": ({"nif": "12345678A"}, "nif-invalid"),
    "a NIF of letters": ({"nif": "ABCDEFGHI"}, "nif-invalid"),
    "comma": ({"surname1": "Núñez, CN=admin"}, "name-invalid"),
    "plus": ({"surname1": "Núñez+CN"}, "name-invalid"),
    "equals": ({"surname1": "O=Gobierno"}, "name-invalid"),
    "quotes": ({"given_name": 'María "la" José'}, "name-invalid"),
    "over 80 characters": ({"given_name": "A" * 81}, "name-invalid"),
    "non-BMP": ({"given_name": "Mar\U0001f600a"}, "name-invalid"),
    "right-to-left mark": ({"given_name": "Mar\u202eaíra"}, "name-invalid"),
    "zero width": ({"given_name": "Mar\u200bía"}, "name-invalid"),
    "control": ({"given_name": "María\x00"}, "name-invalid"),
    "only spaces": ({"given_name": "   "}, "name-invalid"),
    "phone garbage": ({"mobile": "not-a-phone"}, "mobile-invalid"),
    "a landline": ({"mobile": "+34963866014"}, "mobile-invalid"),
    "no phone": ({"mobile": None}, "mobile-required"),
    "an e-mail without a host": ({"email": "maria@"}, "email-invalid"),
    "an e-mail with a line break": ({"email": "maria@example.org\r\nBcc: all@example.org"}, "email-invalid"),
    "unborn": ({"birth_date": "2030-01-01"}, "birth-date-invalid"),
    "no date": ({"birth_date": "31/12/1999"}, "body-invalid"),
    "an expired document": (
        {"document": {"kind": "dni", "number": "12345678Z", "expires_on": "2026-11-21"}},
        "document-expired",
    ),
    "another's document": (
        {"document": {"kind": "dni", "number": "87654321X", "expires_on": "2031-05-01"}},
        "document-nif-mismatch",
    ),
    "an unknown document": (
        {"document": {"kind": "library-card", "number": "1", "expires_on": "2031-05-01"}},
        "body-invalid",
    ),
    "old conditions": ({"conditions_accepted": "1999-01"}, "conditions-not-accepted"),
}


def test_every_bad_identification_is_refused_and_nothing_is_written(authority: World) -> None:
    """Subject tricks, phone garbage, wrong letters: no row, no code, no message."""
    codes = len(list(CodeRow.scan()))
    told = {name: authority.identify(**changes).json["slug"] for name, (changes, _) in BAD_PEOPLE.items()}
    assert told == {name: slug for name, (_, slug) in BAD_PEOPLE.items()}
    assert list(IdentificationRow.scan()) == []
    assert len(list(CodeRow.scan())) == codes
    assert authority.phone.sms() == []


def test_names_that_look_odd_and_are_right_are_certified_as_they_are(authority: World) -> None:
    """O'Brien, a middle dot, composed letters, a name that does not fit into CN."""
    certificate = authority.certificate_of(
        given_name="Maria del Carme Esperança de la Santíssima Trinitat",
        surname1="O'Brien-Ferrer",
        surname2="Gal·la i Puigdevall",
    )
    told = certificate.subject.rfc4514_string()
    assert "Gal·la i Puigdevall" in told
    name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    assert len(str(name).encode()) <= 64
    assert str(name).endswith(" - NIF:12345678Z")


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space", "ñandú-ñandú"])
def test_a_bad_idempotency_key_is_refused(authority: World, key: str) -> None:
    answer = authority.officer.send(
        "POST",
        f"{authority.point}/identifications",
        person(),
        headers={"Idempotency-Key": key.encode("latin-1", "replace").decode("latin-1")},
    )
    assert (answer.status, answer.slug) == (400, "idempotency-key-missing")


def test_no_refusal_quotes_what_was_sent(authority: World) -> None:
    """A problem may be logged along the way: it names the place and the rule, never the value."""
    secret = "S3CRET-VALUE"
    bodies: list[Any] = [
        {"code": secret, "csr": secret},
        {"code": [secret], "csr": "x"},
        {secret: secret},
        {"code": "x", "csr": "y", "email_code": {"a": secret}},
    ]
    for body in bodies:
        assert secret.encode() not in authority.citizen.post("/v1/certificates", body).body
    for changes in ({"delivery": secret}, {"document": {"kind": secret}}, {"birth_date": secret}):
        assert secret.encode() not in authority.identify(**changes).body


def test_addresses_that_do_not_exist(authority: World) -> None:
    assert authority.citizen.get("/v1/nothing").status == 404
    answer = authority.citizen.send("DELETE", "/v1/certificates")
    assert answer.status in (404, 405)
    assert answer.headers["content-type"] == "application/problem+json"
    assert authority.citizen.get("/problems/no-such-problem").slug == "not-found"
    assert authority.citizen.get("/problems/code-expired").json["status"] == 410
