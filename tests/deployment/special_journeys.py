"""What officers do for people in special positions, once each, and what then happens by itself."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.aws.functions import SCHEDULED, running_as
from infra.local.gateway import Context
from tests.journeys.test_special_positions import (
    DEATH,
    DEED,
    EXTRACT,
    FATHER,
    INCAPACITY,
    MARRIED,
    PROXY,
    PROXY_DOCUMENT,
)
from tests.support.citizens import register
from tests.support.world import POINT, World, another_person, appoint, log_in


def special(world: World) -> None:
    """All of it. The days are said from the present one, since other journeys have turned the clock."""
    proxies(world)
    reports(world)
    changes(world)
    for _ in range(9):
        world.clock.turn(days=1)
        world.app.handler_map["find_due"](SCHEDULED, Context("0", function_name="find_due"))
    assert world.officer.certificate is not None
    world.officer.token = log_in(world.app, world.officer.certificate).token


def proxies(world: World) -> None:
    """Entered by itself and with an identification, used for a code and a revocation, and ended."""
    person = another_person(61)
    lasting = PROXY["power"] | {"expires_on": None}
    presence = PROXY | {"power": lasting}
    certificate = world.certificate_of(**person, presence=presence)
    entry = {"nif": person["nif"], "given_name": "Luis", "surname1": "Gil", "document": PROXY_DOCUMENT}
    other = lasting | {"protocol_number": "77/2025"}
    assert world.officer.post(f"{world.point}/powers", entry | {"power": other}).status == 201
    identified = world.identify(**person, presence=presence)
    asked = {"channel": "proxy", "deed": DEED}
    body = {"identification": identified.json["id"], "asked_by": asked}
    assert world.officer.post(f"{world.point}/code-requests", body).status == 201
    assert world.revoke(certificate, nif=person["nif"], identity=asked, reason="superseded").status == 200
    caller = {"channel": "phone", "birth_date": "1985-02-28", "mobile": person["mobile"]}
    doubted = {"nif": person["nif"], "identity": caller}
    assert world.officer.post(f"{world.point}/power-suspensions", doubted).status == 200
    confirmed = {"nif": person["nif"], "deed": DEED, "holder_document": person["document"]}
    assert world.officer.post(f"{world.point}/power-confirmations", confirmed).status == 200
    ended = {"nif": person["nif"], "deed": DEED, "revoked_by": "Escritura 9/2026"}
    assert world.officer.post(f"{world.point}/power-revocations", ended).status == 200


def reports(world: World) -> None:
    """One carried out at once, one by two people, and both a mistake."""
    somebody = register(world, 62)
    world.certificate_of(**another_person(62))
    world.code_for(**another_person(62))
    made = []
    for key, body in (("death", DEATH), ("incapacity", INCAPACITY)):
        answer = world.officer.post(
            f"{world.point}/reports", body | {"nif": somebody.nif}, key=f"report-{key}"
        )
        assert answer.status == 201, answer.body
        made.append(answer.json["id"])
    with running_as("operator"):
        certificate = appoint(world.cloud, "officer-62", POINT)
    second = log_in(world.app, certificate)
    path = f"{world.point}/reports/{{}}/decisions"
    assert second.post(path.format(made[1]), {"decision": "confirm"}).json["state"] == "done"
    for number, wrong in enumerate(made):
        mistake = {"nif": somebody.nif, "kind": "mistake", "document": EXTRACT, "mistaken": wrong}
        mistake |= {"happened_on": "2026-11-20"}
        answer = world.officer.post(f"{world.point}/reports", mistake, key=f"mistake-{number}")
        assert answer.status == 201, answer.body
        assert second.post(path.format(answer.json["id"]), {"decision": "confirm"}).status == 200
    stays = another_person(63)
    world.certificate_of(**stays)
    answer = world.officer.post(f"{world.point}/reports", DEATH | {"nif": stays["nif"]}, key="report-63")
    assert answer.json["state"] == "done"


def changes(world: World) -> None:
    """A name that changed: one new certificate fetched, one not; both old ones suspended. And somebody soon
    of age."""
    for number, fetched in ((64, True), (65, False)):
        person = another_person(number)
        old = world.certificate_of(**person)
        world.code_for(**person)
        code = world.code_for(**person, **MARRIED)
        # One that is on hold on the day on which its end is due.
        there = {"channel": "in-person", "document": person["document"]}
        assert world.at_the_desk("suspensions", old, nif=person["nif"], identity=there).status == 200
        assert not fetched or world.download(code).status == 200
    birth = (world.clock.at + timedelta(days=8)).date()
    minor = {"birth_date": birth.replace(year=birth.year - 18).isoformat(), "guardian": FATHER}
    world.certificate_of(**another_person(66), **minor)
