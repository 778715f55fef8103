"""PINs in an app (C18, C25, X13, F14): enrolled, encrypted, fetched by signature, stopped, removed."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.audit.events import every_event
from chalicelib.notices.app_inbox import derive, fetching
from chalicelib.notices.jobs import send_outbox
from chalicelib.notices.tables import InboxRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.apps import enrolling
from tests.journeys.test_account import log_in, sms_to
from tests.support.citizens import Person, register
from tests.support.client import Answer, Client
from tests.support.world import World


def octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Telephone:
    """An app with its key, written after the documents alone."""

    world: World
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    app: str = ""

    @property
    def public_key(self) -> str:
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def sign(self, text: str) -> str:
        return base64.b64encode(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))).decode()

    def enrol(self, client: Client, **changes: Any) -> Answer:
        sessions = client.get("/v1/me/sessions").json["sessions"]
        session = next(each["id"] for each in sessions if each["current"])
        body = {
            "name": "Teléfono de María",
            "public_key": self.public_key,
            "signature": self.sign(enrolling(session, self.public_key)),
        }
        answer = client.post("/v1/me/apps", body | changes)
        if answer.status == 201:
            self.app = answer.json["id"]
        return answer

    def fetch(self, *, late: int = 0, **changes: Any) -> Answer:
        at = int(self.world.clock.at.timestamp()) - late
        body = {"at": at, "signature": self.sign(fetching(self.app, at))} | changes
        return self.world.citizen.post(f"/v1/apps/{self.app}/messages", body)

    def texts(self) -> list[str]:
        answer = self.fetch()
        assert answer.status == 200, answer.body
        return [self.open(each["sealed"]) for each in answer.json["messages"]]

    def open(self, sealed: str) -> str:
        """RFC 7516 section 5.2, with ECDH-ES (RFC 7518 section 4.6)."""
        header, none, iv, content, tag = sealed.split(".")
        told = json.loads(octets(header))
        assert (told["alg"], told["enc"], none) == ("ECDH-ES", "A256GCM", "")
        x, y = (int.from_bytes(octets(told["epk"][axis]), "big") for axis in "xy")
        other = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        agreed = derive(self.key.exchange(ec.ECDH(), other), b"A256GCM", 32)
        return AESGCM(agreed).decrypt(octets(iv), octets(content) + octets(tag), header.encode()).decode()


@pytest.fixture
def maria(authority: World) -> Person:
    return register(authority)


def session(person: Person, way: str = "certificate") -> Client:
    return log_in(person.world, way, nif=person.nif)


def enrolled(person: Person) -> Telephone:
    telephone = Telephone(person.world)
    answer = telephone.enrol(session(person))
    assert answer.status == 201, answer.body
    return telephone


def pin_in(text: str) -> str:
    return re.search(r"#(\d{6})$", text)[1]  # type: ignore[index]


def test_the_key_derivation_is_that_of_RFC_7518() -> None:
    """Appendix C."""
    z = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")
    derived = derive(z, b"A128GCM", 16, sender=b"Alice", receiver=b"Bob")
    assert base64.urlsafe_b64encode(derived).rstrip(b"=") == b"VqqN6vgjbSBcIijNcacQGg"


def test_a_pin_comes_to_the_app_and_not_to_the_telephone_company(maria: Person) -> None:
    telephone = enrolled(maria)
    before = len(maria.texts)
    request = maria.ask_pin(via="app").json["request"]
    assert len(maria.texts) == before
    (text,) = telephone.texts()
    assert telephone.texts() == [text], "an answer may be lost on the way"
    body = {"request": request, "pin": pin_in(text)}
    assert maria.client.post("/v1/sessions/pin", body).status == 201
    assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused", "once"
    maria.world.clock.turn(minutes=10, seconds=1)
    assert telephone.texts() == []


def test_a_pin_in_an_app_that_was_removed_opens_nothing(maria: Person) -> None:
    telephone = enrolled(maria)
    request = maria.ask_pin(via="app").json["request"]
    body = {"request": request, "pin": pin_in(telephone.texts()[0])}
    assert session(maria).send("DELETE", f"/v1/me/apps/{telephone.app}").status == 204
    assert maria.client.post("/v1/sessions/pin", body).slug == "log-in-refused"


def test_in_the_table_nobody_reads_it(maria: Person) -> None:
    telephone = enrolled(maria)
    maria.ask_pin(via="app")
    pin = pin_in(telephone.texts()[0])
    kept = [row.sealed for row in InboxRow.scan() if row.sealed]
    assert len(kept) == 1
    assert pin not in str(kept)
    assert pin not in octets(str(kept[0]).split(".")[3]).decode(errors="replace")


def test_the_text_message_is_always_there(maria: Person) -> None:
    """X13: asked for when the app has nothing; and at once where there is no app."""
    assert maria.ask_pin(via="app").status == 202
    assert "PIN" in maria.texts[-1], "she has no app"
    telephone = enrolled(maria)
    first = {"request": maria.ask_pin(via="app").json["request"]}
    second = {"request": maria.ask_pin().json["request"], "pin": maria.code()}
    voided = maria.client.post("/v1/sessions/pin", first | {"pin": pin_in(telephone.texts()[-1])})
    assert voided.slug == "log-in-refused"
    assert maria.client.post("/v1/sessions/pin", second).status == 201


def test_strangers_and_people_with_and_without_app_get_the_same(maria: Person) -> None:
    enrolled(maria)
    other = register(maria.world, 7)
    answers = []
    for nif in (maria.nif, other.nif, "00000000T"):
        answers.append(maria.ask_pin(via="app", nif=nif))
    assert {(answer.status, len(answer.body)) for answer in answers} == {(202, len(answers[0].body))}


@pytest.mark.parametrize("way", ["pin", "password"])
def test_enrolling_takes_a_substantial_log_in(maria: Person, way: str) -> None:
    assert Telephone(maria.world).enrol(session(maria, way)).slug == "assurance-too-low"


def test_enrolling_takes_a_fresh_log_in(maria: Person) -> None:
    client = session(maria)
    maria.world.clock.turn(minutes=16)
    assert Telephone(maria.world).enrol(client).slug == "fresh-log-in-required"


def test_only_who_has_the_key_enrols_it(maria: Person) -> None:
    mine, other = Telephone(maria.world), Telephone(maria.world)
    client = session(maria)
    assert mine.enrol(client, public_key=other.public_key).slug == "app-key-invalid"
    assert mine.enrol(client, public_key="AAAA").slug == "app-key-invalid"
    elsewhere = session(maria).get("/v1/me/sessions").json["sessions"]
    stolen = mine.sign(enrolling(elsewhere[-1]["id"] + "x", mine.public_key))
    assert mine.enrol(client, signature=stolen).slug == "app-key-invalid"
    big = ec.generate_private_key(ec.SECP384R1()).public_key()
    der = base64.b64encode(big.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    assert mine.enrol(client, public_key=der).slug == "app-key-invalid"


def test_enrolled_twice_it_is_the_same_and_never_two_peoples(maria: Person) -> None:
    client = session(maria)
    telephone = Telephone(maria.world)
    first = telephone.enrol(client)
    again = telephone.enrol(client)
    assert (first.status, again.status, first.json) == (201, 201, again.json)
    assert len(client.get("/v1/me/apps").json["apps"]) == 1
    other = register(maria.world, 7)
    assert telephone.enrol(session(other)).slug == "not-possible-now"


def test_only_the_app_itself_fetches_and_only_now(maria: Person) -> None:
    telephone = enrolled(maria)
    maria.ask_pin(via="app")
    thief = Telephone(maria.world, app=telephone.app)
    assert thief.fetch().slug == "app-refused"
    assert telephone.fetch(signature="AAAA").slug == "app-refused"
    assert telephone.fetch(late=121).slug == "app-refused"
    assert telephone.fetch(late=-121).slug == "app-refused"
    assert telephone.fetch(late=120).status == 200
    for unknown in ("0" * 32, "x" * 3000, "%00"):
        assert Telephone(maria.world, app=unknown).fetch().slug == "app-refused"


def test_a_removed_app_gets_nothing_more_and_never_comes_back(maria: Person) -> None:
    telephone = enrolled(maria)
    client = session(maria, "pin")
    assert client.send("DELETE", f"/v1/me/apps/{telephone.app}").status == 204
    assert client.send("DELETE", f"/v1/me/apps/{telephone.app}").status == 204
    assert telephone.fetch().slug == "app-refused"
    assert maria.ask_pin(via="app").status == 202
    assert "PIN" in maria.texts[-1]
    assert telephone.enrol(session(maria)).slug == "not-possible-now"
    other = register(maria.world, 7)
    mine = enrolled(other)
    assert client.send("DELETE", f"/v1/me/apps/{mine.app}").slug == "not-found", "not hers"
    acts = [event.act for event in every_event() if event.act.startswith("app.")]
    assert sorted(acts) == ["app.enrolled", "app.enrolled", "app.removed"]


def test_for_a_day_what_a_new_app_opened_makes_no_activation_code(maria: Person) -> None:
    telephone = enrolled(maria)
    request = maria.ask_pin(via="app").json["request"]
    body = {"request": request, "pin": pin_in(telephone.texts()[0])}
    client = maria.logged_in(maria.client.post("/v1/sessions/pin", body))
    assert client.post("/v1/me/activation-codes").slug == "new-number-waits"
    assert client.post("/v1/me/renunciation").slug == "new-number-waits"
    maria.world.clock.turn(hours=24, seconds=-1)
    assert session(maria, "pin").post("/v1/me/activation-codes").slug == "new-number-waits"
    maria.world.clock.turn(seconds=1)
    assert session(maria, "pin").post("/v1/me/activation-codes").status == 201


def test_the_old_device_is_told_and_stops_the_new_one(maria: Person) -> None:
    """F14, Q22."""
    old = enrolled(maria)
    assert Telephone(maria.world).enrol(session(maria)).slug == "new-number-waits", "one in a day"
    maria.world.clock.turn(days=1)
    new = enrolled(maria)
    thief = session(maria, "pin")
    maria.world.clock.turn(seconds=61)
    send_outbox(maria.world.cloud)
    told = old.texts()[-1]
    code = re.search(r"\b([0-9A-Z]{10})\b", told)[1]  # type: ignore[index]
    assert code in sms_to(maria.world, maria.mobile)[-1], "and by text message"
    stops = {"nif": maria.nif, "code": code}
    assert maria.client.post("/v1/contact-changes/stops", stops).status == 204
    assert maria.client.post("/v1/contact-changes/stops", stops).status == 204
    assert new.fetch().slug == "app-refused"
    assert thief.get("/v1/me").status == 401
    assert old.fetch().status == 200
    assert session(maria).get("/v1/me").json["number"] == "settled"


def test_of_two_apps_at_once_one_is_enrolled(maria: Person) -> None:
    """Both judged on one reading: the second would void the code that stops the first."""
    from chalicelib.errors import Conflict
    from chalicelib.registry.apps import enrol

    account = read_account(holder_of(maria.nif))
    one, other = Telephone(maria.world), Telephone(maria.world)

    def attempt(telephone: Telephone) -> None:
        signature = telephone.sign(enrolling("session", telephone.public_key))
        enrol(maria.world.cloud, account, "x", telephone.public_key, signature, session="session")

    attempt(one)
    with pytest.raises(Conflict):
        attempt(other)
    assert len(read_account(holder_of(maria.nif)).apps) == 1


def test_five_apps_are_enough(maria: Person) -> None:
    for _ in range(5):
        enrolled(maria)
        maria.world.clock.turn(days=1)
    assert Telephone(maria.world).enrol(session(maria)).slug == "not-possible-now"


def test_renouncing_closes_the_inbox(maria: Person) -> None:
    telephone = enrolled(maria)
    assert session(maria).post("/v1/me/renunciation").status == 200
    assert telephone.fetch().slug == "app-refused"
    assert [app.state for app in read_account(holder_of(maria.nif)).apps] == ["ended"]


def test_a_held_number_leaves_the_app(maria: Person) -> None:
    from tests.journeys.test_cool_off import move, stop

    telephone = enrolled(maria)
    maria.world.clock.turn(days=1)
    stop(maria, move(maria))
    before = len(maria.texts)
    maria.ask_pin(via="app")
    assert "PIN" in telephone.texts()[-1]
    assert len(maria.texts) == before
