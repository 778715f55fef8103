"""The story of a personal area: who somebody is there, what is seen, and what can be had on line (A08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.certificates.personal.ics import Entry, calendar
from chalicelib.certificates.tables import ApplicationRow, CalendarRow
from chalicelib.pki.tables import CertificateRow
from tests.journeys.test_renewal import holder_of_one, logged_in, name_of, near_its_end, renew
from tests.support.citizens import register
from tests.support.client import Client
from tests.support.issuers import LOCAL, Authority, Served, served
from tests.support.world import START, World, another_person, new_csr

NIF = "12345678Z"


def e_id_client(world: World, issuer: Authority, status: Served, nif: str) -> Client:
    """Logged in with an electronic identity card."""
    card = issuer.person(nif=f"IDCES-{nif}")
    status.answers.update({"/root.crl": issuer.crl(root=True), "/ocsp": issuer.answer(card)})
    client = Client(world.app, certificate=card.public_bytes(Encoding.PEM).decode())
    answer = client.post("/v1/sessions/certificate")
    assert answer.status == 201, answer.body
    return Client(world.app, token=answer.json["token"])


def trust(world: World, issuer: Authority, folder: Path, **entry: str) -> None:
    file = folder / "trust.toml"
    file.write_text(issuer.trust(**entry))
    world.cloud.settings = replace(world.cloud.settings, trust_list=str(file))
    world.cloud.fetcher = LOCAL
    world.cloud.memory.pop("trust list", None)


@pytest.fixture
def status() -> Iterator[Served]:
    with served() as state:
        yield state


def test_A08_an_e_id_gets_a_certificate_at_home(authority: World, status: Served, tmp_path: Path) -> None:
    """And since the card proved the identity (art. 24(1a)(a)), that certificate is renewed on line too."""
    issuer = Authority(START, status.url)
    trust(authority, issuer, tmp_path, kind="e-id", name="DNIe")
    register(authority)
    client, csr = e_id_client(authority, issuer, status, NIF), new_csr()
    answer = client.post("/v1/me/certificates", {"csr": csr})
    assert answer.status == 200, answer.body
    certificate = x509.load_pem_x509_certificates(answer.body)[0]
    assert client.post("/v1/me/certificates", {"csr": csr}).body == answer.body
    (shown,) = client.get("/v1/me/certificates").json["certificates"]
    assert (shown["state"], shown["renewal"]) == ("issued", "early")
    near_its_end(authority, certificate)
    assert renew(logged_in(authority, certificate), certificate).status == 200


def test_an_issuer_that_is_not_trusted_with_proofs_gives_none(
    authority: World, status: Served, tmp_path: Path
) -> None:
    """X19: by the trust list, which says of each issuer whether its certificates prove an identity."""
    issuer = Authority(START, status.url)
    trust(authority, issuer, tmp_path, kind="e-id", name="DNIe", proves_identity="no")
    register(authority)
    client = e_id_client(authority, issuer, status, NIF)
    answer = client.post("/v1/me/certificates", {"csr": new_csr()})
    assert (answer.status, answer.slug) == (403, "assurance-too-low")


def test_A08_the_certificate_of_another_issuer_is_not_enough(
    authority: World, status: Served, tmp_path: Path
) -> None:
    """It opens sessions; but A08 takes an e-ID, or an active certificate of ours."""
    issuer = Authority(START, status.url)
    trust(authority, issuer, tmp_path)
    register(authority)
    client = e_id_client(authority, issuer, status, NIF)
    assert client.get("/v1/me").status == 200
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).slug == "assurance-too-low"


def test_A08_an_active_certificate_gets_another_one(authority: World) -> None:
    """One person may hold several (A06)."""
    certificate = holder_of_one(authority)
    client = logged_in(authority, certificate)
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).status == 200
    assert len(client.get("/v1/me/certificates").json["certificates"]) == 2
    rows = {row.proof for row in CertificateRow.scan() if row.holder.startswith("person:")}
    assert rows == {"in-person", "certificate"}


def test_what_is_told_is_what_is_enforced(authority: World) -> None:
    """F02: the table of rights decides both."""
    maria = register(authority)
    told = {each["service"]: each for each in maria.log_in_with_pin().get("/v1/me/can").json["services"]}
    assert not told["certificate-online"]["may"]
    client = logged_in(authority, authority.certificate_of())
    told = {each["service"]: each for each in client.get("/v1/me/can").json["services"]}
    assert told["certificate-online"]["may"]
    assert told["certificate-online"]["until"]


def test_a_certificate_of_the_personal_area_is_revoked_like_any_other(authority: World) -> None:
    """The officer's check by telephone knows what the application recorded."""
    certificate = holder_of_one(authority)
    answer = logged_in(authority, certificate).post("/v1/me/certificates", {"csr": new_csr()})
    other = x509.load_pem_x509_certificates(answer.body)[0]
    identity = {"channel": "phone", "birth_date": "1985-02-28", "mobile": "612345678"}
    revoked = authority.revoke(other, reason="superseded", identity=identity)
    assert revoked.status == 200, revoked.body
    assert authority.revoke(certificate, reason="superseded").status == 200
    row = CertificateRow.find(f"{name_of(other)['issuer']}#{name_of(other)['serial']}")
    assert row is not None
    assert ApplicationRow.find(row.evidence.partition(":")[2]) is not None


