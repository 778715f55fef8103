"""The story, chapter by chapter: from the root's fingerprint to a restart that forgets nothing."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys

from infra.demo.acts import (
    crl_number,
    download,
    expect_refusal,
    fetch_ca,
    fetch_crls,
    identify,
    keep_chain,
    ocsp,
    ocsp_by_get,
    revoke,
    serial_of,
    try_to_identify,
    verify,
)
from infra.demo.caller import Caller
from infra.demo.people import AITANA, JORDI, MARIA
from infra.demo.slip_reader import code_on
from infra.demo.stage import EMAIL_CODE, POINT, SMS_CODE, Stage
from infra.local.instance import Instance

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def ceremony(stage: Stage) -> None:
    """Where the trust comes from: the record of the key ceremony, not the network. Starts the authority."""
    tell = stage.narrator
    tell.chapter("A fresh authority")
    tell.say("A key ceremony makes a root and an issuing authority in KMS, and writes down what it did.")
    stage.instance.start()
    tell.say(f"It answers at {stage.instance.url}, and officers at {stage.instance.tls_url} (mutual TLS).")
    records = stage.instance.folder / "ceremony"
    for transcript in sorted(records.glob("transcript-*")):
        shutil.copy(transcript, stage.folder / f"ceremony-transcript{transcript.suffix}")
    (root,) = records.glob("root-*.cer")
    stage.openssl.must("x509", "-inform", "DER", "-in", str(root), "-out", "root.pem")
    fingerprint = stage.openssl.certificate_field("root.pem", "-fingerprint", "-sha256").partition("=")[2]
    written = (stage.folder / "ceremony-transcript.txt").read_text()
    held = fingerprint.replace(":", "").lower() in written.replace(":", "").lower()
    tell.check("the root certificate bears the hash in the transcript of the key ceremony", held, fingerprint)


def points(stage: Stage) -> None:
    """Where to go."""
    tell = stage.narrator
    tell.chapter("María looks for a registration point")
    found = stage.citizen.get("/v1/registration-points?text=valencia")
    ids = [point["id"] for point in found.json["points"]]
    tell.check(f"“valencia” finds {found.json['points'][0]['name']}", POINT.endswith(ids[0]), found)
    elsewhere = stage.citizen.get("/v1/registration-points?province=Alicante").json["points"]
    inside = bool(elsewhere) and all(point["province"] == "03" for point in elsewhere)
    tell.check("a search by province finds only points of that province", inside, elsewhere)


def log_in(stage: Stage) -> None:
    """The officer's door."""
    tell = stage.narrator
    tell.chapter("The officer logs in, with a client certificate")
    try:
        answer: object = Caller(stage.instance.tls_url, stage.officer_tls(with_certificate=False)).get("/")
        refused = False
    except OSError as error:
        answer, refused = error, True
    tell.check("without a certificate the TLS handshake already fails", refused, answer)
    session = stage.officer_logs_in()
    tell.check("with it, a session of 30 minutes begins", session.status == 201, session)


def certificate(stage: Stage) -> str:
    """Identification, code, certificate; its generation code, which is spent then."""
    tell = stage.narrator
    tell.chapter("María is identified, and downloads a certificate for a key of her own")
    identified = identify(stage, MARIA)
    secret = "code" not in identified.json and not identified.json["slip_pdf"]
    tell.check("the officer identifies her, and does not get to see her code", secret, identified)
    text = stage.newest(str(MARIA["mobile"]))
    code = stage.code_from(str(MARIA["mobile"]), SMS_CODE)
    tell.check(f"her telephone shows: “{text}”", len(text) <= 160, len(text))
    csr = stage.openssl.key_and_request("maria", *P256)
    tell.say("She makes a P-256 key and a request (PKCS#10) with openssl. Her key stays with her.")
    first = download(stage, code, csr)
    tell.check("the code buys a certificate with its chain", first.status == 200, first)
    keep_chain(stage, "maria", first.body)
    subject = stage.openssl.certificate_field("maria.pem", "-subject").removeprefix("subject=")
    tell.check(f"it names her: {subject}", "IDCES-12345678Z" in subject and "María José" in subject, subject)
    again = download(stage, code, csr)
    tell.check("asked again with the same code and key, it is the same certificate", again.body == first.body)
    return code


