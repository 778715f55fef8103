"""Logging in: with a PIN, with a password from its activation to its removal, and the sessions there are."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from chalicelib.aws.tables import Transaction
from chalicelib.login.citizens import add_citizen_session
from chalicelib.login.password import wait_after
from chalicelib.registry.accounts import ACTIVATION, holder_of, read_account
from chalicelib.registry.accounts import PASSWORD as PASSWORD_ITEM
from chalicelib.registry.assurance import LOG_INS
from tests.support.citizens import CONTRAST, PASSWORD, Person, activation_code, register
from tests.support.client import Client
from tests.support.world import World

OTHER = "tres tristos tigres mengen blat"


@pytest.fixture
def maria(authority: World) -> Person:
    return register(authority)


def state(person: Person, credential: str = PASSWORD_ITEM) -> str:
    return read_account(holder_of(person.nif)).credential(credential)


def subjects(world: World) -> list[str]:
    """What the person was told of by e-mail, newest last."""
    from chalicelib.notices.jobs import send_outbox

    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
    return [mail.body for mail in world.phone.emails()]


def test_a_pin_logs_in(maria: Person) -> None:
    asked = maria.ask_pin()
    assert asked.status == 202
    assert re.search(r"\n@api\.clavero\.es #\d{6}$", maria.texts[-1]), "the WebOTP line is the last"
    answer = maria.client.post("/v1/sessions/pin", {"request": asked.json["request"], "pin": maria.code()})
    assert answer.status == 201
    assert (answer.json["way"], answer.json["assurance"]) == ("pin", "low")
    assert answer.json["acr"] == "http://eidas.europa.eu/LoA/low"
    assert answer.json["amr"] == ["otp", "sms"]


def test_a_pin_is_used_once(maria: Person) -> None:
    """C22."""
    body = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    assert maria.client.post("/v1/sessions/pin", body).status == 201
    assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"


def test_a_pin_lives_ten_minutes(maria: Person) -> None:
    """C23: the last second counts, the next does not."""
    body = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    maria.world.clock.turn(minutes=10, seconds=1)
    assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"
    maria.world.clock.turn(seconds=-1)
    assert maria.client.post("/v1/sessions/pin", body).status == 201


def test_a_new_pin_voids_the_one_before(maria: Person) -> None:
    first = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    second = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    assert maria.client.post("/v1/sessions/pin", first).slug == "log-in-refused"
    assert maria.client.post("/v1/sessions/pin", second).status == 201


def test_a_pin_is_bound_to_its_request(maria: Person) -> None:
    pere = register(maria.world, 7)
    hers = maria.ask_pin().json["request"]
    pere.ask_pin()
    body = {"request": hers, "pin": pere.code()}
    if pere.code() != maria.code():
        assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"


def test_the_personal_part_goes_with_the_pin(maria: Person) -> None:
    """2.5: whoever reads the message over somebody's shoulder lacks it."""
    request = maria.ask_pin(personal="k7p2").json["request"]
    body = {"request": request, "pin": maria.code()}
    assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"
    assert maria.client.post("/v1/sessions/pin", body | {"personal": "AAAA"}).slug == "log-in-refused"
    assert maria.client.post("/v1/sessions/pin", body | {"personal": "K7P2"}).status == 201
    assert maria.ask_pin(personal="k-p2").slug == "personal-part-invalid"


def test_three_wrong_pins_void_it(maria: Person) -> None:
    body = {"request": maria.ask_pin().json["request"], "pin": "000000"}
    right = maria.code()
    for _ in range(3):
        assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"
    assert maria.client.post("/v1/sessions/pin", body | {"pin": right}).slug == "log-in-refused"


def test_nothing_is_sent_to_strangers_or_without_the_document(maria: Person) -> None:
    before = maria.world.phone.sms()
    assert maria.ask_pin(contrast={"valid_until": "2030-01-01"}).status == 202
    assert maria.ask_pin(nif="00000000T").status == 202
    assert maria.world.phone.sms() == before


def test_a_stranger_never_logs_in_even_with_the_decoys_code(maria: Person) -> None:
    from chalicelib.codes.bound import digest
    from chalicelib.codes.kinds import PIN
    from chalicelib.codes.tables import CodeRow

    request = maria.ask_pin(nif="00000000T").json["request"]
    row = CodeRow.find(f"pin#{request}")
    assert row is not None
    row.update([CodeRow.digest.set(digest(maria.world.cloud, PIN, request, "123456"))])
    answer = maria.client.post("/v1/sessions/pin", {"request": request, "pin": "123456"})
    assert answer.slug == "log-in-refused"