def test_F03_deadlines_are_listed_and_in_a_calendar_behind_a_secret_address(authority: World) -> None:
    """Rotated and closed by its owner; it names nobody."""
    client = logged_in(authority, holder_of_one(authority))
    listed = client.get("/v1/me/deadlines").json["deadlines"]
    assert [each["what"] for each in listed] == ["renewal-opens", "certificate", "activation-code"]
    first = client.post("/v1/me/calendar").json["address"].removeprefix(authority.cloud.settings.api_url)
    answer = authority.citizen.get(first)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar")
    text = answer.body.decode()
    assert text.count("BEGIN:VEVENT") == 3
    assert "DTSTART;VALUE=DATE:20291122\r\nDTEND;VALUE=DATE:20291123\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    for personal in ("12345678", "Mar", "@example.org", listed[0]["serial"], "person:"):
        assert personal not in text
        assert personal not in first
    assert authority.citizen.get(first).body == answer.body
    second = client.post("/v1/me/calendar").json["address"].removeprefix(authority.cloud.settings.api_url)
    assert authority.citizen.get(first).slug == "not-found", "rotated"
    assert authority.citizen.get(second).status == 200
    assert client.send("DELETE", "/v1/me/calendar").status == 204
    assert authority.citizen.get(second).slug == "not-found"
    assert authority.citizen.get("/v1/calendars/" + "x" * 43).body == authority.citizen.get(second).body
    assert not any(first.rpartition("/")[2] in str(row.id) for row in CalendarRow.scan())


def test_a_folded_line_cuts_no_character() -> None:
    """RFC 5545 section 3.1: 75 octets, and a continuation that begins with a space."""
    title = "Caducidad, año tras año; " * 9 + "ñ" * 200
    octets = calendar("Clavero", "api.clavero.es", [Entry(date(2026, 11, 22), title, "key")], START)
    lines = octets.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    unfolded = octets.decode().replace("\r\n ", "")
    assert "SUMMARY:" + title.replace(",", "\\,").replace(";", "\\;") in unfolded


def test_what_happened_is_told_without_naming_an_officer(authority: World) -> None:
    certificate = holder_of_one(authority)
    client = logged_in(authority, certificate)
    authority.revoke(certificate, reason="superseded")
    client = register(authority).log_in_with_pin()
    told = client.get("/v1/me/events").json["events"]
    acts = {(each["act"], each["by"]) for each in told}
    assert ("certificate.revoked", "office") in acts
    assert ("certificate.authorised", "you") in acts
    assert ("session.opened", "you") in acts
    assert "officer-1" not in str(told)
    assert "12345678" not in str(told)


def test_generation_codes_are_told_by_what_became_of_them(authority: World) -> None:
    certificate = holder_of_one(authority)
    client = logged_in(authority, certificate)
    authority.code_for()
    shown = client.get("/v1/me/generation-codes").json["codes"]
    assert sorted(each["state"] for each in shown) == ["active", "used"]


def test_A31_the_holder_revokes_with_a_fresh_log_in(authority: World) -> None:
    certificate = holder_of_one(authority)
    stale = logged_in(authority, certificate)
    authority.clock.turn(minutes=16)
    body = name_of(certificate) | {"reason": "keyCompromise"}
    assert stale.post("/v1/me/revocations", body).slug == "fresh-log-in-required"
    client = logged_in(authority, certificate)
    for reason in ("certificateHold", "removeFromCRL", "caCompromise"):
        assert client.post("/v1/me/revocations", body | {"reason": reason}).slug == "reason-not-allowed"
    first = client.post("/v1/me/revocations", body)
    assert (first.status, first.json["first"]) == (200, True)
    assert client.post("/v1/me/revocations", body).status == 401, "its own session ended with it"
    assert (
        Client(authority.app, certificate=client.certificate).post("/v1/sessions/certificate").status == 401
    )


def test_R27_nobody_revokes_or_sees_what_is_anothers(authority: World) -> None:
    mine = holder_of_one(authority)
    theirs = holder_of_one(authority, **another_person(9))
    client = logged_in(authority, mine)
    body = name_of(theirs) | {"reason": "superseded"}
    assert client.post("/v1/me/revocations", body).slug == "not-found"
    shown = client.get("/v1/me/certificates").json["certificates"]
    assert [each["serial"] for each in shown] == [name_of(mine)["serial"]]
    assert name_of(theirs)["serial"] not in str(client.get("/v1/me/events").json)
    for path in ("certificates", "renewal-offers", "generation-codes", "events", "deadlines"):
        assert authority.citizen.get(f"/v1/me/{path}").status == 401, path
        assert authority.officer.get(f"/v1/me/{path}").status == 401, path