def verification(stage: Stage) -> None:
    """What a relying party does, with nothing but the certificate and the root."""
    tell = stage.narrator
    tell.chapter("Anyone can verify it, with openssl and the root alone")
    fetch_ca(stage, "maria")
    same = (stage.folder / "ca.pem").read_text() in (stage.folder / "maria-chain.pem").read_text()
    tell.check("the issuer's certificate, fetched from where María's points, is the one in the chain", same)
    fetch_crls(stage, "maria")
    well, said = verify(stage, "maria")
    tell.check(f"openssl verify -crl_check_all, with both CRLs fetched: {said}", well, said)
    status, said = ocsp(stage, "maria")
    tell.check("openssl ocsp at the URL in the certificate: good", status == "good", said)
    status, said = ocsp_by_get(stage, "maria")
    tell.check("the same by GET, with the headers that let caches keep it: good", status == "good", said)


def revocation(stage: Stage) -> None:
    """The end of a certificate."""
    tell = stage.narrator
    tell.chapter("María's computer is stolen, and the officer revokes her certificate")
    answer = revoke(stage, "maria", "keyCompromise")
    tell.check("the revocation is recorded", answer.status == 200 and answer.json["first"], answer)
    text = stage.awaited(str(MARIA["email"]), "Reason")
    tell.check("María is told by e-mail", "revoked" in text, text)
    status, said = ocsp(stage, "maria")
    tell.check("OCSP says at once: revoked, keyCompromise", status == "revoked" and "keyComp" in said, said)
    before = crl_number(stage, "maria")
    fetch_crls(stage, "maria")
    number = crl_number(stage, "maria")
    tell.check(f"a new CRL is out already: number {number} after {before}", number > before)
    listed = stage.openssl.must("crl", "-inform", "DER", "-in", "maria.crl", "-noout", "-text")
    serial = serial_of(stage, "maria")
    tell.check("it lists María's serial number", serial.upper() in listed, listed)
    well, said = verify(stage, "maria")
    tell.check("openssl verify fails: certificate revoked", not well and "certificate revoked" in said, said)
    twice = revoke(stage, "maria", "superseded")
    kept = twice.json["revoked_at"] == answer.json["revoked_at"] and twice.json["reason"] == "keyCompromise"
    tell.check("a second revocation changes neither date nor reason", kept and not twice.json["first"], twice)


def pkcs12(stage: Stage) -> None:
    """For whoever has no software to make a key."""
    tell, openssl = stage.narrator, stage.openssl
    tell.chapter("Jordi has no mobile: a printed slip, and a PKCS#12 file")
    identified = identify(stage, JORDI)
    slip = base64.b64decode(identified.json["slip_pdf"] or "")
    stage.keep("jordi-slip.pdf", slip)
    code = code_on(slip)
    tell.check(f"the officer prints a slip (PDF) that shows his code: {code}", len(code) == 11, code)
    email_code = stage.code_from(str(JORDI["email"]), EMAIL_CODE)
    tell.say("He types that, and the code that he got by e-mail, and lets a password be made.")
    body = {"code": code, "email_code": email_code}
    answer = stage.citizen.post("/v1/certificates/pkcs12", body, Idempotency_Key=secrets.token_hex(12))
    tell.check("key and certificate come in one file", answer.status == 200, answer)
    stage.keep("jordi.p12", base64.b64decode(answer.json["pkcs12"]))
    password = answer.json["password"]
    stage.keep("jordi-password.txt", password.encode() + b"\n")
    read = ("pkcs12", "-in", "jordi.p12", "-passin", "file:jordi-password.txt")
    openssl.must(*read, "-clcerts", "-nokeys", "-out", "jordi.pem")
    openssl.must(*read, "-nocerts", "-nodes", "-out", "jordi.key")
    public = openssl.must("pkey", "-in", "jordi.key", "-pubout")
    same = public == openssl.certificate_field("jordi.pem", "-pubkey")
    tell.check(f"openssl pkcs12 opens it with {password}, and the key is the certificate's", same)
    wrong, said = openssl.run("pkcs12", "-in", "jordi.p12", "-passin", "pass:another", "-nokeys")
    tell.check("another password does not open it", not wrong, said)
    names = openssl.certificate_field("jordi.pem", "-ext", "subjectAltName")
    tell.check("his confirmed address is in the certificate", f"email:{JORDI['email']}" in names, names)
    _keytool(stage, password)
    fetch_crls(stage, "jordi")
    well, said = verify(stage, "jordi")
    tell.check("openssl verify -crl_check_all: his certificate is valid", well, said)