def test_a_password_from_activation_to_step_up(maria: Person) -> None:
    assert maria.activate().status == 204
    assert state(maria) == "active"
    assert "Se ha activado su contraseña." in subjects(maria.world)[-1]
    answer = maria.try_password()
    assert (answer.status, answer.json["assurance"]) == (201, "low")
    session = maria.logged_in(answer)
    request = session.post("/v1/me/step-ups").json["request"]
    surer = session.post("/v1/sessions/step-up", {"request": request, "otp": maria.code()})
    assert (surer.status, surer.json["assurance"]) == (201, "substantial"), surer.body
    assert surer.json["amr"] == ["pwd", "otp", "sms", "mfa"]
    assert session.get("/v1/me/sessions").status == 401, "the token from before opens nothing"


def test_a_step_up_code_serves_only_the_session_that_asked(maria: Person) -> None:
    maria.activate()
    one, two = maria.logged_in(maria.try_password()), maria.logged_in(maria.try_password())
    body = {"request": one.post("/v1/me/step-ups").json["request"], "otp": maria.code()}
    assert two.post("/v1/sessions/step-up", body).slug == "log-in-refused"
    assert one.post("/v1/sessions/step-up", body).status == 201


def test_a_surer_session_does_not_outlast_the_one_before(maria: Person) -> None:
    """Twelve hours after its password was typed it ends (6.10)."""
    maria.activate()
    first = maria.try_password().json
    session = Client(maria.world.app, token=first["token"])
    for _ in range(22):
        maria.world.clock.turn(minutes=29)
        assert session.get("/v1/me/sessions").status == 200
    request = session.post("/v1/me/step-ups").json["request"]
    surer = session.post("/v1/sessions/step-up", {"request": request, "otp": maria.code()})
    assert surer.status == 201
    assert surer.json["expires_at"] == first["expires_at"]


def test_the_basic_level_has_no_step_up(maria: Person) -> None:
    """X06."""
    from chalicelib.registry.account_tables import ProofItem

    maria.activate()
    for proof in read_account(holder_of(maria.nif)).proofs:
        proof.update([ProofItem.method.set("letter")])
    session = maria.logged_in(maria.try_password())
    assert session.post("/v1/me/step-ups").slug == "assurance-too-low"


def test_a_wrong_activation_says_nothing_and_sends_nothing(maria: Person) -> None:
    before = maria.world.phone.sms()
    right = {"nif": maria.nif, "activation_code": maria.activation_code, "email": maria.data["email"]}
    for wrong in ({"activation_code": "0" * 16}, {"email": "other@example.org"}, {"nif": "00000000T"}):
        assert maria.client.post("/v1/passwords/activations", right | wrong).status == 202
    assert maria.world.phone.sms() == before


def test_the_fifth_wrong_activation_code_blocks_it_and_a_pin_gets_another(maria: Person) -> None:
    """X09, X10."""
    body = {"nif": maria.nif, "activation_code": "0" * 16, "email": maria.data["email"]}
    for _ in range(5):
        assert maria.client.post("/v1/passwords/activations", body).status == 202
        maria.world.clock.turn(minutes=10)
    assert state(maria, ACTIVATION) == "blocked"
    before = len(maria.texts)
    maria.client.post("/v1/passwords/activations", body | {"activation_code": maria.activation_code})
    assert len(maria.texts) == before
    made = maria.log_in_with_pin().post("/v1/me/activation-codes")
    assert made.status == 201, made.body
    maria.activation_code = activation_code(made)
    assert maria.activate().status == 204


def test_who_knows_only_the_number_cannot_block_the_activation_code(maria: Person) -> None:
    for _ in range(6):
        body: dict[str, Any] = {"nif": maria.nif, "activation_code": "0" * 16, "email": "guess@example.org"}
        maria.client.post("/v1/passwords/activations", body)
        body = {"nif": maria.nif, "activation_code": "0" * 16, "contrast": {"valid_until": "2030-01-01"}}
        maria.client.post("/v1/passwords/recoveries", body)
        maria.world.clock.turn(minutes=10)
    assert state(maria, ACTIVATION) == "active"


