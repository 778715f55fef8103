"""A certificate is mislaid, and found again; its key is stolen, and whoever finds it tells (F20, R16)."""

from __future__ import annotations

from infra.demo.acts import (
    download,
    expect_refusal,
    fetch_crls,
    identify,
    keep_chain,
    ocsp,
    serial_of,
    verify,
)
from infra.demo.caller import Answer
from infra.demo.people import LLUIS
from infra.demo.stage import POINT, SMS_CODE, Stage
from infra.demo.story import P256

STATEMENT = "Proof of Key Compromise for Clavero"


def tell(stage: Stage) -> None:
    """Suspended with the emergency code, reinstated at the office, ended by a report of the key."""
    code = _certificate(stage)
    _lost_and_found(stage, code)
    _stolen(stage, code)


def _certificate(stage: Stage) -> str:
    """His certificate; the emergency code that came with it."""
    tell = stage.narrator
    tell.chapter("Lluís mislays his computer: lost, and found again")
    identify(stage, LLUIS)
    csr = stage.openssl.key_and_request("lluis", *P256)
    generation_code = stage.code_from(str(LLUIS["mobile"]), SMS_CODE)
    first = download(stage, generation_code, csr)
    keep_chain(stage, "lluis", first.body)
    code = first.headers.get("clavero-emergency-code", "")
    tell.check(f"with his certificate comes an emergency code, which he writes down: {code}", len(code) == 23)
    again = download(stage, generation_code, csr)
    same = again.headers["clavero-emergency-code"] == code
    tell.check("asked again, as after a lost answer, it is the same code", same)
    return code


def _lost_and_found(stage: Stage, code: str) -> None:
    tell = stage.narrator
    wrong = stage.citizen.post("/v1/certificates/emergency-suspensions", {"code": "0" * 20})
    expect_refusal(stage, "a code of nobody's", wrong, 422, "emergency-code-not-accepted")
    held = stage.citizen.post("/v1/certificates/emergency-suspensions", {"code": code})
    tell.check("without log-in, from any telephone, the code suspends it", held.status == 200, held)
    text = stage.awaited(str(LLUIS["email"]), "Suspended until")
    tell.check("he is told until when he can have it back", "revoked by itself" in text, text)
    status, said = ocsp(stage, "lluis")
    on_hold = status == "revoked" and "certificateHold" in said
    tell.check("openssl ocsp: revoked, certificateHold", on_hold, said)
    fetch_crls(stage, "lluis")
    listed = _crl(stage)
    tell.check("its CRL lists it: Certificate Hold", "Certificate Hold" in listed, listed)
    well, said = verify(stage, "lluis")
    tell.check("openssl verify fails", not well and "certificate revoked" in said, said)
    by_phone = {"channel": "phone", "birth_date": LLUIS["birth_date"], "mobile": LLUIS["mobile"]}
    expect_refusal(
        stage, "he cannot have it back by phone", _reinstate(stage, by_phone), 403, "not-by-this-way"
    )
    back = _reinstate(stage, {"channel": "in-person", "document": LLUIS["document"]})
    tell.check("at the office, with his document, he can", back.status == 200 and back.json["first"], back)
    stage.awaited(str(LLUIS["email"]), "Lifted on")
    status, said = ocsp(stage, "lluis")
    tell.check("openssl ocsp: good", status == "good", said)
    fetch_crls(stage, "lluis")
    tell.check("the next CRL leaves it out", serial_of(stage, "lluis").upper() not in _crl(stage))
    well, said = verify(stage, "lluis")
    tell.check(f"openssl verify: {said}", well, said)
    again = stage.citizen.post("/v1/certificates/emergency-suspensions", {"code": code})
    expect_refusal(stage, "not twice in a month", again, 409, "suspended-lately")


def _stolen(stage: Stage, code: str) -> None:
    tell = stage.narrator
    tell.chapter("His key turns up on the internet, and whoever finds it tells")
    stage.openssl.must("req", "-new", "-key", "lluis.key", "-subj", f"/CN={STATEMENT}", "-out", "report.csr")
    key = (stage.folder / "lluis.key").read_text()
    sent = _report(stage, key)
    expect_refusal(stage, "the key itself is not wanted", sent, 422, "private-key-sent")
    plain = _report(stage, (stage.folder / "lluis.csr").read_text())
    expect_refusal(stage, "a request for a certificate proves nothing", plain, 422, "proof-not-accepted")
    report = (stage.folder / "report.csr").read_text()
    answer = _report(stage, report)
    tell.check(f"a request that the key signed, for “{STATEMENT}”, does", answer.status == 200, answer)
    tell.check("sent again, it changes nothing", _report(stage, report).body == answer.body)
    status, said = ocsp(stage, "lluis")
    tell.check("openssl ocsp: revoked, keyCompromise", status == "revoked" and "keyComp" in said, said)
    fetch_crls(stage, "lluis")
    tell.check("its CRL lists it: Key Compromise", "Key Compromise" in _crl(stage))
    stage.awaited(str(LLUIS["email"]), "Reason")
    late = stage.citizen.post("/v1/certificates/emergency-revocations", {"code": code})
    kept = late.status == 200 and late.json["reason"] == "keyCompromise" and not late.json["first"]
    tell.check("his emergency code tells him that it is done", kept, late)


def _crl(stage: Stage) -> str:
    return stage.openssl.must("crl", "-inform", "DER", "-in", "lluis.crl", "-noout", "-text")


def _report(stage: Stage, csr: str) -> Answer:
    return stage.citizen.post("/v1/key-compromise-reports", {"proof": {"form": "request", "csr": csr}})


def _reinstate(stage: Stage, identity: dict[str, object]) -> Answer:
    issuer = stage.openssl.issuer_url("lluis.pem").rpartition("/")[2].removesuffix(".cer")
    request = {"nif": LLUIS["nif"], "issuer": issuer, "serial": serial_of(stage, "lluis")}
    return stage.officer.post(f"{POINT}/reinstatements", request | {"identity": identity})
