"""One name at a time: what an officer records of a person's name counts everywhere, from that moment on."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from chalicelib.audit.events import every_event
from chalicelib.certificates import data_change
from chalicelib.certificates.deadlines import _certificate
from chalicelib.certificates.renewal import INTERRUPTED_AFTER
from chalicelib.errors import Unavailable
from chalicelib.pki import issuance
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.names_in_force import addresses_in
from chalicelib.registry.tables import DutyRow
from tests.journeys.test_account import mails_to, register_online
from tests.journeys.test_renewal import (
    holder_of_one,
    interrupt_renewal,
    logged_in,
    near_its_end,
    renew,
    row_of,
)
from tests.journeys.test_special_positions import MARRIED, NIF, morning, told
from tests.support.citizens import CONTRAST, register
from tests.support.client import Answer, Client
from tests.support.world import World, new_csr, person


def registered_name() -> str:
    known = read_account(holder_of(NIF)).registration
    assert known is not None
    return f"{known.given_name} {known.surname1} {known.surname2}"


def certificate_in(answer: Answer) -> x509.Certificate:
    assert answer.status == 200, answer.body
    return x509.load_pem_x509_certificates(answer.body)[0]


def names(certificate: x509.Certificate) -> str:
    (surname,) = certificate.subject.get_attributes_for_oid(x509.NameOID.SURNAME)
    return str(surname.value)


def register_as(world: World, key: str = "new-name", **changes: Any) -> Answer:
    body = {"identification": person(**changes), "contrast": CONTRAST}
    return world.officer.post(f"{world.point}/registrations", body, key=key)


def test_a_name_that_an_officer_recorded_is_the_registered_one_and_no_other_is_certified(
    authority: World,
) -> None:
    """Identified under the new name: the account has it at once, and what is issued on line afterwards."""
    old = holder_of_one(authority)
    code = authority.code_for(**MARRIED)
    assert registered_name() == "María José García Peña"
    (event,) = [each for each in every_event() if each.act == "person.renamed"]
    assert (event.object, event.actor) == (holder_of(NIF), "officer:officer-1")
    assert event.evidence
    before = logged_in(authority, old)
    assert before.post("/v1/me/certificates", {"csr": new_csr()}).slug == "data-changed"
    (right,) = [
        each for each in before.get("/v1/me/can").json["services"] if each["service"] == "certificate-online"
    ]
    assert not right["may"]
    new = certificate_in(authority.download(code))
    assert row_of(old).reason == "affiliationChanged"
    another = certificate_in(logged_in(authority, new).post("/v1/me/certificates", {"csr": new_csr()}))
    assert names(another) == "García Peña"
    near_its_end(authority, new)
    client = logged_in(authority, new)
    assert [each["online"] for each in client.get("/v1/me/renewal-offers").json["offers"]] == [True, True]
    assert names(certificate_in(renew(client, new))) == "García Peña"


def test_a_registration_under_another_name_ends_the_certificates_of_the_old_one(authority: World) -> None:
    """C17 with the change that an identification asks for: declared, dated, told, and then done by itself."""
    old = holder_of_one(authority)
    assert register_as(authority, surname1="García").slug == "name-differs"
    assert register_as(authority, key="empty-req", changes={}).slug == "change-empty"
    assert "Núñez" in registered_name()
    assert register_as(authority, **MARRIED).status == 201
    assert register_as(authority, **MARRIED).status == 201, "the same request again"
    assert registered_name() == "María José García Peña"
    assert [row.to for row in told("data-changed")] == ["maria@example.org"]
    assert logged_in(authority, old).post("/v1/me/certificates", {"csr": new_csr()}).slug == "data-changed"
    # She comes for a certificate: that it is the new name is said again, and the download is soon enough.
    code = authority.code_for(key="and-code", **MARRIED)
    assert authority.download(code).status == 200
    assert row_of(old).reason == "affiliationChanged"
    morning(authority, date(2026, 11, 27))
    assert all(duty.done_at for duty in DutyRow.scan())
    assert [row.reason for row in CertificateRow.scan() if row.revoked_at] == ["affiliationChanged"]


def test_a_registration_alone_ends_them_after_some_days(authority: World) -> None:
    old = holder_of_one(authority)
    assert register_as(authority, **MARRIED).status == 201
    morning(authority, date(2026, 11, 26))
    assert row_of(old).revoked_at is None
    morning(authority, date(2026, 11, 27))
    assert row_of(old).reason == "affiliationChanged"


def test_the_same_change_said_twice_overtakes_nothing(authority: World) -> None:
    """An identification and then a registration: the code of the first ends the old name all the same."""
    old = holder_of_one(authority)
    code = authority.code_for(**MARRIED)
    authority.clock.turn(minutes=5)
    assert register_as(authority, **MARRIED).status == 201
    assert authority.download(code).status == 200
    assert row_of(old).reason == "affiliationChanged"


def test_another_name_than_the_registered_one_is_said_to_be_new_without_any_certificate(
    authority: World,
) -> None:
    """Or what is issued on line afterwards would bear the old one. Accents and capitals are no other name."""
    register(authority, surname1="NUNEZ")
    assert authority.identify(key="same-name").status == 201
    authority.clock.turn(minutes=5)
    assert authority.identify(key="other-one", surname1="García").slug == "name-differs"
    certificate = authority.certificate_of(key="changed-1", **MARRIED)
    assert registered_name() == "María José García Peña"
    client = logged_in(authority, certificate)
    assert names(certificate_in(client.post("/v1/me/certificates", {"csr": new_csr()}))) == "García Peña"


def test_the_newest_identification_counts_though_the_registration_says_another_name(
    authority: World,
) -> None:
    """A registration under the old name that came after it: neither certificate nor account is believed."""
    old = authority.certificate_of()
    authority.clock.turn(minutes=5)
    authority.code_for(**MARRIED)
    assert register_online(authority, old).status == 201
    client = logged_in(authority, old)
    assert "Núñez" in registered_name()
    assert client.post("/v1/me/certificates", {"csr": new_csr()}).slug == "data-changed"


def test_an_application_that_was_interrupted_is_not_finished_under_the_name_before(authority: World) -> None:
    old = holder_of_one(authority)
    csr = new_csr()
    client = logged_in(authority, old)
    new = row_of(certificate_in(client.post("/v1/me/certificates", {"csr": csr})))
    new.update([CertificateRow.state.set("signing"), CertificateRow.der.remove()])
    authority.code_for(**MARRIED)
    assert client.post("/v1/me/certificates", {"csr": csr}).slug == "data-changed"


def test_a_renewal_whose_key_was_lost_is_begun_again_with_another(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the reservation and the signature: the mark moves to the new one, and the reservation
    ends with it, so that the lost key gets no certificate any more."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client, lost = logged_in(authority, old), new_csr()
    with monkeypatch.context() as killed:
        killed.setattr(issuance, "_sign_and_store", _killed)
        assert renew(client, old, lost).status == 503
    reserved = CertificateRow.find(str(row_of(old).renewed_by))
    assert reserved is not None
    waiting = renew(client, old)
    assert (waiting.slug, waiting.headers["retry-after"]) == ("conflict", "61"), "perhaps it is still at it"
    assert [each["renewal"] for each in client.get("/v1/me/certificates").json["certificates"]][1] == "open"
    assert [each["online"] for each in client.get("/v1/me/renewal-offers").json["offers"]] == [True]
    deadline = _certificate(authority.cloud, row_of(old), old.not_valid_after_utc.date(), 30)
    assert deadline is not None
    assert deadline.template == "certificate-ends-online"
    authority.clock.turn(seconds=61)
    csr = new_csr()
    new = certificate_in(renew(client, old, csr))
    assert row_of(old).renewed_by == row_of(new).id
    assert row_of(old).revoked_at is None
    assert certificate_in(renew(client, old, csr)) == new, "the same key, the same certificate"
    ended = CertificateRow.find(reserved.id)
    assert ended is not None
    assert (ended.state, ended.reason) == ("signing", "superseded")
    assert renew(client, old, lost).slug == "issuance-stopped"
    assert renew(client, old).slug == "already-renewed"
    assert [row.state for row in CertificateRow.scan() if row.evidence.startswith("online:")].count(
        "issued"
    ) == 1


def test_the_reservation_that_was_interrupted_is_finished_with_its_own_key(authority: World) -> None:
    """However late, as long as no other key took its place; and then no other key does."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client, csr = logged_in(authority, old), new_csr()
    interrupt_renewal(authority, old, csr)
    assert renew(client, old, csr).status == 200
    assert renew(client, old).slug == "already-renewed"


