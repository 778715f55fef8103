"""Accounts that a release leaves behind: in every state, with what the people in them have in hand."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.login import totp
from tests.journeys.test_account import log_in
from tests.journeys.test_apps import Telephone
from tests.support.citizens import CONTRAST, PASSWORD, Person, register
from tests.support.world import World

NEW_EMAIL = "new@example.org"
NEW_MOBILE = "+34699000156"


def live(world: World) -> dict[str, Any]:
    """Registered and logged in; on the way in, out, and back; what each of them knows."""
    return {
        "at_home": _at_home(register(world, 50)),
        "at_the_door": _at_the_door(register(world, 51)),
        "forgetful": _forgetful(register(world, 52)),
        "moving": _moving(register(world, 53)),
        "gone": _gone(register(world, 54)),
        "careful": _careful(register(world, 55)),
        "robbed": _robbed(register(world, 56)),
    }


def _told(person: Person, **more: Any) -> dict[str, Any]:
    return {"data": person.data, "activation_code": person.activation_code, "password": PASSWORD, **more}


def _at_home(person: Person) -> dict[str, Any]:
    """With a password, and logged in."""
    assert person.activate().status == 204
    return _told(person, token=person.logged_in(person.try_password()).token)


def _at_the_door(person: Person) -> dict[str, Any]:
    """A PIN was sent and is not typed yet."""
    asked = person.ask_pin()
    return _told(person, request=asked.json["request"], pin=person.code())


def _forgetful(person: Person) -> dict[str, Any]:
    """The password is blocked, and a code to recover it was sent."""
    person.activate()
    for _ in range(5):
        assert person.try_password("wrong wrong wrong").status == 401
    body = {"nif": person.nif, "activation_code": person.activation_code, "contrast": CONTRAST}
    request = person.client.post("/v1/passwords/recoveries", body).json["request"]
    return _told(person, request=request, otp=person.code())


def _moving(person: Person) -> dict[str, Any]:
    """A new e-mail address got its code."""
    session = person.log_in_with_pin()
    assert session.post("/v1/me/email", {"email": NEW_EMAIL}).status == 202
    return _told(person, token=session.token, code=person.world.phone.email_code())


def _careful(person: Person) -> dict[str, Any]:
    """An authenticator app, and an app with a PIN waiting in it."""
    person.activate()
    client = log_in(person.world, "certificate", nif=person.nif)
    secret = client.post("/v1/me/authenticator").json["secret"]
    code = totp.code_at(base64.b32decode(secret), totp.step_of(person.world.clock.at))
    assert client.post("/v1/me/authenticator/confirmation", {"code": code}).status == 204
    telephone = Telephone(person.world)
    assert telephone.enrol(client).status == 201
    request = person.ask_pin(via="app").json["request"]
    key = telephone.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return _told(person, secret=secret, app=telephone.app, key=key, request=request)


def _robbed(person: Person) -> dict[str, Any]:
    """The number was changed just now, and the code that stops it is in the mailbox."""
    client = log_in(person.world, "certificate", nif=person.nif)
    assert client.post("/v1/me/mobile", {"mobile": NEW_MOBILE}).status == 202
    code = person.world.phone.sms()[-1][1].rpartition("#")[2]
    assert client.post("/v1/me/mobile/confirmation", {"code": code}).status == 200
    return _told(person, stop=person.world.phone.stop_code())


def _gone(person: Person) -> dict[str, Any]:
    """Renounced."""
    session = person.log_in_with_pin()
    assert session.post("/v1/me/renunciation").status == 200
    return _told(person, token=session.token)
