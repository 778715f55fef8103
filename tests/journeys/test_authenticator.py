"""An authenticator app as second factor: from its enrolment to the desk where a lost one is removed (F13)."""

from __future__ import annotations

import base64

import pytest

from chalicelib.audit.events import every_event
from chalicelib.aws.kms import unseal
from chalicelib.errors import Conflict, Unavailable
from chalicelib.login import authenticator, totp
from chalicelib.login.citizens import Citizen
from chalicelib.login.tables import SessionRow
from chalicelib.registry.account_tables import CredentialItem, ProofItem
from chalicelib.registry.accounts import TOTP, holder_of, read_account
from tests.journeys.test_account import log_in
from tests.support.citizens import Person, register
from tests.support.client import Answer, Client
from tests.support.world import World


@pytest.fixture
def maria(authority: World) -> Person:
    person = register(authority)
    assert person.activate().status == 204
    return person


def code(person: Person, secret: str, steps: int = 0) -> str:
    octets = base64.b32decode(secret)
    return totp.code_at(octets, totp.step_of(person.world.clock.at) + steps)


def session(person: Person, way: str = "certificate") -> Client:
    return log_in(person.world, way, nif=person.nif)


def enrol(person: Person, way: str = "certificate") -> str:
    """The secret in an app that is in use."""
    client = session(person, way)
    begun = client.post("/v1/me/authenticator")
    assert begun.status == 201, begun.body
    secret = str(begun.json["secret"])
    confirmed = client.post("/v1/me/authenticator/confirmation", {"code": code(person, secret)})
    assert confirmed.status == 204, confirmed.body
    person.world.clock.turn(seconds=30)
    return secret


def step_up(person: Person, typed: str) -> Answer:
    client = person.logged_in(person.try_password())
    return client.post("/v1/sessions/authenticator", {"code": typed})


def state(person: Person) -> str:
    return read_account(holder_of(person.nif)).credential(TOTP)


def test_a_password_and_a_code_of_the_app_are_substantial_without_any_message(maria: Person) -> None:
    secret = enrol(maria)
    before = maria.world.phone.sms()
    client = maria.logged_in(maria.try_password())
    surer = client.post("/v1/sessions/authenticator", {"code": code(maria, secret)})
    assert (surer.status, surer.json["assurance"], surer.json["way"]) == (
        201,
        "substantial",
        "password+totp",
    )
    assert surer.json["amr"] == ["pwd", "otp", "mfa"]
    assert client.get("/v1/me").status == 401, "the token from before opens nothing"
    me = maria.logged_in(surer).get("/v1/me")
    assert me.json["authenticator"]
    assert maria.world.phone.sms() == before


def test_each_step_counts_once_and_a_clock_may_be_one_off(maria: Person) -> None:
    secret = enrol(maria)
    late = code(maria, secret, -2)
    assert step_up(maria, late).slug == "log-in-refused"
    ahead = code(maria, secret, 1)
    assert step_up(maria, ahead).status == 201
    assert step_up(maria, ahead).slug == "log-in-refused", "used"
    assert step_up(maria, code(maria, secret)).slug == "log-in-refused", "before the one that was used"
    maria.world.clock.turn(seconds=60)
    assert step_up(maria, code(maria, secret)).status == 201


def test_the_code_that_enrolled_opens_nothing(maria: Person) -> None:
    client = session(maria)
    secret = client.post("/v1/me/authenticator").json["secret"]
    first = code(maria, secret)
    assert step_up(maria, first).slug == "log-in-refused", "nothing before it is confirmed"
    assert client.post("/v1/me/authenticator/confirmation", {"code": first}).status == 204
    again = client.post("/v1/me/authenticator/confirmation", {"code": first})
    assert again.status == 204, "the answer may have been lost"
    assert step_up(maria, first).slug == "log-in-refused"


def test_a_confirmation_may_be_repeated_when_its_code_is_over(maria: Person) -> None:
    """Typed in the last seconds of a code, its answer lost: the same again is done, another is not."""
    client = session(maria)
    secret = client.post("/v1/me/authenticator").json["secret"]
    typed = {"code": code(maria, secret, -1)}
    assert client.post("/v1/me/authenticator/confirmation", typed).status == 204
    maria.world.clock.turn(seconds=30)
    assert client.post("/v1/me/authenticator/confirmation", typed).status == 204
    other = {"code": code(maria, secret)}
    assert client.post("/v1/me/authenticator/confirmation", other).slug == "not-possible-now"


@pytest.mark.parametrize("way", ["pin", "password"])
def test_enrolling_and_removing_need_a_log_in_as_sure_as_it_makes(maria: Person, way: str) -> None:
    enrol(maria)
    client = session(maria, way)
    assert client.post("/v1/me/authenticator").slug == "assurance-too-low"
    confirmed = client.post("/v1/me/authenticator/confirmation", {"code": "000000"})
    assert confirmed.slug == "assurance-too-low"
    assert client.send("DELETE", "/v1/me/authenticator").slug == "assurance-too-low"