def _keytool(stage: Stage, password: str) -> None:
    tell = stage.narrator
    if shutil.which("keytool") is None:
        tell.skipped("keytool reads the file", "Java is not installed")
        return
    command = [
        "keytool",
        "-list",
        "-storetype",
        "PKCS12",
        "-keystore",
        "jordi.p12",
        "-storepass:env",
        "PASSWORD",
    ]
    environment = {**os.environ, "PASSWORD": password}
    done = subprocess.run(command, cwd=stage.folder, env=environment, capture_output=True, text=True)
    tell.check("Java's keytool reads it too", "PrivateKeyEntry" in done.stdout, done.stdout + done.stderr)


def refusals(stage: Stage, spent: str) -> None:
    """What must not work."""
    tell = stage.narrator
    tell.chapter("What must be refused")
    identify(stage, AITANA)
    code = stage.code_from(str(AITANA["mobile"]), SMS_CODE)
    csr = stage.openssl.key_and_request("aitana", *P256)
    wrong = code[:-1] + ("a" if code[-1] != "a" else "b")
    expect_refusal(stage, "a wrong code", download(stage, wrong, csr), 422, "code-not-accepted")
    expect_refusal(
        stage, "María's spent code with another key", download(stage, spent, csr), 409, "code-spent"
    )
    stolen = (stage.folder / "maria.csr").read_text()
    expect_refusal(
        stage, "María's stolen key for Aitana", download(stage, code, stolen), 409, "key-compromised"
    )
    weak = stage.openssl.key_and_request("weak", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    expect_refusal(stage, "an RSA key of 1024 bits", download(stage, code, weak), 400, "key-too-small")
    broken = download(stage, code, csr.replace("M", "N", 3))
    expect_refusal(stage, "a damaged request", broken, 400, "csr-malformed")
    child = AITANA | {"birth_date": "2020-01-01"}
    expect_refusal(stage, "a child of six years", try_to_identify(stage, child), 422, "too-young")
    letter = json.loads(json.dumps(AITANA).replace("11111111H", "11111111J"))
    expect_refusal(
        stage, "a DNI whose letter is wrong", try_to_identify(stage, letter), 422, "document-number-invalid"
    )
    answer = download(stage, code, csr)
    tell.check(
        "none of it used up Aitana's code: it still buys her certificate", answer.status == 200, answer
    )
    keep_chain(stage, "aitana", answer.body)


def reconciliation(stage: Stage) -> None:
    """The auditor's view."""
    tell = stage.narrator
    tell.chapter("The books agree")
    trail = stage.keep("kms-trail.jsonl", (stage.instance.folder / "kms-trail.jsonl").read_bytes())
    command = [sys.executable, "-m", "infra.commands", "reconcile", str(stage.folder / trail)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = (done.stdout + done.stderr).strip()
    tell.check(
        f"KMS's signatures, records and events: {said}", done.returncode == 0 and " 0 mis" in said, said
    )


def restart(stage: Stage, again: Instance) -> None:
    """It forgets nothing."""
    tell = stage.narrator
    tell.chapter("The authority stops, and starts again")
    stage.instance.stop()
    stage.instance = again
    stage.instance.start()
    tell.say("It has the folder and the address that it had: certificates name the address of their status.")
    status, said = ocsp(stage, "jordi")
    tell.check("OCSP says of Jordi's certificate: good", status == "good", said)
    status, said = ocsp(stage, "maria")
    tell.check("and of María's: revoked", status == "revoked", said)
    fetch_crls(stage, "maria")
    well, said = verify(stage, "maria")
    tell.check("the CRLs are served, and María's is still revoked", not well and "revoked" in said, said)
    search = {"nif": MARIA["nif"]}
    found = stage.officer.post(f"{POINT}/certificate-searches", search)
    tell.check("the officer is still logged in, and finds María's certificate", found.status == 200, found)
