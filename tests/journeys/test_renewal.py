"""The story of a renewal: once on line with a new key, then in person; the old one lives to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.audit.events import every_event
from chalicelib.errors import Unavailable
from chalicelib.login.tables import SessionRow
from chalicelib.notices.jobs import send_outbox
from chalicelib.pki import issuance
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.staff import withdraw_identification
from tests.journeys.test_account import register_online
from tests.support.citizens import Person, register
from tests.support.client import Answer, Client
from tests.support.world import (
    POINT,
    START,
    World,
    another_person,
    appoint,
    issuer_id,
    log_in,
    new_csr,
    person,
)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def name_of(certificate: x509.Certificate) -> dict[str, str]:
    return {"issuer": issuer_id(certificate), "serial": f"{certificate.serial_number:x}"}


def row_of(certificate: x509.Certificate) -> CertificateRow:
    row = CertificateRow.find(CertificateRow.key(issuer_id(certificate), certificate.serial_number))
    assert row is not None
    return row


def logged_in(world: World, certificate: x509.Certificate) -> Client:
    """With this certificate, now."""
    client = Client(world.app, certificate=pem(certificate))
    answer = client.post("/v1/sessions/certificate")
    assert answer.status == 201, answer.body
    return Client(world.app, token=answer.json["token"])


def holder_of_one(world: World, **changes: Any) -> x509.Certificate:
    """Somebody with a certificate obtained in person, registered with it."""
    certificate = world.certificate_of(**changes)
    answer = register_online(world, certificate, **{k: v for k, v in changes.items() if k == "mobile"})
    assert answer.status == 201, answer.body
    return certificate


def near_its_end(world: World, certificate: x509.Certificate, days: int = 60) -> None:
    world.clock.at = certificate.not_valid_after_utc - timedelta(days=days)


def officer_anew(world: World) -> None:
    """Years have passed: another officer is at work."""
    world.officer = log_in(world.app, appoint(world.cloud, f"officer-{world.clock.at:%Y-%m-%d}", POINT))


def renew(client: Client, certificate: x509.Certificate, csr: str | None = None) -> Answer:
    return client.post("/v1/me/certificates", {"csr": csr or new_csr(), "renews": name_of(certificate)})


def renewed(client: Client, certificate: x509.Certificate, csr: str | None = None) -> x509.Certificate:
    answer = renew(client, certificate, csr)
    assert answer.status == 200, answer.body
    return x509.load_pem_x509_certificates(answer.body)[0]


def interrupt_renewal(world: World, certificate: x509.Certificate, csr: str | None = None) -> None:
    """Killed between the reservation and the signature, so long ago that nobody is at it any more."""
    with patch.object(issuance, "_sign_and_store", side_effect=Unavailable):
        assert renew(logged_in(world, certificate), certificate, csr).status == 503
    assert row_of(certificate).renewed_by is not None
    world.clock.turn(seconds=61)


def test_A29_the_first_renewal_is_on_line_with_the_same_data_and_a_new_key(authority: World) -> None:
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client = logged_in(authority, old)
    (offer,) = client.get("/v1/me/renewal-offers").json["offers"]
    assert offer["online"]
    assert (offer["serial"], offer["accept"]) == (name_of(old)["serial"], "/v1/me/certificates")
    new = renewed(client, old)
    assert new.subject == old.subject
    assert new.public_key() != old.public_key()
    assert new.not_valid_before_utc == authority.clock.at
    assert new.not_valid_after_utc > old.not_valid_after_utc + timedelta(days=1000)
    assert row_of(old).revoked_at is None, "the old one stays valid until it expires"
    assert row_of(old).renewed_by == row_of(new).id
    assert logged_in(authority, old).get("/v1/me/certificates").status == 200
    shown = client.get("/v1/me/certificates").json["certificates"]
    assert [(each["state"], each["renewal"]) for each in shown] == [
        ("issued", "early"),
        ("issued", "renewed"),
    ]
    assert client.get("/v1/me/renewal-offers").json["offers"] == []
    authority.clock.turn(seconds=61)
    send_outbox(authority.cloud)
    assert row_of(new).serial_text in authority.phone.emails()[-1].body


def test_A28_the_window_is_seventy_days_to_the_second(authority: World) -> None:
    old = holder_of_one(authority)
    opens = old.not_valid_after_utc - timedelta(days=70)
    for at, slug in (
        (opens - timedelta(seconds=1), "not-yet-renewable"),
        (opens, ""),
    ):
        authority.clock.at = at
        answer = renew(logged_in(authority, old), old)
        assert answer.status == 200 if not slug else answer.slug == slug


def test_A30_what_has_expired_is_not_renewed(authority: World) -> None:
    """Nor does it open a session; with another one it is not renewed either."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    officer_anew(authority)
    other = authority.certificate_of()
    authority.clock.at = old.not_valid_after_utc + timedelta(seconds=1)
    refused = Client(authority.app, certificate=pem(old)).post("/v1/sessions/certificate")
    assert refused.slug == "client-certificate-refused"
    assert renew(logged_in(authority, other), old).slug == "expired-not-renewable"


