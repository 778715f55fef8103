"""In an emergency: the code that was given with a certificate, and the key that others have (F20, R16)."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import NameOID

from chalicelib.audit.events import every_event
from chalicelib.certificates.emergency import key_reports
from chalicelib.certificates.emergency.another import PER_PERSON
from chalicelib.certificates.emergency.key_reports import UNKNOWN_KEYS
from chalicelib.codes.tables import CodeRow
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki.key_proof import statement, text_to_sign
from chalicelib.pki.key_types import spki_sha256
from chalicelib.pki.tables import KeyRow
from tests.journeys.test_renewal import name_of, row_of
from tests.support.citizens import register
from tests.support.client import Answer, Client
from tests.support.status import status
from tests.support.world import START, World, another_person, new_csr

REVOKE, SUSPEND = "/v1/certificates/emergency-revocations", "/v1/certificates/emergency-suspensions"
REPORT = "/v1/key-compromise-reports"
ANOTHER = "/v1/me/emergency-codes"


def issued(world: World, csr: str | None = None, **who: str) -> tuple[x509.Certificate, str]:
    """A certificate with its emergency code."""
    answer = world.download(world.code_for(**who), csr)
    assert answer.status == 200, answer.body
    return x509.load_pem_x509_certificates(answer.body)[0], code_in(answer)


def code_in(answer: Answer) -> str:
    return str({name.lower(): value for name, value in answer.headers.items()}["clavero-emergency-code"])


def test_F20_the_code_that_came_with_a_certificate_ends_it_from_anywhere(authority: World) -> None:
    """Suspended first, then revoked as of then; sent again nothing changes; typed as people type."""
    certificate, code = issued(authority)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code)
    held = authority.citizen.post(SUSPEND, {"code": code.lower().replace("-", " ")})
    assert (held.status, held.json["first"]) == (200, True), held.body
    assert status(authority, certificate) == (START, ReasonFlags.certificate_hold)
    authority.clock.turn(hours=1)
    body = {"code": code, "reason": "keyCompromise"}
    for first in (True, False):
        answer = authority.citizen.post(REVOKE, body)
        assert (answer.status, answer.json["first"]) == (200, first), answer.body
        assert answer.json["reason"] == "keyCompromise"
    assert status(authority, certificate) == (START, ReasonFlags.key_compromise)
    assert authority.citizen.post(REVOKE, {"code": code, "reason": "privilegeWithdrawn"}).slug == (
        "reason-not-allowed"
    )
    assert authority.citizen.post(REVOKE, {"code": code, "reason": "certificateHold"}).status == 422


def test_F20_whoever_lost_the_code_gets_another_and_the_first_is_void(authority: World) -> None:
    """With any fresh log-in; told once, in the answer; by the same request again, the same; and no third."""
    person = register(authority)
    csr, generation = new_csr(), authority.code_for()
    answer = authority.download(generation, csr)
    certificate, first = x509.load_pem_x509_certificates(answer.body)[0], code_in(answer)
    client, name = person.log_in_with_pin(), name_of(certificate)
    asked = [client.post(ANOTHER, name, key="a-key-of-mine") for _ in range(2)]
    assert [each.status for each in asked] == [200, 200], asked[0].body
    assert asked[0].headers["cache-control"] == "no-store"
    (second,) = {each.json["emergency_code"] for each in asked}
    assert code_in(authority.download(generation, csr)) == second, "one that works"
    assert authority.citizen.post(SUSPEND, {"code": first}).slug == "emergency-code-not-accepted"
    third = client.post(ANOTHER, name, key="another-key").json["emergency_code"]
    assert client.post(ANOTHER, name, key="a-key-of-mine").slug == "idempotency-key-reused"
    assert authority.citizen.post(SUSPEND, {"code": second}).slug == "emergency-code-not-accepted"
    assert authority.citizen.post(SUSPEND, {"code": third}).status == 200
    authority.clock.turn(seconds=61)
    send_outbox(authority.cloud)
    mails = [mail for mail in authority.phone.emails() if "emergencia nuevo" in mail.subject]
    assert (len(mails), len([text for text in person.texts if "nuevo codigo de emergencia" in text])) == (
        2,
        2,
    )
    rows = [*(row.attribute_values for row in CodeRow.scan()), *every_event(), *mails, *person.texts]
    codes = [form for code in (first, second, third) for form in (code, code.replace("-", ""))]
    assert not [row for row in rows if any(code in str(row) for code in codes)]
    acts = [event.act for event in every_event() if event.act == "certificate.emergency-code-replaced"]
    assert len(acts) == 2
    fourth = client.post(ANOTHER, name, key="while-it-is-held")
    assert fourth.status == 200, "the holder may still end it"
    assert authority.citizen.post(REVOKE, {"code": fourth.json["emergency_code"]}).status == 200
    assert client.post(ANOTHER, name, key="once-it-is-over").slug == "certificate-over"


def test_F20_another_code_is_the_holders_who_has_just_logged_in_and_not_too_many(authority: World) -> None:
    person, other = register(authority), register(authority, 2)
    certificate, first = issued(authority)
    name, client = name_of(certificate), person.log_in_with_pin()
    assert other.log_in_with_pin().post(ANOTHER, name, key="new").slug == "not-found"
    assert client.post(ANOTHER, name | {"serial": "abc"}, key="new").slug == "not-found"
    assert client.post(ANOTHER, name).slug == "idempotency-key-missing"
    assert Client(authority.app).post(ANOTHER, name, key="new").slug == "session-required"
    # A certificate of before there were such codes.
    (row,) = [each for each in CodeRow.scan() if each.subject == f"certificate:{row_of(certificate).id}"]
    row.delete()
    for _ in range(PER_PERSON.most):
        assert client.post(ANOTHER, name, key="new").status == 200
    assert client.post(ANOTHER, name, key="new").slug == "too-many-emergency-codes"
    assert authority.citizen.post(SUSPEND, {"code": first}).slug == "emergency-code-not-accepted"
    authority.clock.turn(minutes=16)
    assert client.post(ANOTHER, name, key="new").slug == "fresh-log-in-required"


def test_F20_an_issuance_asked_for_again_tells_the_same_code_and_nobody_stores_it(authority: World) -> None:
    """A PKCS#12 file is made anew, with another certificate and so another code; the first one ends
    with its certificate.
    """
    code, csr = authority.code_for(), new_csr()
    told = {code_in(authority.download(code, csr)) for _ in range(2)}
    assert len(told) == 1
    (emergency,) = told
    bare = emergency.replace("-", "")
    rows = [*(row.attribute_values for row in CodeRow.scan()), *every_event()]
    assert not [row for row in rows if bare in str(row) or emergency in str(row)]
    (row,) = [
        each
        for each in CodeRow.scan()
        if str(each.id).startswith("emergency-code#")
        and each.expires_at
        == row_of(x509.load_pem_x509_certificates(authority.download(code, csr).body)[0]).not_after
    ]
    row.delete()  # of a certificate that was issued by an earlier release
    assert authority.citizen.post(SUSPEND, {"code": emergency}).slug == "emergency-code-not-accepted"
    assert code_in(authority.download(code, csr)) == emergency
    assert authority.citizen.post(SUSPEND, {"code": emergency}).status == 200

    body = {"code": authority.code_for(**another_person(1))}
    files = [
        authority.citizen.post("/v1/certificates/pkcs12", body, key="one-request-only").json for _ in "ab"
    ]
    assert files[0]["emergency_code"] != files[1]["emergency_code"]
    first, second = (authority.citizen.post(REVOKE, {"code": each["emergency_code"]}).json for each in files)
    assert (first["reason"], first["first"], first["serial"]) == ("superseded", False, files[0]["serial"])
    assert (second["reason"], second["first"], second["serial"]) == ("unspecified", True, files[1]["serial"])


def test_F20_wrong_codes_are_all_alike_and_held_back(authority: World) -> None:
    _, code = issued(authority)
    wrong = ["0" * 20, code[:-1] + ("0" if code[-1] != "0" else "1"), "too short"]
    told = [authority.citizen.post(REVOKE, {"code": each}) for each in wrong]
    assert {(answer.status, answer.slug) for answer in told} == {(422, "emergency-code-not-accepted")}
    assert len({answer.body for answer in told}) == 1
    for _ in range(10):
        authority.citizen.post(SUSPEND, {"code": "0" * 20})
    assert authority.citizen.post(REVOKE, {"code": code}).slug == "too-many-tries"
    assert Client(authority.app, source="192.0.2.200").post(REVOKE, {"code": code}).status == 200


def request_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, said: str = "") -> dict[str, object]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said or statement("Clavero"))])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return {"proof": {"form": "request", "csr": csr.public_bytes(Encoding.PEM).decode()}}


def signature_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, text: str = "") -> dict[str, object]:
    octets = (text or text_to_sign("Clavero", spki_sha256(key.public_key()))).encode()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(octets, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    sent = {"form": "signature", "public_key": public, "signature": base64.b64encode(signature).decode()}
    return {"proof": sent}


@pytest.mark.parametrize(("family", "proof"), [("ec", request_of), ("rsa", signature_of)])
def test_R16_whoever_can_sign_with_a_key_ends_its_certificates(
    authority: World, family: str, proof: object
) -> None:
    """Every certificate of it, even one on hold; nobody has it certified any more. A replay does nothing."""
    key = ec.generate_private_key(ec.SECP256R1()) if family == "ec" else rsa.generate_private_key(65537, 2048)
    first, code = issued(authority, new_csr(key))
    authority.clock.turn(minutes=1)
    second, _ = issued(authority, new_csr(key))
    assert authority.citizen.post(SUSPEND, {"code": code}).status == 200
    body = proof(key)  # type: ignore[operator]
    told = [authority.citizen.post(REPORT, body) for _ in range(2)]
    assert {answer.status for answer in told} == {200}, told[0].body
    assert told[0].body == told[1].body
    assert told[0].json["key"] == spki_sha256(key.public_key())
    for certificate in (first, second):
        since = status(authority, certificate)
        assert since is not None
        assert since[1] is ReasonFlags.key_compromise
    again = authority.download(authority.code_for(), new_csr(key))
    assert again.slug == "key-compromised"
    acts = [event.act for event in every_event()]
    assert (acts.count("key.compromised"), acts.count("certificate.revoked")) == (1, 2)


def test_R16_what_proves_nothing_is_refused_and_a_private_key_is_not_wanted(authority: World) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    tampered = request_of(key)
    pem = str(tampered["proof"]["csr"])  # type: ignore[index]
    der = bytearray(x509.load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    body = base64.encodebytes(bytes(der)).decode()
    tampered["proof"]["csr"] = (  # type: ignore[index]
        f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    )
    theirs = signature_of(key)
    theirs["proof"]["public_key"] = signature_of(other)["proof"]["public_key"]  # type: ignore[index]
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for sent in (
        {"proof": {"form": "request", "csr": new_csr(key)}},  # a request for a certificate
        request_of(key, "Proof of Key Compromise for another authority"),
        tampered,
        theirs,
        signature_of(key, "something else that the key has signed"),
        {"proof": {"form": "request", "csr": "nothing"}},
        {"proof": {"form": "signature", "public_key": "nothing", "signature": "AAAA"}},
    ):
        assert authority.citizen.post(REPORT, sent).slug == "proof-not-accepted", sent
    for sent in (
        {"proof": {"form": "request", "csr": secret}},
        {"proof": {"form": "signature", "public_key": secret, "signature": "AAAA"}},
    ):
        assert authority.citizen.post(REPORT, sent).slug == "private-key-sent"
    weak = rsa.generate_private_key(65537, 1024)
    assert authority.citizen.post(REPORT, request_of(weak)).slug == "key-too-small"
    assert not [row for row in KeyRow.scan() if row.compromised_at]


def test_R16_strangers_bar_unknown_keys_within_limits_and_known_ones_still(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that leaked before it reached us is refused; what strangers can make us keep is bounded."""
    monkeypatch.setattr(key_reports, "UNKNOWN_KEYS", type(UNKNOWN_KEYS)("unknown-keys", 2, 3600))
    known = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = issued(authority, new_csr(known))
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    told = [authority.citizen.post(REPORT, request_of(key)) for key in keys]
    assert [answer.status for answer in told] == [200, 200, 429]
    assert told[2].slug == "too-many-reports"
    assert (
        authority.download(authority.code_for(**another_person(3)), new_csr(keys[0])).slug
        == "key-compromised"
    )
    assert authority.citizen.post(REPORT, request_of(known)).status == 200
    assert row_of(certificate).reason == "keyCompromise"


def test_R16_the_job_goes_on_where_a_report_was_interrupted(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first certificates of a key before the answer, and the others by the job."""
    monkeypatch.setattr(key_reports, "AT_ONCE", 0)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = issued(authority, new_csr(key))
    monkeypatch.setattr(authority.cloud, "start", lambda *_: None)
    assert authority.citizen.post(REPORT, request_of(key)).status == 200
    assert row_of(certificate).revoked_at is None
    assert status(authority, certificate) == (START, ReasonFlags.key_compromise)
    assert not [row for row in KeyRow.scan() if row.sweep]
