"""Citizens in tests: registered, with their proof of registration in hand, at their telephone."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from tests.support.client import Answer, Client
from tests.support.world import World, another_person, person

CONTRAST = {"valid_until": "2031-05-01"}
PASSWORD = "quatre gats menjaven peix fregit"


@dataclass
class Person:
    """A registered person."""

    world: World
    data: dict[str, Any]
    activation_code: str
    client: Client

    @property
    def nif(self) -> str:
        return str(self.data["nif"])

    @property
    def mobile(self) -> str:
        return str(self.data["mobile"])

    @property
    def texts(self) -> list[str]:
        """The messages on this telephone."""
        return [text for number, text in self.world.phone.sms() if number == self.mobile]

    def code(self) -> str:
        """What the newest message brought, from its WebOTP line."""
        return re.search(r"#(\d{6})$", self.texts[-1])[1]  # type: ignore[index]

    def ask_pin(self, **more: Any) -> Answer:
        return self.client.post("/v1/pins", {"nif": self.nif, "contrast": CONTRAST} | more)

    def log_in_with_pin(self, *, personal: str | None = None) -> Client:
        """A client with a session."""
        extra = {"personal": personal} if personal else {}
        request = self.ask_pin(**extra).json["request"]
        body = {"request": request, "pin": self.code()} | extra
        return self.logged_in(self.client.post("/v1/sessions/pin", body))

    def activate(self, password: str = PASSWORD) -> Answer:
        """Activate the password, to the end."""
        body = {"nif": self.nif, "activation_code": self.activation_code, "email": self.data["email"]}
        asked = self.client.post("/v1/passwords/activations", body)
        assert asked.status == 202, asked.body
        body = {"request": asked.json["request"], "otp": self.code(), "password": password}
        return self.client.post("/v1/passwords", body)

    def try_password(self, password: str = PASSWORD, source: str = "203.0.113.7") -> Answer:
        body = {"nif": self.nif, "password": password}
        return Client(self.world.app, source=source).post("/v1/sessions/password", body)

    def logged_in(self, answer: Answer) -> Client:
        assert answer.status == 201, answer.body
        return Client(self.world.app, token=answer.json["token"])


def register(world: World, number: int = 0, **changes: Any) -> Person:
    """A person registered in person; the standard one, or another by number."""
    data = person(**(another_person(number) if number else {}) | changes)
    body = {"identification": data, "contrast": CONTRAST}
    answer = world.officer.post(f"{world.point}/registrations", body)
    assert answer.status == 201, answer.body
    return Person(world, data, activation_code(answer), Client(world.app))


def activation_code(answer: Answer) -> str:
    """The activation code printed on a receipt."""
    import zlib

    pdf = base64.b64decode(answer.json["receipt_pdf"])
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            # Not all at once: a last octet that looks like the end of a line is missing here now and then.
            text = zlib.decompressobj().decompress(stream)
        except zlib.error:
            continue
        if found := re.search(rb"([0-9A-Z]{4}(?: [0-9A-Z]{4}){3})\)", text):
            return found[1].decode()
    raise AssertionError("no activation code on the receipt")