def test_a_password_alone_gets_no_activation_code(maria: Person) -> None:
    """It is what a password is recovered with: whoever stole one must not get the other."""
    maria.activate()
    session = maria.logged_in(maria.try_password())
    assert session.post("/v1/me/activation-codes").slug == "assurance-too-low"


@pytest.mark.parametrize("way", LOG_INS)
def test_who_is_told_to_get_an_activation_code_gets_it(maria: Person, way: str) -> None:
    """What `me/can` says is what happens, after every log-in."""
    maria.activate()
    transaction = Transaction()
    token, _ = add_citizen_session(maria.world.cloud, transaction, read_account(holder_of(maria.nif)), way)
    transaction.commit()
    session = Client(maria.world.app, token=token)
    services = session.get("/v1/me/can").json["services"]
    may = {each["service"]: each["may"] for each in services}["new-activation-code"]
    assert may == (way != "password")
    assert (session.post("/v1/me/activation-codes").status == 201) == may


def test_lock_and_unlock(maria: Person) -> None:
    """6.3: the fifth failure blocks for a quarter of an hour, the next one for twice as long."""
    maria.activate()
    for _ in range(5):
        assert maria.try_password("wrong wrong wrong").slug == "log-in-refused"
    assert state(maria) == "blocked"
    assert maria.try_password().slug == "log-in-refused", "the right one too, and no word about it"
    assert "bloqueada por un tiempo" in subjects(maria.world)[-1]
    maria.world.clock.turn(minutes=15)
    assert maria.try_password("wrong wrong wrong").slug == "log-in-refused"
    maria.world.clock.turn(minutes=15)
    assert maria.try_password().slug == "log-in-refused"
    maria.world.clock.turn(minutes=15)
    assert maria.try_password().status == 201
    assert maria.log_in_with_pin().get("/v1/me/sessions").status == 200, "the PIN was never blocked"


def test_a_block_that_is_over_is_no_missing_password(maria: Person) -> None:
    maria.activate()
    for number in range(5):
        assert maria.try_password("wrong", source=f"198.51.100.{number}").status == 401
    maria.world.clock.turn(minutes=14)
    session = maria.log_in_with_pin()
    may = {each["service"]: each["may"] for each in session.get("/v1/me/can").json["services"]}
    assert not may["password"]
    maria.world.clock.turn(minutes=1)
    may = {each["service"]: each["may"] for each in session.get("/v1/me/can").json["services"]}
    assert may["password"]


def test_no_block_lasts_longer_than_a_day() -> None:
    assert [wait_after(n).total_seconds() / 60 for n in range(4, 9)] == [0, 15, 30, 60, 120]
    assert max(wait_after(n) for n in range(10_000)).days == 1


def test_forget_and_recover(maria: Person) -> None:
    """C31, P03: forgotten or blocked; with the activation code and the telephone. Sessions end."""
    maria.activate()
    session = maria.logged_in(maria.try_password())
    for _ in range(5):
        maria.try_password("wrong wrong wrong")
    body = {"nif": maria.nif, "activation_code": maria.activation_code, "contrast": CONTRAST}
    request = maria.client.post("/v1/passwords/recoveries", body).json["request"]
    new = {"request": request, "otp": maria.code(), "password": "Maria Clavero"}
    assert maria.client.post("/v1/passwords", new).slug == "password-not-acceptable"
    assert maria.client.post("/v1/passwords", new | {"password": OTHER}).status == 204
    assert maria.client.post("/v1/passwords", new | {"password": OTHER}).status == 204, "an answer was lost"
    assert maria.client.post("/v1/passwords", new).slug == "log-in-refused", "another password"
    assert session.get("/v1/me/sessions").status == 401
    assert maria.try_password().slug == "log-in-refused"
    assert maria.try_password(OTHER).status == 201
    assert "Se ha recuperado su contraseña" in subjects(maria.world)[-1]


