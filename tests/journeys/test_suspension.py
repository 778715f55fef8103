"""A certificate is mislaid: out of use at once, found again, or decided by itself after seven days (F20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ReasonFlags

from chalicelib.audit.events import every_event
from chalicelib.certificates import download
from chalicelib.certificates.renewal import SuspendedNotRenewable, require_renewable
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki.jobs import JobIncomplete, publish_crls
from chalicelib.pki.states import state_of
from chalicelib.pki.tables import HoldRow
from chalicelib.registry.staff import appoint_officer
from infra.local.agenda import Agenda, Stop
from tests.journeys.test_account import NIF
from tests.journeys.test_personal_area import e_id_client, trust
from tests.journeys.test_renewal import holder_of_one, logged_in, name_of, near_its_end, renew, row_of
from tests.support.citizens import Person, register
from tests.support.client import Client
from tests.support.issuers import Authority, served
from tests.support.status import status
from tests.support.world import (
    DOCUMENT,
    POINT,
    START,
    World,
    another_person,
    appoint,
    appointment,
    log_in,
    new_csr,
)

HOLD = ReasonFlags.certificate_hold
END = START + timedelta(days=7)
"""The last second of a hold that begins when the worlds do: seven days are the most."""
PHONE = {"channel": "phone", "birth_date": "1985-02-28", "mobile": "612 345 678"}


def mails(world: World) -> list[str]:
    send_outbox(world.cloud)
    return [mail.subject for mail in world.phone.emails()]


def at_an_office(world: World) -> None:
    """The officer's half hour is over."""
    world.officer = log_in(world.app, world.officer.certificate or "")


def test_lost_and_found_again(authority: World) -> None:
    """By the own log-in, to the minute; sessions of the certificate end and do not come back with it."""
    certificate = holder_of_one(authority)
    client, other = logged_in(authority, certificate), logged_in(authority, certificate)
    assert status(authority, certificate) is None
    first = client.post("/v1/me/suspensions", name_of(certificate))
    assert (first.status, first.json["first"]) == (200, True)
    assert datetime.fromisoformat(first.json["decided_at"]) == END
    assert client.get("/v1/me").status == other.get("/v1/me").status == 401
    with_it = Client(authority.app, certificate=client.certificate or other.certificate)
    assert with_it.post("/v1/sessions/certificate").status == 401
    assert status(authority, certificate) == (START, HOLD)
    assert "Clavero: su certificado está suspendido" in mails(authority)

    at_an_office(authority)
    assert authority.at_the_desk("reinstatements", certificate, identity=PHONE).slug == "not-by-this-way"
    authority.clock.at = END
    at_an_office(authority)
    old = {"channel": "in-person", "document": DOCUMENT | {"expires_on": "2026-11-01"}}
    assert authority.at_the_desk("reinstatements", certificate, identity=old).slug == "document-expired"
    lifted = authority.at_the_desk("reinstatements", certificate)
    assert (lifted.status, lifted.json["first"]) == (200, True), lifted.body
    assert authority.at_the_desk("reinstatements", certificate).json["first"] is False
    assert status(authority, certificate) is None
    assert "Clavero: su certificado ya no está suspendido" in mails(authority)
    assert other.get("/v1/me").status == 401, "opened before: by whom is not known"
    authority.clock.turn(seconds=1)
    assert logged_in(authority, certificate).get("/v1/me").status == 200
    again = logged_in(authority, certificate).post("/v1/me/suspensions", name_of(certificate))
    assert again.slug == "suspended-lately"
    authority.clock.turn(days=30)
    again = logged_in(authority, certificate).post("/v1/me/suspensions", name_of(certificate))
    assert (again.status, again.json["first"]) == (200, True)
    assert status(authority, certificate) == (authority.clock.at, HOLD)