def test_A30_what_was_renewed_on_line_is_renewed_in_person_the_next_time(authority: World) -> None:
    """X19: the second one was issued on the strength of a certificate, and so proves nothing anew."""
    first = holder_of_one(authority)
    near_its_end(authority, first)
    second = renewed(logged_in(authority, first), first)
    officer_anew(authority)
    third = authority.certificate_of()  # at the office
    near_its_end(authority, second)
    client = logged_in(authority, second)
    told = client.get("/v1/me/renewal-offers", headers={"Accept-Language": "en"}).json["offers"]
    (offer,) = [each for each in told if each["serial"] == name_of(second)["serial"]]
    assert not offer["online"]
    assert offer["offices"] == "/v1/registration-points"
    assert "another one" in offer["missing"][0]
    assert "office" in offer["to_do"][0]
    assert renew(client, second).slug == "assurance-too-low"
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).slug == "assurance-too-low", "nor a new one"
    near_its_end(authority, third)
    assert renew(logged_in(authority, third), third).status == 200, "and then on line again"


def test_a_renewed_certificate_renews_no_other_while_the_old_one_lives(authority: World) -> None:
    """Two certificates: with the one that was obtained in person another may be had; with the other not."""
    first = holder_of_one(authority)
    near_its_end(authority, first)
    second = renewed(logged_in(authority, first), first)
    assert renew(logged_in(authority, first), first).slug == "already-renewed"
    assert renew(logged_in(authority, second), second).slug == "assurance-too-low"


def test_the_same_key_gets_the_same_certificate_and_no_other_key_a_second(authority: World) -> None:
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client, csr = logged_in(authority, old), new_csr()
    first = renew(client, old, csr)
    assert (first.status, renew(client, old, csr).body) == (200, first.body)
    assert renew(client, old).slug == "already-renewed"
    assert client.post("/v1/me/certificates", {"csr": csr}).slug == "key-reused"
    authority.clock.turn(minutes=20)
    assert renew(client, old, csr).body == first.body, "an answer that was lost needs no fresh log-in"