def test_change_needs_the_current_one(maria: Person) -> None:
    """C32, P06."""
    maria.activate()
    session, other = maria.logged_in(maria.try_password()), maria.logged_in(maria.try_password())
    wrong = {"current": "wrong wrong wrong", "password": OTHER}
    assert session.post("/v1/me/password-changes", wrong).slug == "log-in-refused"
    assert session.post("/v1/me/password-changes", {"current": PASSWORD, "password": OTHER}).status == 204
    assert session.get("/v1/me/sessions").status == 200
    assert other.get("/v1/me/sessions").status == 401
    assert session.post("/v1/me/password-changes", {"current": PASSWORD, "password": OTHER}).status == 204
    two = {"current": "wrong wrong wrong", "password": "another one that is wrong"}
    assert session.post("/v1/me/password-changes", two).slug == "log-in-refused"
    failures = read_account(holder_of(maria.nif)).credentials[PASSWORD_ITEM].failures
    assert failures == 2, "two passwords were looked at, since the request may have come again"
    assert maria.try_password(OTHER).status == 201
    assert "Se ha cambiado su contraseña." in subjects(maria.world)[-1]


def test_deregister_the_password(maria: Person) -> None:
    """P05, P07: with a confirmation and a receipt; the registration stays."""
    maria.activate()
    session = maria.logged_in(maria.try_password())
    assert session.post("/v1/me/password-removals", {"confirm": "yes"}).slug == "body-invalid"
    removed = session.post("/v1/me/password-removals", {"confirm": "remove-password"})
    assert removed.status == 200, removed.body
    assert base64.b64decode(removed.json["receipt_pdf"]).startswith(b"%PDF")
    told = maria.client.post(
        "/v1/receipts/verifications", {"verification_code": removed.json["verification_code"]}
    )
    assert told.json["kind"] == "deregistration"
    assert state(maria) == "absent"
    assert session.get("/v1/me/sessions").status == 401
    assert maria.try_password().slug == "log-in-refused"
    again = maria.log_in_with_pin().post("/v1/me/password-removals", {"confirm": "remove-password"})
    assert again.status == 200, "a receipt was lost"
    maria.world.clock.turn(hours=1)
    again = maria.log_in_with_pin().post("/v1/me/password-removals", {"confirm": "remove-password"})
    assert again.slug == "not-possible-now"
    assert maria.activate(OTHER).status == 204


def test_a_certificate_logs_in_until_it_is_revoked(maria: Person) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = maria.world.certificate_of()
    client = Client(maria.world.app, certificate=certificate.public_bytes(Encoding.PEM).decode())
    answer = client.post("/v1/sessions/certificate")
    assert (answer.status, answer.json["assurance"]) == (201, "substantial"), answer.body
    session = maria.logged_in(answer)
    assert session.send("DELETE", "/v1/me/sessions/current").json["advice"] == "close-browser", "P09"
    session = maria.logged_in(client.post("/v1/sessions/certificate"))
    assert maria.world.revoke(certificate).status == 200
    assert client.post("/v1/sessions/certificate").slug == "client-certificate-refused"
    assert session.get("/v1/me/sessions").status == 401, "nor does a session that it opened go on"


def test_who_has_a_certificate_and_is_not_registered_is_told(authority: World) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = authority.certificate_of().public_bytes(Encoding.PEM).decode()
    client = Client(authority.app, certificate=certificate)
    assert client.post("/v1/sessions/certificate").slug == "not-registered"
    assert authority.citizen.post("/v1/sessions/certificate").slug == "client-certificate-required"


def test_my_sessions(maria: Person) -> None:
    one = maria.log_in_with_pin()
    maria.world.clock.turn(minutes=1)
    two = maria.log_in_with_pin()
    listed = two.get("/v1/me/sessions").json["sessions"]
    assert [each["current"] for each in listed] == [True, False]
    assert two.send("DELETE", f"/v1/me/sessions/{listed[1]['id']}").status == 204
    assert one.get("/v1/me/sessions").status == 401
    pere = register(maria.world, 7).log_in_with_pin()
    assert pere.send("DELETE", f"/v1/me/sessions/{listed[0]['id']}").slug == "not-found", "not mine"
    assert two.send("DELETE", "/v1/me/sessions").status == 204
    assert two.get("/v1/me/sessions").status == 401
    assert pere.get("/v1/me/sessions").status == 200


def test_sessions_end_by_themselves(maria: Person) -> None:
    """6.10: half an hour of silence, twelve hours in all."""
    session = maria.log_in_with_pin()
    for _ in range(24):
        maria.world.clock.turn(minutes=29)
        assert session.get("/v1/me/sessions").status == 200
    maria.world.clock.turn(minutes=29)
    assert session.get("/v1/me/sessions").status == 401
    silent = maria.log_in_with_pin()
    maria.world.clock.turn(minutes=30)
    assert silent.get("/v1/me/sessions").status == 401