def test_what_was_superseded_while_it_was_signed_is_given_to_nobody(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature came after the end: it is not stored, and the certificate stays revoked."""
    old = holder_of_one(authority)
    near_its_end(authority, old)
    client = logged_in(authority, old)
    sign = issuance._sign_and_store
    late: list[Any] = []

    def overtaken(cloud: Any, row: CertificateRow, issuer: Any, storing: Any) -> Any:
        if not late:
            late.append(row)
            authority.clock.turn(seconds=61)
            assert renew(client, old).status == 200
        return sign(cloud, row, issuer, storing)

    monkeypatch.setattr(issuance, "_sign_and_store", overtaken)
    assert renew(client, old).slug == "issuance-stopped"
    (first,) = late
    ended = CertificateRow.find(first.id)
    assert ended is not None
    assert (ended.state, ended.reason) == ("signing", "superseded")
    assert not ended.der


def _killed(*_: Any, **__: Any) -> Any:
    raise Unavailable


def test_the_wait_is_as_long_as_the_authority_may_run() -> None:
    config = json.loads(Path(".chalice/config.json").read_text())
    longest = config["lambda_functions"]["authority"]["lambda_timeout"]
    assert timedelta(seconds=longest) <= INTERRUPTED_AFTER


def with_address(world: World, **changes: Any) -> x509.Certificate:
    code = world.code_for(**changes)
    return certificate_in(world.download(code, email_code=world.phone.email_code()))


def change_address(world: World, client: Client, address: str) -> None:
    assert client.post("/v1/me/email", {"email": address}).status == 202
    code = re.search(r"^    (\S{8})$", mails_to(world, address)[-1].body, re.M)
    assert code is not None
    assert client.post("/v1/me/email/confirmation", {"code": code[1]}).status == 200


def test_who_takes_another_address_into_use_hears_of_the_certificates_that_bear_the_one_before(
    authority: World,
) -> None:
    """They stay in force, since nobody said that the address is the holder's no longer; they are offered to
    be replaced; and what takes their place ends them. One with an address of its own is let alone."""
    work = with_address(authority, email="work@example.org")
    old = with_address(authority)
    assert register_online(authority, old).status == 201
    client = logged_in(authority, old)
    change_address(authority, client, "new@example.org")
    assert [row.to for row in told("address-in-certificates")] == ["new@example.org"]
    assert row_of(old).revoked_at is None
    shown = client.get("/v1/me/certificates").json["certificates"]
    assert {each["serial"]: each["former_address"] for each in shown} == {
        f"{old.serial_number:x}": True,
        f"{work.serial_number:x}": False,
    }
    (offer,) = client.get("/v1/me/renewal-offers").json["offers"]
    assert (offer["why"], offer["serial"], offer["online"]) == ("address", f"{old.serial_number:x}", True)
    new = certificate_in(client.post(offer["accept"], {"csr": new_csr()}))
    assert addresses_in(new) == ["new@example.org"]
    assert row_of(old).reason == "affiliationChanged"
    assert not row_of(work).revoked_at
    client = logged_in(authority, new)
    assert client.get("/v1/me/renewal-offers").json["offers"] == []
    assert all(duty.done_at for duty in DutyRow.scan())
    change_address(authority, client, "maria@example.org")
    client = logged_in(authority, work)
    another = certificate_in(client.post("/v1/me/certificates", {"csr": new_csr()}))
    assert addresses_in(another) == ["maria@example.org"], "it is hers again"
    assert row_of(new).reason == "affiliationChanged"
    assert row_of(work).revoked_at is None


def test_what_bears_a_former_address_ends_though_nobody_comes_back(
    authority: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is given in any case: the session may have ended with the certificate that opened it."""
    old = with_address(authority)
    assert register_online(authority, old).status == 201
    client = logged_in(authority, old)
    change_address(authority, client, "new@example.org")
    with monkeypatch.context() as broken:
        broken.setattr(data_change, "revoke_certificate", _killed)
        assert client.post("/v1/me/certificates", {"csr": new_csr()}).status == 200
    assert row_of(old).revoked_at is None
    morning(authority, date(2026, 11, 23))
    assert row_of(old).reason == "affiliationChanged"


def test_an_address_that_an_officer_says_is_the_holders_no_longer_is_not_certified_on_line(
    authority: World,
) -> None:
    old = with_address(authority)
    assert register_online(authority, old).status == 201
    client = logged_in(authority, old)
    change_address(authority, client, "new@example.org")
    authority.identify(
        key="no-longer", email="third@example.org", changes={"email_before": "new@example.org"}
    )
    assert addresses_in(certificate_in(client.post("/v1/me/certificates", {"csr": new_csr()}))) == []


def test_an_address_that_is_the_holders_again_is_not_a_former_one(authority: World) -> None:
    """Said at an office, where nothing of the account is looked at: what bears it is let alone."""
    old = with_address(authority)
    assert register_online(authority, old).status == 201
    change_address(authority, logged_in(authority, old), "new@example.org")
    known = read_account(holder_of(NIF)).registration
    assert known is not None
    assert known.former_emails == {"maria@example.org"}
    assert register_as(authority).status == 201
    known = read_account(holder_of(NIF)).registration
    assert known is not None
    assert (known.email, known.former_emails or set()) == ("maria@example.org", set())