def test_an_old_session_enrols_nothing(maria: Person) -> None:
    client = session(maria)
    maria.world.clock.turn(minutes=16)
    assert client.post("/v1/me/authenticator").slug == "fresh-log-in-required"
    assert client.send("DELETE", "/v1/me/authenticator").slug == "fresh-log-in-required"


def test_the_basic_level_has_no_authenticator(maria: Person) -> None:
    """X06: a surer log-in does not make a registration surer."""
    for proof in read_account(holder_of(maria.nif)).proofs:
        proof.update([ProofItem.method.set("letter")])
    assert session(maria, "e-id").post("/v1/me/authenticator").slug == "assurance-too-low"
    assert step_up(maria, "000000").slug == "assurance-too-low"


def test_nobody_slips_another_app_in_beside_the_one_in_use(maria: Person) -> None:
    enrol(maria)
    assert session(maria).post("/v1/me/authenticator").slug == "not-possible-now"


def test_five_wrong_codes_block_it_for_a_time_and_the_text_message_stays(maria: Person) -> None:
    secret = enrol(maria)
    right = code(maria, secret)
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(5):
        assert step_up(maria, wrong).slug == "log-in-refused"
    assert state(maria) == "blocked"
    assert step_up(maria, right).slug == "log-in-refused"
    client = maria.logged_in(maria.try_password())
    request = client.post("/v1/me/step-ups").json["request"]
    surer = client.post("/v1/sessions/step-up", {"request": request, "otp": maria.code()})
    assert surer.status == 201, surer.body
    maria.world.clock.turn(minutes=15)
    assert step_up(maria, code(maria, secret)).status == 201
    assert state(maria) == "active"


def test_five_wrong_codes_end_an_enrolment(maria: Person) -> None:
    client = session(maria)
    secret = client.post("/v1/me/authenticator").json["secret"]
    right = code(maria, secret)
    wrong = {"code": "111111" if right != "111111" else "222222"}
    for _ in range(5):
        assert client.post("/v1/me/authenticator/confirmation", wrong).slug == "log-in-refused"
    assert client.post("/v1/me/authenticator/confirmation", {"code": right}).slug == "not-possible-now"
    assert state(maria) == "absent"
    assert enrol(maria)


def test_of_two_tries_at_once_one_counts(maria: Person) -> None:
    """Both judged on one reading of the account: the same code, and a wrong one beside a right one."""
    secret = enrol(maria)
    cloud = maria.world.cloud

    def citizen() -> Citizen:
        token = maria.logged_in(maria.try_password()).token
        assert token
        rows = [row for row in SessionRow.scan() if row.way == "password" and not row.ended_at]
        newest = max(rows, key=lambda row: row.opened_at)
        return Citizen(read_account(holder_of(maria.nif)), newest)

    one, other = citizen(), citizen()
    authenticator.step_up(cloud, one, code(maria, secret))
    with pytest.raises(Conflict):
        authenticator.step_up(cloud, other, code(maria, secret))
    with pytest.raises(Conflict):
        authenticator.step_up(cloud, other, "000000")


def test_who_lost_the_app_removes_it_by_another_sure_log_in(maria: Person) -> None:
    enrol(maria)
    client = session(maria, "password+otp")
    assert client.send("DELETE", "/v1/me/authenticator").status == 204
    assert client.send("DELETE", "/v1/me/authenticator").status == 204, "twice is no error"
    assert state(maria) == "absent"
    assert enrol(maria, "password+otp")
    acts = [event.act for event in every_event() if event.act.startswith("authenticator")]
    assert sorted(acts) == ["authenticator-added", "authenticator-added", "authenticator-removed"]


def test_who_lost_everything_has_it_removed_at_the_desk(maria: Person) -> None:
    secret = enrol(maria)
    present = {"nif": maria.nif, "document": maria.data["document"]}
    path = f"{maria.world.point}/authenticator-removals"
    assert maria.world.officer.post(path, present).status == 204
    assert maria.world.officer.post(path, present).status == 204
    assert step_up(maria, code(maria, secret)).slug == "log-in-refused"
    removed = [event.actor for event in every_event() if event.act == "authenticator-removed"]
    assert removed == ["officer:officer-1"]


def test_renouncing_removes_it(maria: Person) -> None:
    enrol(maria)
    assert session(maria).post("/v1/me/renunciation").status == 200
    assert state(maria) == "absent"


def test_the_secret_is_kept_encrypted_and_for_its_person_only(maria: Person) -> None:
    secret = enrol(maria)
    item = read_account(holder_of(maria.nif)).credentials[TOTP]
    kept = base64.b32decode(secret)
    assert kept.hex() not in str(item.secret)
    assert secret not in str(item.secret)
    other = register(maria.world, 7)
    with pytest.raises(Unavailable):
        unseal(maria.world.cloud, "login-secrets", str(item.secret), {"authenticator": holder_of(other.nif)})
    copied = CredentialItem(
        holder_of(other.nif), TOTP, state="active", secret=item.secret, set_at=item.set_at, failures=0
    )
    copied.save()
    other.activate()
    assert step_up(other, code(maria, secret)).status == 503, "copied into another account it opens nothing"