def test_lost_and_decided(authority: World) -> None:
    """Nobody lifts it: told the day before, and a revocation of the day on which it was suspended."""
    certificate = holder_of_one(authority)
    suspended = authority.at_the_desk("suspensions", certificate, identity=PHONE)
    assert suspended.status == 200, suspended.body
    authority.clock.at = END - timedelta(days=1, hours=13)
    assert mails(authority)[-1] == "Clavero: su certificado suspendido va a revocarse"
    authority.clock.at = END
    assert status(authority, certificate) == (START, HOLD)
    authority.clock.turn(seconds=1)
    at_an_office(authority)
    assert authority.at_the_desk("reinstatements", certificate).slug == "not-suspended"
    assert status(authority, certificate) == (START, None)
    row = row_of(certificate)
    assert (row.revoked_at, row.reason) == (START, None)  # type: ignore[comparison-overlap]
    assert mails(authority)[-1] == "Clavero: su certificado suspendido se ha revocado"
    assert authority.at_the_desk("suspensions", certificate).slug == "suspension-not-allowed"
    assert authority.at_the_desk("reinstatements", certificate).slug == "not-suspended"
    assert status(authority, certificate) == (START, None), "decided once"


def test_a_suspended_certificate_can_be_revoked_as_of_its_suspension(authority: World) -> None:
    """X.509: the date is that of the hold; no reminder follows."""
    certificate = holder_of_one(authority)
    assert authority.at_the_desk("suspensions", certificate).status == 200
    authority.clock.turn(days=2)
    at_an_office(authority)
    revoked = authority.revoke(certificate)
    assert datetime.fromisoformat(revoked.json["revoked_at"]) == START
    assert status(authority, certificate) == (START, ReasonFlags.key_compromise)
    authority.clock.at = END + timedelta(days=1)
    assert status(authority, certificate) == (START, ReasonFlags.key_compromise)
    assert not [subject for subject in mails(authority) if subject.endswith("va a revocarse")]
    assert authority.at_the_desk("reinstatements", certificate).status == 401
    assert [event.act for event in every_event() if event.act.startswith("certificate.r")] == [
        "certificate.revoked"
    ]


def test_who_has_the_telephone_suspends_and_does_not_lift(authority: World, tmp_path: Path) -> None:
    """A PIN by SMS is enough for the one; the other takes an e-ID, or an office."""
    person: Person = register(authority)
    certificate = authority.certificate_of()
    by_pin = person.log_in_with_pin()
    assert by_pin.post("/v1/me/suspensions", name_of(certificate)).status == 200
    (shown,) = by_pin.get("/v1/me/certificates").json["certificates"]
    assert (shown["state"], shown["renewal"]) == ("held", "suspended")
    assert datetime.fromisoformat(shown["decided_at"]) == END
    (deadline,) = [each for each in by_pin.get("/v1/me/deadlines").json["deadlines"] if each["serial"]]
    assert (deadline["what"], datetime.fromisoformat(deadline["at"])) == ("suspension", END)
    address = by_pin.post("/v1/me/calendar").json["address"].removeprefix(authority.cloud.settings.api_url)
    calendar = authority.citizen.get(address).body.decode()
    assert "DTSTART;VALUE=DATE:20261129" in calendar
    assert by_pin.post("/v1/me/reinstatements", name_of(certificate)).slug == "assurance-too-low"
    found = authority.officer.post(f"{authority.point}/certificate-searches", {"nif": NIF}).json
    assert [each["state"] for each in found["certificates"]] == ["held"]
    with served() as state:
        issuer = Authority(START, state.url)
        trust(authority, issuer, tmp_path, kind="e-id", name="DNIe")
        by_card = e_id_client(authority, issuer, state, NIF)
        assert by_card.post("/v1/me/reinstatements", name_of(certificate)).status == 200
    (shown,) = by_pin.get("/v1/me/certificates").json["certificates"]
    assert (shown["state"], shown["decided_at"]) == ("issued", None)


