"""Minors at an office: with father, mother or guardian, until the birthday (C09-C13, F17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.certificates.deadlines import KINDS, messages
from chalicelib.registry.accounts import holder_of, read_account
from tests.journeys.test_account import register_online
from tests.journeys.test_renewal import logged_in, row_of
from tests.support.client import Answer
from tests.support.world import DOCUMENT, World, another_person, log_in, new_csr, person

NIF = "12345678Z"
NEW_MOBILE = "+34699000111"
FATHER: dict[str, Any] = {
    "given_name": "Vicent",
    "surname1": "Núñez",
    "document": another_person(9)["document"],
    "relationship": "father",
    "authority_document": "Libro de Familia 46/123",
    "consent": True,
}
CHILD = "2016-11-23"  # nine years old, ten tomorrow
TEEN = "2008-11-23"  # eighteen tomorrow


def register(world: World, **changes: Any) -> Answer:
    body = {"identification": person(**changes), "contrast": {"valid_until": "2031-05-01"}}
    return world.officer.post(f"{world.point}/registrations", body, key="new")


def change(world: World, **company: Any) -> Answer:
    body = {"person": {"nif": NIF, "document": DOCUMENT} | company, "what": "mobile", "value": NEW_MOBILE}
    return world.officer.post(f"{world.point}/contact-changes", body)


def test_C13_a_child_under_14_is_registered_with_the_own_dni_and_a_guardian(authority: World) -> None:
    assert register(authority, birth_date=CHILD).slug == "guardian-required"
    passport = {"kind": "passport", "number": "AAA123456", "expires_on": "2031-05-01"}
    shown = register(authority, birth_date=CHILD, guardian=FATHER, document=passport)
    assert (shown.slug, shown.json["field"]) == ("dni-required", "document.kind")
    assert register(authority, birth_date=CHILD, guardian=FATHER).status == 201
    assert read_account(holder_of(NIF)).level == "advanced"


def test_C13_a_foreign_child_shows_what_foreigners_show(authority: World) -> None:
    card = {"kind": "nie", "number": "X2482300W", "expires_on": "2031-05-01"}
    body = person(nif="X2482300W", document=card, birth_date=CHILD, guardian=FATHER)
    answer = authority.officer.post(
        f"{authority.point}/registrations",
        {"identification": body, "contrast": {"support_number": "E12345678"}},
        key="new",
    )
    assert answer.status == 201, answer.body


@pytest.mark.parametrize(
    ("company", "slug"),
    [
        ({}, "guardian-required"),
        ({"guardian": FATHER | {"consent": False}}, "consent-required"),
        ({"guardian": FATHER | {"document": DOCUMENT}}, "same-person"),
        (
            {"guardian": FATHER | {"document": FATHER["document"] | {"expires_on": "2026-11-21"}}},
            "document-expired",
        ),
        ({"emancipated": {"document": "Escritura 1/2026"}}, "emancipation-not-applicable"),
    ],
)
def test_at_the_desk_a_minor_changes_nothing_without_guardian(
    authority: World, company: dict[str, Any], slug: str
) -> None:
    """The same rules as at the registration, for changes and for the end of it; and no message goes out."""
    assert register(authority, birth_date=CHILD, guardian=FATHER).status == 201
    before = authority.phone.sms()
    assert change(authority, **company).slug == slug
    present = {"nif": NIF, "document": DOCUMENT} | company
    confirmation = {"person": present, "what": "mobile", "code": "000000"}
    confirmed = authority.officer.post(f"{authority.point}/contact-changes/confirmations", confirmation)
    assert confirmed.slug == slug
    assert authority.officer.post(f"{authority.point}/renunciations", present).slug == slug
    assert authority.phone.sms() == before
    assert read_account(holder_of(NIF)).registered


def test_at_the_desk_a_minor_with_guardian_is_served_and_the_guardian_is_in_the_trail(
    authority: World,
) -> None:
    register(authority, birth_date=CHILD, guardian=FATHER)
    assert change(authority, guardian=FATHER).status == 202
    recognised = [event for event in every_event() if event.act == "person.recognised"]
    assert [event.details["company"] for event in recognised] == ["father"]
    assert "Vicent" not in str(recognised)


def test_on_the_eighteenth_birthday_the_guardian_goes(authority: World) -> None:
    """F17: by the calendar of Madrid, with nothing to be handed over."""
    register(authority, birth_date=TEEN, guardian=FATHER)
    assert change(authority).slug == "guardian-required"
    midnight = datetime.fromisoformat("2026-11-23T00:00:00+01:00")
    authority.clock.turn(seconds=(midnight - authority.clock.at - timedelta(seconds=1)).total_seconds())
    authority.officer = log_in(authority.app, authority.officer.certificate or "")
    assert change(authority).slug == "guardian-required"
    authority.clock.turn(seconds=1)
    assert change(authority, guardian=FATHER).slug == "guardian-not-applicable"
    assert change(authority).status == 202


def test_X04_a_minor_gets_no_certificate_on_line_and_the_notices_say_so(authority: World) -> None:
    """Nobody is beside who consents. From the birthday on it is like anybody's."""
    certificate = authority.certificate_of(birth_date=TEEN, guardian=FATHER)
    liar = register_online(authority, certificate, birth_date="1990-01-01")
    assert (liar.slug, liar.json["field"]) == ("data-differ", "birth_date")
    assert register(authority, birth_date=TEEN, guardian=FATHER).status == 201
    csr = new_csr()
    client = logged_in(authority, certificate)
    told = {each["service"]: each for each in client.get("/v1/me/can").json["services"]}
    assert not told["certificate-online"]["may"]
    assert client.post("/v1/me/certificates", {"csr": csr}).slug == "guardian-required"
    at = authority.clock.at
    authority.clock.at = datetime(2026, 11, 22, 23, tzinfo=UTC)  # midnight in Madrid
    assert logged_in(authority, certificate).post("/v1/me/certificates", {"csr": csr}).status == 200
    # What is told of a certificate that ends while its holder is a minor.
    row = row_of(certificate)
    for day, way in ((at, "minor"), (authority.clock.at, "online")):
        authority.clock.at = day
        kind = KINDS["certificate"]
        notice = kind.tell(authority.cloud, row, day.date(), 30)
        assert notice is not None
        ((mail, _), *_) = messages(authority.cloud, kind, row, notice, day.date(), 30)
        assert mail.template == f"certificate-ends-{way}"


def test_an_emancipated_minor_of_sixteen_acts_alone(authority: World) -> None:
    deed = {"document": "Escritura 1/2026"}
    assert register(authority, birth_date="2010-01-01", emancipated=deed).status == 201
    assert change(authority).slug == "guardian-required"
    assert change(authority, emancipated=deed).status == 202