def test_a_key_is_never_certified_twice(authority: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = authority.download(authority.code_for(), new_csr(key))
    old = x509.load_pem_x509_certificates(answer.body)[0]
    assert register_online(authority, old).status == 201
    near_its_end(authority, old)
    assert renew(logged_in(authority, old), old, new_csr(key)).slug == "key-reused"
    officer_anew(authority)
    other = another_person(7)
    theirs = ec.generate_private_key(ec.SECP256R1())
    authority.download(authority.code_for(**other), new_csr(theirs))
    assert renew(logged_in(authority, old), old, new_csr(theirs)).slug == "key-in-use"
    assert row_of(old).renewed_by is None


def test_R27_nobody_renews_the_certificate_of_another(authority: World) -> None:
    mine = holder_of_one(authority)
    theirs = holder_of_one(authority, **another_person(3))
    near_its_end(authority, mine)
    client = logged_in(authority, mine)
    assert renew(client, theirs).slug == "not-found"
    unknown = {"issuer": "0" * 16, "serial": "1"}
    assert client.post("/v1/me/certificates", {"csr": new_csr(), "renews": unknown}).slug == "not-found"


def test_the_authority_judges_the_session_by_itself(authority: World) -> None:
    """Ended, of an officer, too old, by another way, or none: whatever the caller says."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client = logged_in(authority, old)
    assert renew(Client(authority.app), old).status == 401
    assert renew(Client(authority.app, token="x" * 43), old).status == 401
    late = logged_in(authority, old)
    authority.clock.turn(minutes=16)
    assert renew(late, old).slug == "fresh-log-in-required"
    assert renew(client, old).slug == "fresh-log-in-required"
    client = logged_in(authority, old)
    client.send("DELETE", "/v1/me/sessions/current")
    assert renew(client, old).slug == "session-required"
    client = logged_in(authority, old)
    assert authority.revoke(old, reason="superseded").status in {200, 401}
    assert row_of(old).renewed_by is None


def test_a_pin_or_a_password_gets_no_certificate(authority: World) -> None:
    """A08: an electronic identity card or an active certificate."""
    maria = register(authority)
    ways: tuple[Callable[[], Client], ...] = (maria.log_in_with_pin, lambda: _by_password(maria))
    for enter in ways:
        answer = enter().post("/v1/me/certificates", {"csr": new_csr()})
        assert (answer.status, answer.slug) == (403, "assurance-too-low")


def _by_password(maria: Person) -> Client:
    assert maria.activate().status == 204
    session: Client = maria.logged_in(maria.try_password())
    request = session.post("/v1/me/step-ups").json["request"]
    surer: Client = maria.logged_in(
        session.post("/v1/sessions/step-up", {"request": request, "otp": maria.code()})
    )
    return surer


def test_C28_a_certificate_obtained_by_a_proxy_gets_no_other(authority: World) -> None:
    power = {
        "notary": "Joan Ferrer",
        "protocol_number": "1234/2026",
        "granted_on": "2026-10-01",
        "names_certificate": True,
    }
    document = another_person(8)["document"]
    proxy = {
        "kind": "proxy",
        "given_name": "Vicent",
        "surname1": "Soler",
        "document": document,
        "power": power,
    }
    certificate = authority.certificate_of(presence=proxy)
    maria = register(authority)
    client = logged_in(authority, certificate)
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).slug == "assurance-too-low"
    assert maria.nif


def test_an_identification_that_was_withdrawn_carries_nothing_more(authority: World) -> None:
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client = logged_in(authority, old)
    withdraw_identification(authority.cloud, row_of(old).evidence.partition(":")[2], "operator:test")
    assert renew(client, old).slug == "evidence-refused"


def test_a_renewal_that_was_interrupted_is_not_finished_on_an_identification_withdrawn_since(
    authority: World,
) -> None:
    """Nor on a certificate of somebody else, whatever the session says."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    csr = new_csr()
    new = row_of(renewed(logged_in(authority, old), old, csr))
    new.update([CertificateRow.state.set("signing"), CertificateRow.der.remove()])
    withdraw_identification(authority.cloud, row_of(old).evidence.partition(":")[2], "operator:test")
    assert renew(logged_in(authority, old), old, csr).slug == "evidence-refused"


def test_what_a_session_says_of_its_certificate_is_checked(authority: World) -> None:
    """Whoever can write sessions needs the person's own certificate at least."""
    theirs = authority.certificate_of(**another_person(3))
    maria = register(authority)
    client = maria.log_in_with_pin()
    for row in SessionRow.scan():
        if row.subject == holder_of(maria.nif):
            row.update([SessionRow.way.set("certificate"), SessionRow.certificate_id.set(row_of(theirs).id)])
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).slug == "assurance-too-low"


def test_a_changed_name_is_not_renewed(authority: World) -> None:
    """The data are the same or it is no renewal: with another name, a new certificate."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    officer_anew(authority)
    document = {"kind": "dni", "number": "12345678Z", "expires_on": "2035-05-01"}
    changes = {"name_document": "Resolución RC 5/2026"}
    body = person(surname1="Garcia", document=document, changes=changes)
    answer = authority.officer.post(
        f"{authority.point}/registrations",
        {"identification": body, "contrast": {"valid_until": "2035-05-01"}},
        key="another-name",
    )
    assert answer.status == 201, answer.body
    client = logged_in(authority, old)
    assert renew(client, old).slug == "data-changed"
    (offer,) = client.get("/v1/me/renewal-offers", headers={"Accept-Language": "en"}).json["offers"]
    assert not offer["online"]
    assert "different names" in offer["missing"][0]
    assert "office" in offer["to_do"][0]


def test_every_step_is_in_the_trail_with_its_evidence(authority: World) -> None:
    old = holder_of_one(authority)
    near_its_end(authority, old)
    new = row_of(renewed(logged_in(authority, old), old))
    events = {event.act: event for event in every_event() if event.object == f"certificate:{new.id}"}
    assert events["certificate.authorised"].evidence == new.evidence_digest
    assert events["certificate.authorised"].actor == new.holder
    assert events["certificate.authorised"].details["evidence"].startswith("online:")
    assert (new.proof, new.proven_at) == ("certificate", START)