def test_a_hold_whose_record_is_lost_can_be_revoked(authority: World) -> None:
    """What is missing of it rings, and keeps nobody from being safe."""
    certificate = holder_of_one(authority)
    assert authority.at_the_desk("suspensions", certificate).status == 200
    (hold,) = HoldRow.scan()
    hold.delete()
    assert authority.revoke(certificate).status == 200
    with pytest.raises(JobIncomplete):
        publish_crls(authority.cloud)
    assert row_of(certificate).reason == "keyCompromise"


def test_what_is_suspended_is_not_renewed_and_opens_nothing(authority: World) -> None:
    certificate = holder_of_one(authority)
    near_its_end(authority, certificate)
    client = logged_in(authority, certificate)
    authority.officer = log_in(authority.app, appoint(authority.cloud, "officer-later", POINT))
    assert authority.at_the_desk("suspensions", certificate).status == 200
    assert renew(client, certificate).status == 401
    with pytest.raises(SuspendedNotRenewable):
        require_renewable(row_of(certificate), row_of(certificate).holder, authority.clock.at, None)


def test_a_hold_does_not_outlast_its_certificate(authority: World) -> None:
    certificate = authority.certificate_of()
    near_its_end(authority, certificate, days=2)
    authority.officer = log_in(authority.app, appoint(authority.cloud, "officer-later", POINT))
    held = authority.at_the_desk("suspensions", certificate)
    assert datetime.fromisoformat(held.json["decided_at"]) == certificate.not_valid_after_utc
    authority.clock.turn(days=3)
    assert state_of(row_of(certificate), authority.clock.at) == "held"
    publish_crls(authority.cloud)
    assert state_of(row_of(certificate), authority.clock.at) == "revoked"


@pytest.mark.parametrize("act", ["suspensions", "reinstatements"])
def test_R27_nobody_suspends_or_lifts_what_is_anothers(authority: World, act: str) -> None:
    mine = holder_of_one(authority)
    theirs = holder_of_one(authority, **another_person(9))
    client: Any = logged_in(authority, mine)
    assert client.post(f"/v1/me/{act}", name_of(theirs)).slug == "not-found"
    assert authority.at_the_desk(act, theirs).slug == "not-found"
    stranger = {"channel": "in-person", "document": DOCUMENT | {"number": "00000001R"}}
    assert authority.at_the_desk(act, mine, identity=stranger).slug == "identity-not-confirmed"


def test_an_officers_certificate_is_not_suspended(authority: World) -> None:
    """R14: the policy of its kind knows no hold. With the code that came with it, it can be revoked."""
    appoint_officer(authority.cloud, appointment("officer-9", POINT), "operator:test")
    order = {"operation": "grant", "subject": "appointment:officer-9", "actor": "operator:test"}
    code = authority.cloud.invoke("authority", order)["code"]
    issued = download.from_csr(
        authority.cloud, code=code, csr=new_csr(), email_code=None, source="198.51.100.1"
    )
    body = {"code": issued.emergency_code}
    asked = authority.citizen.post("/v1/certificates/emergency-suspensions", body)
    assert asked.slug == "suspension-not-allowed"
    assert authority.citizen.post("/v1/certificates/emergency-revocations", body).status == 200


def test_F23_a_journey_in_time_stops_where_a_suspension_ends(authority: World) -> None:
    """Its decision is made and told on its day, not when somebody arrives years later."""
    certificate = holder_of_one(authority)
    client = logged_in(authority, certificate)
    assert client.post("/v1/me/suspensions", name_of(certificate)).status == 200
    row = row_of(certificate)
    agenda = Agenda(authority.cloud, authority.cloud.now() + timedelta(days=400))
    moment, found = authority.cloud.now(), []
    while (stop := agenda.following(moment)) is not None and stop.at < row.held_until + timedelta(minutes=1):
        moment = stop.at
        found.append(stop)
    assert Stop(row.held_until + timedelta(seconds=1), "publish_crls") in found
