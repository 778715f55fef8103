"""Registration by video (C15, F18): uploads, people who look at them, reasons, and an appeal."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from typing import Any

from infra.demo import papers
from infra.demo.acts import expect_refusal, keep_chain
from infra.demo.caller import Answer, Caller, fetch, upload
from infra.demo.film import film, picture
from infra.demo.login_acts import log_in_with_pin
from infra.demo.people import GRACE, INAKI, Person, typed
from infra.demo.stage import POINT, SMS_CODE, Stage

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
PAGE = b"<html><script>alert(1)</script></html>"


def tell(stage: Stage) -> None:
    """Iñaki is accepted by two officers; Grace is rejected, keeps what she had, appeals, and is accepted."""
    tell = stage.narrator
    tell.chapter("Iñaki and Grace raise their level by video")
    tell.say("Two more officers are needed, Empar and Ximo.")
    empar, ximo = _appoint(stage, "empar", "10000009T"), _appoint(stage, "ximo", "10000004H")
    _accepted(stage, empar)
    _rejected(stage, empar, ximo)
    _certificate(stage, empar)


def _appoint(stage: Stage, name: str, nif: str) -> Caller:
    """An officer: appointed by the operator, with a certificate by the code on paper, logged in."""
    request = {
        "officer_id": name,
        "document": {"kind": "dni", "number": nif, "expires_on": "2033-01-01"},
        "nif": nif,
        "given_name": name.title(),
        "surname1": "Bosch",
        "birth_date": "1980-01-01",
        "email": f"{name}@example.org",
        "point_id": POINT.rpartition("/")[2],
        "role": "registration-officer",
        "delivery": "paper",
        "language": "ca",
    }
    file = stage.folder / stage.keep(f"{name}.json", json.dumps(request).encode())
    command = [sys.executable, "-m", "infra.commands", "officer", "appoint", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    stage.narrator.check(f"the operator's command: {done.stdout.strip()}", done.returncode == 0, done.stderr)
    code = papers.read(file.with_suffix(".pdf")).generation_code()
    csr = stage.openssl.key_and_request(name, *P256)
    downloaded = stage.citizen.post("/v1/certificates", {"code": code, "csr": csr})
    stage.narrator.check(
        f"{name.title()}'s code on paper buys an officer's certificate", downloaded.status == 200, downloaded
    )
    stage.keep(f"{name}.pem", downloaded.body)
    officer = stage.with_certificate(name)
    return officer.with_token(officer.post("/v1/officer-sessions").json["token"])


def _open(stage: Stage, who: Person, **changes: Any) -> Answer:
    consent = {"recording": True, "biometrics": True}
    body = typed(who) | {"nif": who["nif"], "consent": consent, "video": "video/webm", "front": "image/png"}
    return stage.citizen.post("/v1/video-cases", body | changes)


def _files(who: Person) -> dict[str, bytes]:
    name = str(who["given_name"])
    return {"front": picture(f"front, {name}", "PNG"), "back": picture(f"back, {name}"), "video": film(name)}


def _send(opened: Answer, files: dict[str, bytes]) -> list[Answer]:
    forms = [form for form in opened.json["uploads"] if form["name"] in files]
    return [upload(form["url"], form["fields"], files[form["name"]]) for form in forms]


def _call(stage: Stage, opened: Answer, what: str, **more: str) -> Answer:
    body = {"token": opened.json["token"], **more}
    return stage.citizen.post(f"/v1/video-cases/{opened.json['case']}/{what}", body)


def _take(officer: Caller, opened: Answer) -> Answer:
    return officer.post(f"{POINT}/video-cases/{opened.json['case']}/takes")


def _decide(officer: Caller, opened: Answer, decision: str, **more: str) -> Answer:
    body = {"decision": decision, **more}
    return officer.post(f"{POINT}/video-cases/{opened.json['case']}/decisions", body)


def _accepted(stage: Stage, second: Caller) -> None:
    tell = stage.narrator
    half = {"recording": True, "biometrics": False}
    expect_refusal(
        stage,
        "consent to the recording, and not to the comparison of faces",
        _open(stage, INAKI, consent=half),
        422,
        "video-not-consented",
    )
    opened = _open(stage, INAKI)
    tell.check("Iñaki gets forms for two pictures and a film", len(opened.json["uploads"]) == 3, opened)
    expect_refusal(
        stage, "a submission without files", _call(stage, opened, "submission"), 409, "upload-missing"
    )
    files = _files(INAKI)
    for name, suffix in (("front", "png"), ("back", "jpg"), ("video", "webm")):
        stage.keep(f"inaki-{name}.{suffix}", files[name])
    sent = _send(opened, files | {"back": PAGE})
    tell.check(
        "he uploads them to the object store, past the API", {each.status for each in sent} == {204}, sent[0]
    )
    lie = _call(stage, opened, "submission")
    expect_refusal(stage, "a web page under the name of a picture", lie, 422, "upload-not-as-claimed")
    tell.check(f"it says which: {lie.json['field']}", lie.json["field"] == "back", lie)
    _send(opened, {"back": files["back"]})
    submitted = _call(stage, opened, "submission")
    waits = submitted.status == 202 and submitted.json["state"] == "waiting"
    tell.check("with a true picture the case waits for people; no machine grants anything", waits, submitted)
    _look(stage, opened, files)
    first = _decide(stage.officer, opened, "accept")
    tell.check("she accepts, and another must agree", first.json["state"] == "waiting", first)
    expect_refusal(
        stage, "the same officer a second time", _take(stage.officer, opened), 403, "decided-before"
    )
    _take(second, opened)
    agreed = _decide(second, opened, "accept")
    tell.check("Empar agrees: accepted", agreed.json["state"] == "accepted", agreed)
    receipt = _call(stage, opened, "receipts")
    raised = receipt.status == 201 and receipt.json["level"] == "advanced"
    tell.check("Iñaki, basic by his letter, is advanced now", raised, receipt)
    papers.take_home(stage, INAKI, "inaki-video", receipt, "registration")
    mail = stage.awaited(str(INAKI["email"]), "vídeo")
    tell.check("and was told by e-mail, in Spanish", "Buenos días" in mail, mail)


def _look(stage: Stage, opened: Answer, files: dict[str, bytes]) -> None:
    tell = stage.narrator
    queue = stage.officer.get(f"{POINT}/video-cases").json["cases"]
    mine = [each["case"] for each in queue]
    tell.check("the officer sees it in the queue", mine == [opened.json["case"]], queue)
    taken = _take(stage.officer, opened)
    shown = {name: fetch(url) for name, url in taken.json["evidence"].items()}
    same = {name: hashlib.sha256(each.body).digest() for name, each in shown.items()}
    sent = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    tell.check("taken, it shows exactly the files that were uploaded, for five minutes", same == sent, taken)
    kinds = {name: each.headers["content-type"] for name, each in shown.items()}
    right = kinds == {"front": "image/png", "back": "image/jpeg", "video": "video/webm"}
    tell.check("each under its own media type", right, kinds)
    reached = {"mobile", "email", "address"} & set(taken.json)
    tell.check("beside the register's data, and not how the person is reached", not reached, taken)


def _rejected(stage: Stage, empar: Caller, ximo: Caller) -> None:
    tell = stage.narrator
    opened = _open(stage, GRACE)
    _send(opened, _files(GRACE))
    _call(stage, opened, "submission")
    grace = log_in_with_pin(stage, GRACE)
    _take(empar, opened)
    expect_refusal(
        stage,
        "a rejection of Grace without a reason",
        _decide(empar, opened, "reject"),
        422,
        "reason-required",
    )
    _decide(empar, opened, "reject", reason="face-not-matching")
    state = _call(stage, opened, "state")
    told = (state.json["state"], state.json["reason"]) == ("rejected", "face-not-matching")
    tell.check("Grace sees that it was rejected, and why", told, state)
    mail = stage.awaited(str(GRACE["email"]), "not look enough|does not look|face")
    tell.check("and reads it in words, by e-mail", "within 30 days" in mail, mail)
    kept = grace.get("/v1/me").json["level"]
    tell.check("she keeps the level that her letter gave her", kept == "basic", kept)
    appeal = _call(stage, opened, "appeals", reason="I wore glasses.")
    tell.check("she appeals", appeal.status == 202 and appeal.json["state"] == "waiting", appeal)
    expect_refusal(stage, "Empar on the appeal against herself", _take(empar, opened), 403, "decided-before")
    read = _take(ximo, opened)
    tell.check("Ximo reads what she says", read.json["appeal"] == "I wore glasses.", read)
    _decide(ximo, opened, "accept")
    _take(stage.officer, opened)
    _decide(stage.officer, opened, "accept")
    raised = grace.get("/v1/me").json["level"]
    tell.check("two others accept, and she is advanced", raised == "advanced", raised)


def _certificate(stage: Stage, second: Caller) -> None:
    """Iñaki asks for a certificate by video; his code is lost, and an officer replaces it (A09, F05)."""
    tell = stage.narrator
    tell.chapter("Iñaki gets a certificate by video, without travelling")
    opened = _open(stage, INAKI, purpose="certificate")
    _send(opened, _files(INAKI))
    submitted = _call(stage, opened, "submission")
    asked = submitted.status == 202 and submitted.json["purpose"] == "certificate"
    tell.check("he asks for a certificate in the same way", asked, submitted)
    before = _codes(stage)
    _take(stage.officer, opened)
    _decide(stage.officer, opened, "accept")
    tell.check("one officer accepts, and no code has gone out", _codes(stage) == before, before)
    _take(second, opened)
    agreed = _decide(second, opened, "accept")
    told = agreed.json["state"] == "accepted" and agreed.json["code_until"]
    tell.check("Empar agrees: only now there is a code, which she does not see", bool(told), agreed)
    *earlier, lost = _codes(stage)
    tell.check("it is on his telephone", earlier == before, lost)
    shown = {"nif": INAKI["nif"], "document": INAKI["document"]}
    path = f"{POINT}/generation-code-rescues"
    replaced = stage.officer.post(path, shown)
    same = replaced.status == 201 and replaced.json["expires_at"] == agreed.json["code_until"]
    tell.check(
        "he deletes it; an officer who sees his document replaces it, and its end stays", same, replaced
    )
    csr = stage.openssl.key_and_request("inaki-video", *P256)
    old = stage.citizen.post("/v1/certificates", {"code": lost, "csr": csr})
    expect_refusal(stage, "the code that was lost", old, 422, "code-not-accepted")
    mail = stage.awaited(str(INAKI["email"]), "ya no sirve")
    tell.check("he was told of it by e-mail", "Caduca cuando habría caducado" in mail, mail)
    code = _codes(stage)[-1]
    bought = stage.citizen.post("/v1/certificates", {"code": code, "csr": csr})
    tell.check("the new one buys his certificate", bought.status == 200, bought)
    keep_chain(stage, "inaki-video", bought.body)
    subject = stage.openssl.certificate_field("inaki-video.pem", "-subject")
    tell.check("which names him as the register does", str(INAKI["nif"]) in subject, subject)


def _codes(stage: Stage) -> list[str]:
    """The generation codes that his telephone has had."""
    texts = stage.instance.phone.received(str(INAKI["mobile"]))
    return [found[1] for each in texts if (found := re.search(SMS_CODE, each.text))]
