"""R25: nobody acts in the own cause, neither as the holder nor as who stands beside or in for one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chalicelib.certificates.evidence import EvidenceRefused
from chalicelib.registry.appointment import Appointment
from chalicelib.registry.evidence import ProxyPresence
from chalicelib.registry.own_case import is_own
from chalicelib.registry.tables import OfficerRow
from tests.incidents.test_R25_registration_authority import forged, order, session_of
from tests.journeys.test_special_positions import (
    DEATH,
    DEED,
    FATHER,
    POWER,
    PROXY,
    RESOLUTION,
    TEEN,
    ask_code,
    colleague,
    decide,
    report,
)
from tests.support.citizens import CONTRAST, register
from tests.support.client import Answer
from tests.support.world import World, person

FREE = {"kind": "dni", "number": "00000000T", "expires_on": "2031-05-01"}


def own_document(officer_id: str = "officer-1") -> dict[str, Any]:
    row = OfficerRow.get(officer_id)
    nif = msgspec.json.decode(row.evidence, type=Appointment).nif
    return {"kind": "dni", "number": nif, "expires_on": "2031-05-01"}


def myself(officer_id: str = "officer-1") -> dict[str, Any]:
    document = own_document(officer_id)
    return {"nif": document["number"], "document": document, "birth_date": "1980-01-01"}


def refused(answer: Answer) -> bool:
    return (answer.status, answer.slug) == (403, "own-case")


def test_R25_an_officer_does_nothing_for_the_own_self_that_a_colleague_does(authority: World) -> None:
    """Every act at a desk of which somebody must be the holder; and nothing is left of the attempt."""
    document, officer, point = own_document(), authority.officer, authority.point
    me = myself()
    assert refused(authority.identify(**me))
    wanted = {"identification": person(**me), "contrast": CONTRAST}
    assert refused(officer.post(f"{point}/registrations", wanted, key="own-registration"))
    assert refused(report(authority, DEATH | {"nif": me["nif"]}))
    # Well identified, by a colleague; even the code on the slip is not the officer's to print again.
    second = colleague(authority)
    paper = {"delivery": "paper", "mobile": None}
    made = second.post(f"{point}/identifications", person(**me, **paper), key="by-a-colleague")
    assert made.status == 201
    identification = made.json["id"]
    assert refused(officer.post(f"{point}/identifications/{identification}/generation-codes"))
    shown = {"nif": me["nif"], "document": document}
    assert refused(officer.post(f"{point}/generation-code-rescues", shown))
    with pytest.raises(EvidenceRefused):
        order(authority, identification, session_of(officer.token))
    mine = authority.certificate_of(key="a-stranger")
    asked = {"nif": me["nif"], "identity": {"channel": "in-person", "document": document}}
    for act in ("suspensions", "reinstatements"):
        assert refused(authority.at_the_desk(act, mine, **asked))
    assert refused(authority.revoke(mine, **asked))
    for path, more in (
        ("contact-changes", {"what": "email", "value": "new@example.org"}),
        ("contact-changes/confirmations", {"what": "email", "code": "AAAA"}),
    ):
        assert refused(officer.post(f"{point}/{path}", {"person": shown, **more}))
    for path in ("renunciations", "authenticator-removals"):
        assert refused(officer.post(f"{point}/{path}", shown))
    # As the holder who gives or ends a power.
    entry = {"given_name": "Luis", "surname1": "Gil", "document": PROXY["document"], "power": POWER}
    assert refused(officer.post(f"{point}/powers", entry | {"nif": me["nif"]}))
    ended = {"nif": me["nif"], "deed": DEED, "holder_document": document}
    assert refused(officer.post(f"{point}/power-revocations", ended))


def test_R25_an_officer_stands_in_for_nobody_at_the_own_desk(authority: World) -> None:
    """As proxy or as guardian: a citizen who never came would have a certificate in the officer's hands."""
    document, officer, point = own_document(), authority.officer, authority.point
    mine = {"mobile": "+34699999999", "email": "amparo@example.org"}
    assert refused(authority.identify(presence=PROXY | {"document": document}, **mine))
    father = FATHER | {"document": document}
    teen = TEEN | {"guardian": father}
    assert refused(authority.identify(**teen))
    wanted = {"identification": person(**teen), "contrast": CONTRAST}
    assert refused(officer.post(f"{point}/registrations", wanted, key="own-childs"))
    # A colleague may; and then the officer neither collects nor revokes.
    second = colleague(authority)
    made = second.post(f"{point}/identifications", person(**teen), key="the-child")
    assert made.status == 201
    by_father = {"channel": "guardian", "document": document}
    assert refused(ask_code(authority, made.json["id"], by_father))
    certificate = authority.download(authority.phone.generation_code())
    assert certificate.status == 200
    child = register(authority, 31, birth_date="2016-01-01", guardian=FATHER)
    present = {"nif": child.nif, "document": child.data["document"], "guardian": father}
    assert refused(officer.post(f"{point}/renunciations", present))
    held = authority.certificate_of(key="grown-up", nif="00000000T", document=FREE)
    on_the_phone = {
        "channel": "guardian-by-phone",
        "document_number": document["number"].lower(),
        "birth_date": TEEN["birth_date"],
        "mobile": "+34612345678",
    }
    by_proxy = {"channel": "proxy", "deed": DEED | {"document": document}}
    for identity in (by_father, on_the_phone, by_proxy):
        asked = authority.revoke(held, nif="00000000T", identity=identity, reason="cessationOfOperation")
        assert refused(asked)
    entry = {"nif": "00000000T", "given_name": "A", "surname1": "F", "document": document, "power": POWER}
    assert refused(officer.post(f"{point}/powers", entry))


def test_R25_nobody_decides_on_a_report_of_the_own_self(authority: World) -> None:
    """Reported dead, an officer does not lift the own bar."""
    second, me = colleague(authority), myself("officer-2")
    assert authority.identify(key="the-colleague", **me).status == 201
    dead = report(authority, DEATH | {"nif": me["nif"]})
    assert dead.status == 201
    mistake = {
        "nif": me["nif"],
        "kind": "mistake",
        "document": RESOLUTION,
        "happened_on": "2026-11-20",
        "mistaken": dead.json["id"],
    }
    lifted = report(authority, mistake, key="a-mistake")
    assert lifted.status == 201
    for decision in ("confirm", "reject"):
        assert refused(decide(second, authority, lifted.json["id"], decision))


def test_R25_the_authority_asks_again_whose_case_it_is(authority: World) -> None:
    """What faces the internet can write evidence as it likes: of an officer about that very officer it
    justifies nothing, whoever is at work."""
    made = forged(authority, presence=msgspec.convert(PROXY | {"document": own_document()}, ProxyPresence))
    for token in (authority.officer.token, colleague(authority).token):
        with pytest.raises(EvidenceRefused):
            order(authority, made.id, session_of(token))


def test_R25_numbers_are_the_same_however_they_are_written(authority: World) -> None:
    row, number = OfficerRow.get("officer-1"), own_document()["number"]
    assert is_own(row, [f"{number[:2]}.{number[2:5]}.{number[5:8]}-{number[8:].lower()}"])
    assert not is_own(row, ["00000000T"])
