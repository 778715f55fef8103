"""Stories of the PKCS#12 file, for people whose software cannot make a key."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from tests.support.client import Answer
from tests.support.world import World, issuer_id

PASSWORD = "correct horse battery staple"


def ask(authority: World, code: str, *, key: str = "my-own-key-1", **more: str) -> Answer:
    return authority.citizen.post("/v1/certificates/pkcs12", {"code": code, **more}, key=key)


def certificate_in(answer: Answer, password: str | None = None) -> x509.Certificate:
    password = password or answer.json["password"]
    read = load_pkcs12(base64.b64decode(answer.json["pkcs12"]), password.encode())
    assert read.cert is not None
    assert read.key is not None
    assert read.key.public_key() == read.cert.certificate.public_key()
    return read.cert.certificate


@pytest.mark.parametrize("key_type", ["ec-p256", "rsa-3072"])
def test_a_generated_password_opens_the_file(authority: World, key_type: str, tmp_path: Path) -> None:
    """The file is read by openssl too, in PBES2 with AES-256 and without its legacy algorithms."""
    answer = ask(authority, authority.code_for(), key_type=key_type)
    assert answer.status == 200, answer.body
    assert len(answer.json["password"]) == 29
    certificate_in(answer)
    file = tmp_path / "citizen.p12"
    file.write_bytes(base64.b64decode(answer.json["pkcs12"]))
    read = subprocess.run(
        ["openssl", "pkcs12", "-in", file, "-info", "-nodes", "-passin", "pass:" + answer.json["password"]],
        capture_output=True,
        check=True,
        encoding="latin-1",
    )
    assert "PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256" in read.stderr
    assert read.stdout.count("BEGIN CERTIFICATE") == 2
    assert "BEGIN PRIVATE KEY" in read.stdout


def test_java_reads_the_file(authority: World, tmp_path: Path) -> None:
    if shutil.which("keytool") is None:
        pytest.skip("keytool (Java) is not installed")
    answer = ask(authority, authority.code_for())
    file = tmp_path / "citizen.p12"
    file.write_bytes(base64.b64decode(answer.json["pkcs12"]))
    told = subprocess.run(
        [
            "keytool",
            "-list",
            "-keystore",
            file,
            "-storetype",
            "PKCS12",
            "-storepass",
            answer.json["password"],
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    assert "PrivateKeyEntry" in told.stdout, told.stdout + told.stderr


def test_nss_reads_the_file(authority: World, tmp_path: Path) -> None:
    """Firefox and Thunderbird, whose key store NSS is."""
    if shutil.which("pk12util") is None:
        pytest.skip("pk12util (NSS) is not installed")
    answer = ask(authority, authority.code_for())
    file = tmp_path / "citizen.p12"
    file.write_bytes(base64.b64decode(answer.json["pkcs12"]))
    told = subprocess.run(
        ["pk12util", "-l", file, "-W", answer.json["password"]], capture_output=True, check=False
    )
    assert b"Certificate(has private key)" in told.stdout, told.stderr


def test_an_own_password_must_be_long(authority: World) -> None:
    """The file's MAC is derived with few iterations: the password itself has to bear it."""
    code = authority.code_for()
    assert ask(authority, code, password="Tr0ub4dor&3").slug == "password-too-short"
    assert ask(authority, code, password="a" * 20).slug == "password-weak"
    answer = ask(authority, code, password=PASSWORD)
    assert answer.json["password"] is None
    certificate_in(answer, PASSWORD)


def test_a_lost_file_is_replaced_and_the_lost_certificate_revoked(authority: World) -> None:
    """The key went with the answer: only the caller's own key repeats, and nobody is left with two."""
    code = authority.code_for()
    lost = certificate_in(ask(authority, code))
    found = certificate_in(ask(authority, code))
    assert found.serial_number != lost.serial_number
    assert found.public_key() != lost.public_key()
    listed = authority.officer.post(f"{authority.point}/certificate-searches", {"nif": "12345678Z"}).json
    states = {each["serial"]: (each["state"], each.get("reason")) for each in listed["certificates"]}
    assert states == {
        f"{lost.serial_number:x}": ("revoked", "superseded"),
        f"{found.serial_number:x}": ("issued", None),
    }
    assert ask(authority, code, key="another-key-9").slug == "code-spent"


def test_replacements_are_few(authority: World) -> None:
    """Each is a new certificate and a signature: three, then a new identification."""
    code = authority.code_for()
    answers = [ask(authority, code) for _ in range(5)]
    assert [each.status for each in answers] == [200, 200, 200, 200, 409]
    assert answers[-1].slug == "too-many-replacements"


def test_without_an_idempotency_key_nothing_happens(authority: World) -> None:
    code = authority.code_for()
    assert authority.citizen.post("/v1/certificates/pkcs12", {"code": code}).slug == "idempotency-key-missing"
    assert authority.download(code).status == 200


def test_a_csr_cannot_take_over_the_code_of_a_file(authority: World) -> None:
    code = authority.code_for()
    certificate = certificate_in(ask(authority, code))
    assert authority.download(code).slug == "code-spent"
    assert issuer_id(certificate)
