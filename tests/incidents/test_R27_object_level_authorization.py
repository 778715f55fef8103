"""R27: who may do what to whose object, tried for every route, every role and every owner."""

from __future__ import annotations

from typing import Any

import pytest

from app import ROOMS
from chalicelib.login.tables import SessionRow
from chalicelib.registry.staff import save_point, suspend_officer
from chalicelib.web.routes import Route
from tests.support.cards import loading
from tests.support.client import Client
from tests.support.world import (
    DOCUMENT,
    OTHER_POINT,
    POINT,
    World,
    another_person,
    appoint,
    log_in,
    new_csr,
    person,
    point,
)

OFFICERS_ONLY = [route for room in ROOMS for route in room if route.caller and route.caller.name == "officer"]
CITIZENS_ONLY = [route for room in ROOMS for route in room if route.caller and route.caller.name == "citizen"]
PUBLIC = {
    "GET /",
    "GET /problems",
    "GET /problems/{slug}",
    "GET /v1/registration-points",
    "POST /v1/certificates",
    "POST /v1/certificates/pkcs12",
    "POST /ocsp",
    "GET /ocsp/{proxy+}",
    "GET /crl/{issuer}/{file}",
    "GET /ca/{file}",
    "POST /v1/officer-sessions",
    "DELETE /v1/officer-sessions/current",
    # Proven by what is sent: contrast data and a letter's code, a client certificate, a case's token.
    "POST /v1/letters",
    "POST /v1/registrations/letter",
    "POST /v1/registrations/certificate",
    # A page for people, and what it sends: proven by a receipt's code.
    "GET /v1/receipts",
    "POST /v1/receipts",
    "POST /v1/receipts/verifications",
    "POST /v1/video-cases",
    "POST /v1/video-cases/{case}/submission",
    "POST /v1/video-cases/{case}/state",
    "POST /v1/video-cases/{case}/appeals",
    "POST /v1/video-cases/{case}/receipts",
    "POST /v1/video-cases/{case}/payments",
    "POST /v1/video-cases/{case}/payments/receipts",
    # Proven by the secret in its address, which programs of calendars send.
    "GET /v1/calendars/{calendar}",
    # Proven by the signature of an app.
    "POST /v1/apps/{app}/messages",
    # For everybody; and the gateway's notices, proven by its signature.
    "GET /v1/prices",
    "GET /v1/preliminary-points/{product}",
    "POST /v1/redsys-notifications",
    "GET /v1/payment-returns/{outcome}",
    # Proven by the code that was given with a certificate, and by the key that is reported itself.
    "POST /v1/certificates/emergency-revocations",
    "POST /v1/certificates/emergency-suspensions",
    "POST /v1/key-compromise-reports",
    # Proven by the code that went to the old addresses.
    "POST /v1/contact-changes/stops",
    # The ways to log in, and to a password.
    "POST /v1/pins",
    "POST /v1/sessions/pin",
    "POST /v1/sessions/certificate",
    "POST /v1/sessions/password",
    "POST /v1/passwords",
    "POST /v1/passwords/activations",
    "POST /v1/passwords/recoveries",
}
"""Routes without a caller: open by design, or proving the caller otherwise. New ones are decided here."""


def call(client: Client, route: Route, point: str = POINT, identification: str = "0" * 32) -> Any:
    held = {"nif": "12345678Z", "document": DOCUMENT}
    other = another_person(7)["document"]
    deed = {"document": other, "protocol_number": "1/2025", "granted_on": "2025-03-01"}
    bodies: dict[str, Any] = {
        "identify_person": person(),
        "register_present_person": {
            "identification": person(),
            "contrast": {"valid_until": "2031-05-01"},
        },
        "decide_video_case": {"decision": "accept"},
        "begin_change_of_present_person": {"person": held, "what": "mobile", "value": "+34699000111"},
        "confirm_change_of_present_person": {"person": held, "what": "mobile", "code": "000000"},
        "renounce_for_present_person": held,
        "remove_authenticator_of_present_person": held,
        "replace_code_of_present_person": held,
        "load_card": loading("AAAAAAAAAA", attested=False),
        "search_certificates": {"nif": "12345678Z"},
        "grant_for_another": {"identification": "0" * 32, "asked_by": {"channel": "proxy", "deed": deed}},
        "enter_power_of_attorney": {
            "nif": "12345678Z",
            "given_name": "Luis",
            "surname1": "Gil",
            "document": other,
            "power": {
                "notary": "Ana Ruiz",
                "protocol_number": "1/2025",
                "granted_on": "2025-03-01",
                "names_certificate": True,
            },
        },
        "revoke_power_of_attorney": {"nif": "12345678Z", "deed": deed, "holder_document": DOCUMENT},
        "suspend_powers_of_attorney": {
            "nif": "12345678Z",
            "identity": {"channel": "in-person", "document": DOCUMENT},
        },
        "confirm_power_of_attorney": {"nif": "12345678Z", "deed": deed, "holder_document": DOCUMENT},
        "report_person_in_special_position": {
            "nif": "12345678Z",
            "kind": "death",
            "document": {
                "kind": "civil-registry-extract",
                "reference": "RC 1",
                "issued_on": "2026-11-21",
            },
            "happened_on": "2026-11-20",
        },
        "decide_on_report": {"decision": "confirm"},
        "revoke_certificate": {
            "nif": "12345678Z",
            "issuer": "0" * 16,
            "serial": "1",
            "reason": "superseded",
            "identity": {"channel": "in-person", "document": DOCUMENT},
        },
    }
    named = {key: value for key, value in bodies["revoke_certificate"].items() if key != "reason"}
    bodies |= {"suspend_certificate": named, "reinstate_certificate": named}
    path = route.path.replace("{point}", point).replace("{identification}", identification)
    path = path.replace("{case}", "0" * 32).replace("{report}", "0" * 32)
    if route.method == "GET":
        return client.get(path)
    return client.post(path, bodies.get(route.handler.__name__), key="new")


