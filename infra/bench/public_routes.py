"""Every route without log-in, and how a stranger's answer is compared there with a person's (6.6, F16).

A comparison sends the same about somebody whom the authority knows and about somebody whom it does not; each
try is about a person of its own. The tests compare status, length and headers, the bench the time it takes. A
route without a comparison says why it needs none.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from chalicelib.aws.tables import Transaction
from chalicelib.codes.kinds import GENERATION, LETTER, STOP
from chalicelib.codes.store import draw
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.cool_off import draw_stop_code
from chalicelib.registry.registration import CONDITIONS_VERSION
from infra.bench.authority import new_csr
from infra.bench.citizens import CONTRAST, Citizens, Person

WRONG_CONTRAST: Final = {"valid_until": "2030-01-01"}
WRONG_CODE: Final = "0" * 16
WRONG_PASSWORD: Final = "wrong wrong wrong"  # noqa: S105  # nobody's
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 100

ACTIVATIONS: Final = "/v1/passwords/activations"
RECOVERIES: Final = "/v1/passwords/recoveries"
LETTERS: Final = "/v1/letters"
BY_LETTER: Final = "/v1/registrations/letter"
SUBMISSION: Final = "/v1/video-cases/{case}/submission"

Sent = tuple[dict[str, Any], dict[str, str] | None]
"""Body and path parameters."""


@dataclass(frozen=True)
class Comparison:
    """One thing that anybody can ask about anybody."""

    name: str
    route: str
    status: int
    """What everybody is answered."""
    who: str
    """Whom the authority knows: a method of Citizens."""
    send: Callable[[Citizens, Person, bool], Sent]
    """What is sent about a person, known or not, after what had to be there before."""
    key: bool = False
    """Whether the route asks for an Idempotency-Key."""


def _pins(contrast: dict[str, str]) -> Callable[[Citizens, Person, bool], Sent]:
    return lambda _citizens, person, _known: ({"nif": person.nif, "contrast": contrast}, None)


def _wrong_stop(_citizens: Citizens, person: Person, _known: bool) -> Sent:
    return {"nif": person.nif, "code": WRONG_CODE}, None


def _wrong_pin(citizens: Citizens, person: Person, _known: bool) -> Sent:
    asked = citizens.recall(person, "/v1/pins", {"nif": person.nif, "contrast": CONTRAST})
    return {"request": asked["request"], "pin": "000000"}, None


def _activation(code: str = "") -> Callable[[Citizens, Person, bool], Sent]:
    return lambda _citizens, person, _known: (
        {"nif": person.nif, "activation_code": code or person.activation_code, "email": person.email},
        None,
    )


def _recovery(code: str = "") -> Callable[[Citizens, Person, bool], Sent]:
    return lambda _citizens, person, _known: (
        {"nif": person.nif, "activation_code": code or person.activation_code, "contrast": CONTRAST},
        None,
    )


def _wrong_otp(citizens: Citizens, person: Person, known: bool) -> Sent:
    body, _ = _activation()(citizens, person, known)
    asked = citizens.recall(person, ACTIVATIONS, body)
    return {"request": asked["request"], "otp": "000000", "password": WRONG_PASSWORD}, None


def _wrong_password(_citizens: Citizens, person: Person, _known: bool) -> Sent:
    return {"nif": person.nif, "password": WRONG_PASSWORD}, None


def _letter(contrast: dict[str, str]) -> Callable[[Citizens, Person, bool], Sent]:
    return lambda _citizens, person, _known: (
        {"nif": person.nif, "contrast": contrast, "consent": True},
        None,
    )


def _wrong_letter(contrast: dict[str, str]) -> Callable[[Citizens, Person, bool], Sent]:
    def send(citizens: Citizens, person: Person, known: bool) -> Sent:
        citizens.recall(person, LETTERS, _letter(CONTRAST)(citizens, person, known)[0])
        body = {
            "nif": person.nif,
            "contrast": contrast,
            "code": "0" * LETTER.length,
            "mobile": person.mobile,
            "email": person.email,
            "language": "es",
            "conditions_accepted": CONDITIONS_VERSION,
        }
        return body, None

    return send


def _video(_citizens: Citizens, person: Person, _known: bool) -> Sent:
    body = {
        "nif": person.nif,
        "contrast": CONTRAST,
        "mobile": person.mobile,
        "email": person.email,
        "language": "es",
        "consent": {"recording": True, "biometrics": True},
        "conditions_accepted": CONDITIONS_VERSION,
    }
    return body, None


def _uploaded(citizens: Citizens, person: Person, known: bool) -> Sent:
    """A case with its files, not submitted."""
    opened = citizens.recall(person, "/v1/video-cases", _video(citizens, person, known)[0])
    for form in opened["uploads"]:
        content = _film() if form["name"] == "video" else JPEG
        citizens.cloud.s3.put_object(
            Bucket=citizens.cloud.settings.private_bucket,
            Key=form["fields"]["key"],
            Body=content,
            ContentType=form["fields"]["Content-Type"],
        )
    return {"token": opened["token"]}, {"case": opened["case"]}


def _submitted(**more: str) -> Callable[[Citizens, Person, bool], Sent]:
    def send(citizens: Citizens, person: Person, known: bool) -> Sent:
        if (SUBMISSION, person.nif) not in citizens.told:
            citizens.recall(person, SUBMISSION, *_uploaded(citizens, person, known))
        opened = citizens.told["/v1/video-cases", person.nif]
        return {"token": opened["token"]} | more, {"case": opened["case"]}

    return send


def _film() -> bytes:
    """The beginning of a film of 40 seconds: a file type box and a movie header."""
    header = struct.pack(">4xIIII", 0, 0, 1000, 40_000)
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41\x00\x00\x00\x6cmoovmvhd" + header + b"\x00" * 80


def _certificate(*, csr: bool) -> Callable[[Citizens, Person, bool], Sent]:
    """With a code that was voided, against one that never was."""

    def send(citizens: Citizens, _person: Person, known: bool) -> Sent:
        now = citizens.cloud.now()
        drawn = draw(citizens.cloud, GENERATION, subject="bench:voided", expires_at=now + timedelta(days=1))
        if known:
            drawn.row.voided_at = now
            transaction = Transaction()
            transaction.put_new("code", drawn.row)
            transaction.commit()
        more = {"csr": _csr()} if csr else {}
        return {"code": drawn.code} | more, None

    return send


def _wrong_stop_of_a_change(citizens: Citizens, person: Person, known: bool) -> Sent:
    """Of somebody whose number changed a moment ago, so that a code to stop it lives."""
    if known:
        transaction = Transaction()
        draw_stop_code(citizens.cloud, transaction, holder_of(person.nif), "mobile", "mobile")
        transaction.commit()
    return {"nif": person.nif, "code": "0" * STOP.length}, None


@functools.cache
def _csr() -> str:
    return new_csr()


# In this order: what is answered last about somebody is what the next comparison goes on with.
COMPARISONS: Final = (
    Comparison("PIN, number only", "/v1/pins", 202, "registered", _pins(WRONG_CONTRAST)),
    Comparison("PIN, identified only", "/v1/pins", 202, "identified", _pins(CONTRAST)),
    Comparison("PIN, all right", "/v1/pins", 202, "registered", _pins(CONTRAST)),
    Comparison("PIN log-in, wrong", "/v1/sessions/pin", 401, "registered", _wrong_pin),
    Comparison("activation, wrong code", ACTIVATIONS, 202, "registered", _activation(WRONG_CODE)),
    Comparison("activation, all right", ACTIVATIONS, 202, "registered", _activation()),
    Comparison("choosing, wrong OTP", "/v1/passwords", 401, "registered", _wrong_otp),
    Comparison("recovery, wrong code", RECOVERIES, 202, "with_password", _recovery(WRONG_CODE)),
    Comparison("recovery, all right", RECOVERIES, 202, "with_password", _recovery()),
    Comparison("password, wrong", "/v1/sessions/password", 401, "with_password", _wrong_password),
    Comparison("password, has none", "/v1/sessions/password", 401, "registered", _wrong_password),
    Comparison("letter, registered", LETTERS, 202, "registered", _letter(CONTRAST)),
    Comparison("letter, number only", LETTERS, 202, "on_file", _letter(WRONG_CONTRAST)),
    Comparison("letter, all right", LETTERS, 202, "on_file", _letter(CONTRAST)),
    Comparison("by letter, wrong code", BY_LETTER, 422, "on_file", _wrong_letter(CONTRAST)),
    Comparison("by letter, number only", BY_LETTER, 422, "on_file", _wrong_letter(WRONG_CONTRAST)),
    Comparison("stop, wrong code", "/v1/contact-changes/stops", 422, "registered", _wrong_stop_of_a_change),
    Comparison("video", "/v1/video-cases", 201, "on_file", _video),
    Comparison("video, submitted", SUBMISSION, 202, "on_file", _uploaded),
    Comparison("video, state", "/v1/video-cases/{case}/state", 200, "on_file", _submitted()),
    Comparison(
        "video, appeal", "/v1/video-cases/{case}/appeals", 409, "on_file", _submitted(reason="It is me.")
    ),
    Comparison("video, receipt", "/v1/video-cases/{case}/receipts", 409, "on_file", _submitted()),
    Comparison("code, voided", "/v1/certificates", 422, "stranger", _certificate(csr=True)),
    Comparison(
        "code, voided (file)", "/v1/certificates/pkcs12", 422, "stranger", _certificate(csr=False), key=True
    ),
    Comparison(
        "stop of a new number, wrong code", "/v1/contact-changes/stops", 422, "registered", _wrong_stop
    ),
)

_OWN_CERTIFICATE = "The caller proves to have the key of the certificate that names the person."
_PUBLIC = "It is public, and about nobody."
NOT_COMPARED: Final = MappingProxyType(
    {
        "GET /": _PUBLIC,
        "GET /problems": _PUBLIC,
        "GET /problems/{slug}": _PUBLIC,
        "GET /openapi.json": _PUBLIC,
        "GET /v1/registration-points": _PUBLIC,
        "GET /v1/calendars/{calendar}": "256 random bits name the calendar: without them nothing is found.",
        "GET /v1/receipts": _PUBLIC,
        "POST /v1/receipts": "As POST /v1/receipts/verifications.",
        "GET /crl/{issuer}/{file}": _PUBLIC,
        "GET /ca/{file}": _PUBLIC,
        "POST /ocsp": "By the serial number of a certificate in hand; that is what RFC 6960 is for.",
        "GET /ocsp/{proxy+}": "As POST /ocsp.",
        "POST /v1/registrations/certificate": _OWN_CERTIFICATE,
        "POST /v1/sessions/certificate": _OWN_CERTIFICATE,
        "POST /v1/officer-sessions": _OWN_CERTIFICATE,
        "DELETE /v1/officer-sessions/current": _OWN_CERTIFICATE,
        "POST /v1/certificates/emergency-revocations": "100 bits name the certificate.",
        "POST /v1/certificates/emergency-suspensions": "As POST /v1/certificates/emergency-revocations.",
        "POST /v1/key-compromise-reports": "By who can sign with the key; nothing is told of anybody.",
        "POST /v1/apps/{app}/messages": "The caller proves to have the app's key; its id is a hash of it.",
        "GET /v1/prices": _PUBLIC,
        "GET /v1/preliminary-points/{product}": _PUBLIC,
        "GET /v1/payment-returns/{outcome}": _PUBLIC,
        "POST /v1/redsys-notifications": "Nothing is read before the gateway's signature is right.",
        "POST /v1/video-cases/{case}/payments": "By the case's token; of the person nothing is looked at.",
        "POST /v1/video-cases/{case}/payments/receipts": "As POST /v1/video-cases/{case}/payments.",
        "POST /v1/receipts/verifications": "80 random bits name the receipt: without them it is not found.",
    }
)
"""Routes where nothing is told of a person who is not the caller, and why."""
