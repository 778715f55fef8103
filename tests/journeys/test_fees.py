"""The fee of a certificate, where it is granted: at the office, on line, and in a renewal (A10, A11, X02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.audit.events import every_event
from chalicelib.payments.intents import decision_of
from chalicelib.payments.tables import PaymentRow
from chalicelib.payments.tariff import replay
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.staff import withdraw_identification
from tests.journeys.test_renewal import holder_of_one, logged_in, near_its_end, officer_anew, renew
from tests.journeys.test_special_positions import DEED, POWER, PROXY_DOCUMENT
from tests.support.citizens import register
from tests.support.payments import form_of, notify, order_in, paid, with_contract
from tests.support.world import World, appoint, issuer_id, new_csr

IN_PERSON, ONLINE = "certificate-in-person", "certificate-online"


@pytest.fixture
def office(authority: World) -> World:
    """Where the fee is enforced."""
    return with_contract(authority, fee_if_enforced="yes")


def decided(product: str) -> list[str]:
    """By which rules the fees of a product were settled, the oldest first."""
    rows = sorted(PaymentRow.scan(), key=lambda row: row.created_at)
    assert all(replay(decision_of(row)) == decision_of(row) for row in rows)
    return [decision_of(row).rule for row in rows if row.product == product]


def granted() -> int:
    return sum(event.act == "generation-code.granted" for event in every_event())


def test_A11_at_the_office_the_code_waits_for_the_fee_once_the_free_ones_are_used(office: World) -> None:
    person = register(office)
    for _ in range(2):
        office.certificate_of()
        office.clock.turn(minutes=1)
    assert decided(IN_PERSON) == ["no-valid-certificate", "free-allowance"]
    before = granted()
    waits = office.identify(key="the-third-one")
    assert (waits.status, waits.slug) == (402, "payment-required")
    identification = waits.json["detail"].partition(":")[2].split()[0]
    assert granted() == before
    assert office.identify(key="the-third-one").slug == "payment-required"
    again = f"{office.point}/identifications/{identification}/generation-codes"
    assert office.officer.post(again).slug == "payment-required"
    # Nor do they come for the asking of somebody else, who is told the same.
    entry = {"nif": person.nif, "given_name": "Luis", "surname1": "Gil", "document": PROXY_DOCUMENT}
    assert office.officer.post(f"{office.point}/powers", entry | {"power": POWER}).status == 201
    asked = {"identification": identification, "asked_by": {"channel": "proxy", "deed": DEED}}
    assert office.officer.post(f"{office.point}/code-requests", asked).slug == "payment-required"
    # The online store: the price with its reason, the money, and then the code, without another visit.
    client = person.log_in_with_pin()
    price = client.get(f"/v1/me/prices/{IN_PERSON}").json
    assert (price["cents"], price["rule"]) == (1000, "listed-price")
    payment = paid(office, client, IN_PERSON)
    assert office.officer.post(again).status == 201
    code = office.phone.generation_code()
    shown = client.get(f"/v1/me/payments/{payment}").json
    assert (shown["state"], shown["spent_by"]) == ("spent", f"identification:{identification}")
    assert shown["price"]["why"].startswith("Cuesta 10,00 euros: ya tiene un certificado")
    # Another code for the same identification costs nothing more; another identification does.
    assert office.officer.post(again).status == 201
    assert office.download(code).slug == "code-not-accepted"
    assert office.download(office.phone.generation_code()).status == 200
    assert office.identify().slug == "payment-required"
    assert decided(IN_PERSON) == ["no-valid-certificate", "free-allowance", "listed-price"]


def test_A11_codes_that_nobody_used_count_until_they_cannot_be_used(office: World) -> None:
    """Else whoever collects codes before the first download has all of them for nothing."""
    told = []
    for number in range(4):
        told.append(office.identify(key=f"collected-{number}"))
        office.clock.turn(seconds=1)
    assert [answer.status for answer in told] == [201, 201, 402, 402]
    assert decided(IN_PERSON) == ["no-valid-certificate", "free-allowance"]
    code = office.phone.generation_code()
    client = register(office).log_in_with_pin()
    price = client.get(f"/v1/me/prices/{IN_PERSON}").json
    assert price["cents"] == 1000
    assert "con un código que aún no ha usado" in price["why"]
    assert client.get(f"/v1/me/prices/{ONLINE}").json["rule"] == "no-valid-certificate", "another product"
    # The second is used: it counts as issued, and once.
    assert office.download(code).status == 200
    assert office.identify(key="collected-3").slug == "payment-required"
    # The first identification is withdrawn: its code opens nothing, and the place is free again.
    withdraw_identification(office.cloud, told[0].json["id"], "operator:test")
    assert office.identify(key="collected-3").status == 201
    # And so it is when the last one lapses unused; what was issued counts for a year.
    assert office.identify(key="collected-4").slug == "payment-required"
    office.clock.turn(days=16)
    officer_anew(office)
    assert office.identify(key="collected-5").status == 201
    assert office.identify(key="collected-6").slug == "payment-required"
    rules = ["no-valid-certificate", *["free-allowance"] * 3]
    assert decided(IN_PERSON) == rules


def test_X02_by_default_nobody_pays_and_every_grant_says_why(authority: World) -> None:
    world = with_contract(authority)
    for _ in range(4):
        world.certificate_of()
        world.clock.turn(seconds=1)
    assert decided(IN_PERSON) == ["no-valid-certificate", "free-allowance", "not-enforced", "not-enforced"]
    client = register(world).log_in_with_pin()
    rules = [one["price"]["rule"] for one in client.get("/v1/me/payments").json["payments"]]
    assert sorted(rules) == sorted(decided(IN_PERSON))


def test_an_officers_certificate_costs_nobody_anything(office: World) -> None:
    appoint(office.cloud, "officer-9", "valencia")
    assert list(PaymentRow.scan()) == []


def online(client: Any, csr: str) -> Any:
    return client.post("/v1/me/certificates", {"csr": csr})


def test_A10_on_line_the_fee_is_paid_before_and_a_renewal_has_none(office: World) -> None:
    certificate = holder_of_one(office)
    client = logged_in(office, certificate)
    csr = new_csr()
    assert online(client, csr).slug == "payment-required"
    begun = client.post("/v1/me/payments", {"product": ONLINE}, key="the-fee-of-one")
    assert begun.status == 201, begun.body
    assert online(client, csr).slug == "payment-required", "which is begun, and not paid"
    assert notify(office, order_in(client, form_of(client, begun.json["id"]))).status == 200
    for _ in range(2):
        assert online(client, csr).status == 200
    assert decided(ONLINE) == ["listed-price"]
    assert online(client, new_csr()).slug == "payment-required"
    near_its_end(office, certificate)
    renewing = logged_in(office, certificate)
    assert renew(renewing, certificate).status == 200
    assert decided(ONLINE) == ["listed-price", "renewal-window"]


def test_a_suspension_frees_nobody_of_the_fee_while_it_can_be_lifted(office: World) -> None:
    """Else it would be suspended, another one asked for, and the first reinstated."""
    person = register(office)
    certificate = holder_of_one(office)
    client = person.log_in_with_pin()
    row = CertificateRow.get(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    now = office.cloud.now()
    for until, cents in ((now + timedelta(days=1), 1000), (now - timedelta(seconds=1), 0)):
        row.update([CertificateRow.held_at.set(now), CertificateRow.held_until.set(until)])
        assert client.get(f"/v1/me/prices/{ONLINE}").json["cents"] == cents


def test_nobody_pays_again_while_a_payment_waits(office: World) -> None:
    client = logged_in(office, holder_of_one(office))
    payment = paid(office, client, ONLINE)
    again = client.post("/v1/me/payments", {"product": ONLINE}, key="by-mistake")
    assert again.slug == "nothing-to-pay"
    assert online(client, new_csr()).status == 200
    assert PaymentRow.get(payment).state == "spent"
    assert client.post("/v1/me/payments", {"product": ONLINE}, key="the-next-one").status == 201