def test_R27_every_open_route_is_open_on_purpose() -> None:
    """A route that forgets its caller would be open to all: the list above must be changed knowingly."""
    open_routes = {f"{r.method} {r.path}" for room in ROOMS for r in room if r.caller is None}
    assert open_routes == PUBLIC
    assert len(OFFICERS_ONLY) == 24
    assert len(CITIZENS_ONLY) == 49
    assert len(PUBLIC) + len(OFFICERS_ONLY) + len(CITIZENS_ONLY) == sum(1 for room in ROOMS for _ in room)


@pytest.mark.parametrize("route", OFFICERS_ONLY, ids=lambda route: route.handler.__name__)
def test_R27_without_certificate_and_session_nothing_opens(authority: World, route: Route) -> None:
    """Neither alone is enough, nor a citizen's certificate, nor one session over another certificate."""
    officer = authority.officer
    citizen = authority.certificate_of()
    from cryptography.hazmat.primitives.serialization import Encoding

    citizens = citizen.public_bytes(Encoding.PEM).decode()
    other = log_in(authority.app, appoint(authority.cloud, "officer-2", POINT))
    callers = {
        "nobody": Client(authority.app),
        "only the certificate": Client(authority.app, certificate=officer.certificate),
        "only the session": Client(authority.app, token=officer.token),
        "a citizen with a stolen session": Client(authority.app, certificate=citizens, token=officer.token),
        "a colleague's session": Client(authority.app, certificate=officer.certificate, token=other.token),
        "garbage": Client(authority.app, certificate=officer.certificate, token="x" * 43),
    }
    assert {name: call(client, route).status for name, client in callers.items()} == dict.fromkeys(
        callers, 401
    )


@pytest.mark.parametrize("route", OFFICERS_ONLY, ids=lambda route: route.handler.__name__)
def test_R27_an_officer_acts_at_the_own_point_only(authority: World, route: Route) -> None:
    assert call(authority.officer, route, OTHER_POINT).slug == "forbidden"
    assert call(authority.officer, route, "no-such-point").slug == "forbidden"


@pytest.mark.parametrize("route", OFFICERS_ONLY, ids=lambda route: route.handler.__name__)
def test_R27_a_suspended_officer_is_stopped_at_once(authority: World, route: Route) -> None:
    """The open session ends with the suspension, not with its half hour."""
    suspend_officer(authority.cloud, "officer-1", "operator:test")
    assert call(authority.officer, route).slug == "officer-suspended"


def test_R27_a_revoked_officers_certificate_ends_the_session(authority: World) -> None:
    from chalicelib.certificates.revocation import report_compromise
    from chalicelib.pki.compromise import key_of_report

    report_compromise(
        authority.cloud, key_of_report((authority.officer.certificate or "").encode()), "operator:test"
    )
    assert authority.identify().slug == "client-certificate-refused"
    again = Client(authority.app, certificate=authority.officer.certificate)
    assert again.post("/v1/officer-sessions").slug == "client-certificate-refused"


