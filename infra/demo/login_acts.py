"""Single acts of logging in: what citizens type, and what their telephones show.

All of them are at one network address here, which may ask for ten codes in ten minutes (login/sending.py):
the stories together ask for no more.
"""

from __future__ import annotations

from infra.demo.caller import Answer, Caller
from infra.demo.people import Person, contrast
from infra.demo.stage import Stage


def ask_pin(stage: Stage, who: Person, **more: str) -> Answer:
    """Ask for a PIN by text message."""
    return stage.citizen.post("/v1/pins", {"nif": who["nif"], "contrast": contrast(who)} | more)


def log_in_with_pin(stage: Stage, who: Person) -> Caller:
    """Log in by PIN, with all that belongs to it."""
    request = ask_pin(stage, who).json["request"]
    pin = stage.awaited_code(str(who["mobile"]))
    return logged_in(stage, stage.citizen.post("/v1/sessions/pin", {"request": request, "pin": pin}))


def logged_in(stage: Stage, answer: Answer) -> Caller:
    """A client with the session of this answer."""
    stage.narrator.check(f"logged in: {answer.json.get('assurance', '')}", answer.status == 201, answer)
    return stage.citizen.with_token(answer.json["token"])


def log_in_with_certificate(stage: Stage, name: str) -> Caller:
    """Log in with NAME.pem and its key; the session goes on over the same connection."""
    client = stage.with_certificate(name)
    answer = client.post("/v1/sessions/certificate")
    stage.narrator.check(
        f"logged in with {name}.pem: {answer.json.get('assurance', '')}", answer.status == 201, answer
    )
    return client.with_token(answer.json["token"])


def try_password(stage: Stage, who: Person, password: str) -> Answer:
    """Type number and password."""
    return stage.citizen.post("/v1/sessions/password", {"nif": who["nif"], "password": password})
