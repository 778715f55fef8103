"""Three years in seconds, and three more: a certificate from its issue to its successor's end (F23).

Every message on the way is counted, and openssl judges each certificate at the authority's time.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.demo import certificate_story
from infra.demo.acts import (
    download,
    expect_refusal,
    fetch_ca,
    fetch_crls,
    identify,
    keep_chain,
    ocsp,
    revoke,
    serial_of,
    verify,
)
from infra.demo.caller import Answer, Caller
from infra.demo.login_acts import log_in_with_certificate, log_in_with_pin
from infra.demo.people import BERTA, MARIA, Person
from infra.demo.stage import SMS_CODE, Stage
from infra.demo.story import P256

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EMAIL, MOBILE = str(BERTA["email"]), str(BERTA["mobile"])


def tell(stage: Stage) -> None:
    """Berta's first certificate, its renewal on line, and the one for which she comes to the office."""
    stage.narrator.chapter("Three years in seconds: Berta's certificate is issued, renewed and expires")
    _issue(stage)
    _near_its_end(stage)
    _expired(stage)
    stage.narrator.chapter("Three more: the next renewal is in person, and a certificate is revoked")
    _second_time(stage)
    _revoke(stage)
    _proof(stage)


def _issue(stage: Stage) -> None:
    tell = stage.narrator
    stage.officer_logs_in()
    _in_person(stage, "berta", BERTA)
    registered = certificate_story.register(stage.with_certificate("berta"), BERTA)
    tell.check("with it she registers", registered.status == 201, registered)
    _is(stage, "berta", "good", "OK")


def _in_person(stage: Stage, name: str, who: Person) -> None:
    identify(stage, who)
    code = stage.code_from(str(who["mobile"]), SMS_CODE)
    answer = download(stage, code, stage.openssl.key_and_request(name, *P256))
    stage.narrator.check(f"and her code buys {name}.pem", answer.status == 200, answer)
    keep_chain(stage, name, answer.body)
    fetch_ca(stage, name)


def _near_its_end(stage: Stage) -> None:
    tell, ends = stage.narrator, _ends(stage, "berta")
    early = _renew(stage, log_in_with_certificate(stage, "berta"), "berta")
    expect_refusal(stage, "a renewal on the first day", early, 409, "not-yet-renewable")
    told = _travel(stage, ends - HOUR)
    tell.check(
        f"the clock stands an hour before its end: {told['email']} e-mails came, {told['sms']} text messages",
        told == {"email": 4, "sms": 2},
        told,
    )
    days = [(ends - at).days for at in _dates(stage, EMAIL)[-4:]]
    tell.check(f"so many days before: {days}", days == [69, 29, 6, 0], days)
    text = stage.newest(EMAIL)
    tell.check("each says that her renewal is ready, on line", "Its renewal is ready" in text, text)
    answer = _renew(stage, log_in_with_certificate(stage, "berta"), "berta", "berta-2")
    tell.check("she does, with a new key", answer.status == 200, answer)
    keep_chain(stage, "berta-2", answer.body)


def _expired(stage: Stage) -> None:
    tell = stage.narrator
    told = _travel(stage, _ends(stage, "berta") + 3 * DAY)
    tell.check("three days after its end: nobody is told of what was renewed", not told, told)
    _is(stage, "berta", "good", "certificate has expired")
    _is(stage, "berta-2", "good", "OK")
    old = stage.with_certificate("berta").post("/v1/sessions/certificate")
    expect_refusal(stage, "a log-in with the old one", old, 401, "client-certificate-refused")


def _second_time(stage: Stage) -> None:
    tell, ends = stage.narrator, _ends(stage, "berta-2")
    told = _travel(stage, ends - 69 * DAY)
    # Her activation code's end is told twice before.
    tell.check("the notices of the second one begin", told == {"email": 3}, told)
    text = stage.newest(EMAIL)
    tell.check("and send her to an office", "identify yourself again" in text, text)
    answer = _renew(stage, log_in_with_certificate(stage, "berta-2"), "berta-2")
    expect_refusal(stage, "a second renewal on line (A30)", answer, 403, "assurance-too-low")
    session = stage.officer_logs_in()
    tell.check("another officer is at the desk by now", session.status == 201, session)
    later = {"document": BERTA["document"] | {"expires_on": "2041-05-01"}}
    _in_person(stage, "berta-3", BERTA | later)
    _is(stage, "berta-3", "good", "OK")


def _revoke(stage: Stage) -> None:
    answer = revoke(stage, "berta-3", "superseded", BERTA)
    stage.narrator.check("it is revoked", answer.status == 200 and answer.json["first"], answer)
    _is(stage, "berta-3", "revoked", "certificate revoked")


def _proof(stage: Stage) -> None:
    """The proof of an identity carries for five years."""
    services = log_in_with_pin(stage, MARIA).get("/v1/me/can", Accept_Language="en").json["services"]
    signature = next(each for each in services if each["service"] == "cloud-signature")
    said = " ".join(signature["missing"])
    stage.narrator.check(
        f"María's proof at the office is over, and she reads: “{said}”",
        "more than five years ago" in said,
        said,
    )


def _renew(stage: Stage, client: Caller, name: str, new: str = "none") -> Answer:
    issuer = stage.openssl.issuer_url(f"{name}.pem").rpartition("/")[2].removesuffix(".cer")
    body: dict[str, Any] = {
        "csr": stage.openssl.key_and_request(new, *P256),
        "renews": {"issuer": issuer, "serial": serial_of(stage, name)},
    }
    return client.post("/v1/me/certificates", body)


def _travel(stage: Stage, to: datetime) -> Counter[str]:
    """Go to a moment; how many messages Berta got on the way, by channel.

    What comes in the first hour tells of what was done before.
    """
    begin = stage.now() + HOUR
    stage.move_clock(to=to.isoformat())
    came = [each for address in (EMAIL, MOBILE) for each in stage.instance.phone.received(address)]
    return Counter(message.channel for message in came if datetime.fromisoformat(message.at) > begin)


def _dates(stage: Stage, to: str) -> list[datetime]:
    return [datetime.fromisoformat(message.at) for message in stage.instance.phone.received(to)]


def _ends(stage: Stage, name: str) -> datetime:
    said = stage.openssl.certificate_field(f"{name}.pem", "-enddate").partition("=")[2]
    return datetime.strptime(said, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)


def _is(stage: Stage, name: str, status: str, verdict: str) -> None:
    """What OCSP, and openssl with the CRLs of now, say of a certificate."""
    said, all_of_it = ocsp(stage, name)
    fetch_crls(stage, name)
    _, told = verify(stage, name)
    judged = re.findall(r"lookup: (.+)", told) or [told.rpartition(": ")[2]]
    claim = f"{stage.now():%d %B %Y}, {name}.pem: OCSP says {said}, openssl verify says {judged[0]}"
    stage.narrator.check(claim, (said, judged[0]) == (status, verdict), f"{all_of_it}\n{told}")