def test_R27_a_role_does_only_its_part(authority: World) -> None:
    """A revocation officer identifies nobody; a point without the service offers it to nobody."""
    revoker = log_in(authority.app, appoint(authority.cloud, "officer-3", POINT, role="revocation-officer"))
    routes = {route.handler.__name__: route for route in OFFICERS_ONLY}
    assert call(revoker, routes["identify_person"]).slug == "forbidden"
    assert call(revoker, routes["search_certificates"]).status == 200
    elsewhere = log_in(authority.app, appoint(authority.cloud, "officer-4", OTHER_POINT))
    assert call(elsewhere, routes["revoke_certificate"], OTHER_POINT).slug == "forbidden"


def test_R27_an_identification_of_another_point_is_not_found(authority: World) -> None:
    """Its id alone gives no power over it, nor does it tell that it exists."""
    made = authority.identify().json["id"]
    elsewhere = log_in(authority.app, appoint(authority.cloud, "officer-4", OTHER_POINT))
    path = f"/v1/registration-points/{OTHER_POINT}/identifications/{{}}/generation-codes"
    answers = [elsewhere.post(path.format(each)) for each in (made, "0" * 32)]
    assert {(each.status, each.slug, each.body) for each in answers} == {(404, "not-found", answers[0].body)}


def test_R27_a_report_of_another_point_is_not_found_nor_an_identification_for_others(
    authority: World,
) -> None:
    """Who knows its id decides nothing of it, and no code comes of it."""
    authority.certificate_of()
    routes = {route.handler.__name__: route for route in OFFICERS_ONLY}
    made = call(authority.officer, routes["report_person_in_special_position"]).json["id"]
    save_point(authority.cloud, point(OTHER_POINT, ("identification", "revocation")), "operator:test")
    elsewhere = log_in(authority.app, appoint(authority.cloud, "officer-4", OTHER_POINT))
    path = f"/v1/registration-points/{OTHER_POINT}/reports/{{}}/decisions"
    answers = [elsewhere.post(path.format(each), {"decision": "reject"}) for each in (made, "0" * 32)]
    assert {(each.status, each.slug, each.body) for each in answers} == {(404, "not-found", answers[0].body)}
    assert call(elsewhere, routes["grant_for_another"], OTHER_POINT).slug == "not-found"


def test_R27_a_number_alone_revokes_nothing(authority: World) -> None:
    """Lemur let any user revoke another's certificate by row id. Here holder and certificate must agree."""
    victim = authority.certificate_of()
    stranger = another_person(7)
    authority.certificate_of(**stranger)
    identity = {"channel": "in-person", "document": stranger["document"]}
    assert authority.revoke(victim, nif=stranger["nif"], identity=identity).slug == "not-found"
    assert authority.revoke(victim, nif="00000000T").slug == "not-found"
    assert authority.revoke(victim, identity=identity).slug == "identity-not-confirmed"
    assert authority.revoke(victim, issuer="0" * 16).slug == "not-found"
    assert authority.revoke(victim).status == 200


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"birth_date": "1985-02-28", "mobile": "612 345 678"}, 200),
        ({"birth_date": "1985-02-28", "email": "Maria@example.org "}, 200),
        ({"birth_date": "1985-02-28"}, 422),
        ({"birth_date": "1985-02-27", "mobile": "612 345 678"}, 422),
        ({"birth_date": "1985-02-28", "mobile": "612 345 679"}, 422),
        ({"birth_date": "1985-02-28", "mobile": "612 345 678", "email": "other@example.org"}, 422),
    ],
)
def test_R27_by_phone_two_answers_must_be_right(
    authority: World, answers: dict[str, str], status: int
) -> None:
    """A31: a caller is believed when all that is told fits, and a birth date alone is not enough."""
    victim = authority.certificate_of()
    answer = authority.revoke(victim, identity={"channel": "phone", **answers}, reason="keyCompromise")
    assert answer.status == status


def test_R27_sessions_end_after_half_an_hour_and_on_log_out(authority: World) -> None:
    assert authority.identify().status == 201
    authority.clock.turn(minutes=30)
    assert authority.identify().slug == "session-required"
    client = log_in(authority.app, authority.officer.certificate or "")
    assert client.send("DELETE", "/v1/officer-sessions/current").status == 204
    assert client.post(f"{authority.point}/identifications", person(), key="new").slug == "session-required"
    assert client.token is not None
    assert all(client.token not in str(row.attribute_values) for row in SessionRow.scan())


def test_R27_a_code_gives_its_own_persons_certificate_only(authority: World) -> None:
    """Neither the request's subject nor anything else of the caller chooses a name or a profile (R7, R21)."""
    first = authority.code_for()
    second = authority.code_for(**another_person(9))
    answer = authority.download(second, new_csr())
    assert b"12345678Z" not in answer.body
    assert authority.download(first).status == 200
