"""R27, for accounts: a citizen's door opens to that citizen alone, and the desk's to an officer at work."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.login.citizens import CITIZEN
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.me.routes import routes
from chalicelib.registry.staff import suspend_officer
from chalicelib.web.routes import Route
from tests.journeys.test_account import NIF, log_in, register_at_office
from tests.support import world as worlds
from tests.support.client import Client
from tests.support.world import DOCUMENT, OTHER_POINT, POINT, World, another_person, appoint

OWN = list(routes)
PRESENT = {"nif": NIF, "document": DOCUMENT}
DESK: dict[str, dict[str, Any]] = {
    "contact-changes": {"person": PRESENT, "what": "mobile", "value": "+34699000111"},
    "contact-changes/confirmations": {"person": PRESENT, "what": "mobile", "code": "000000"},
    "renunciations": PRESENT,
    "authenticator-removals": PRESENT,
}


def call(client: Client, route: Route) -> Any:
    bodies: dict[str, Any] = {
        "/v1/me/email": {"email": "new@example.org"},
        "/v1/me/email/confirmation": {"code": "ABCD2345"},
        "/v1/me/mobile": {"mobile": "+34699000111"},
        "/v1/me/mobile/confirmation": {"code": "000000"},
        "/v1/me/renewals": {"mobile": "+34612345678", "email": "maria@example.org"},
    }
    return client.send(route.method, route.path, bodies.get(route.path))


def test_R27_every_own_route_was_thought_of() -> None:
    """What changes an account has a body above, or none; a new route is decided here."""
    assert {f"{route.method} {route.path}" for route in OWN} == {
        "GET /v1/me",
        "GET /v1/me/can",
        "POST /v1/me/email",
        "POST /v1/me/email/confirmation",
        "POST /v1/me/mobile",
        "POST /v1/me/mobile/confirmation",
        "POST /v1/me/renewals",
        "POST /v1/me/renunciation",
    }
    assert all(route.caller is CITIZEN for route in OWN)
    assert not [route.path for route in OWN if "{" in route.path], "no path names anybody's account"


def test_R27_nobody_elses_session_opens_an_account(authority: World) -> None:
    """No session, an officer's session, and a session that ended."""
    register_at_office(authority)
    ended = log_in(authority)
    callers = {
        "nobody": authority.citizen,
        "an officer": authority.officer,
        "an officer's token without the certificate": Client(authority.app, token=authority.officer.token),
        "a session of long ago": ended,
    }
    authority.clock.turn(minutes=31)
    for who, client in callers.items():
        for route in OWN:
            assert call(client, route).status == 401, (who, route.path)


def test_R27_a_session_reaches_its_own_account_only(authority: World) -> None:
    """No route takes a number, so a session cannot ask for another person's account."""
    register_at_office(authority)
    other = another_person(5)
    register_at_office(authority, **other)
    log_in(authority, nif=other["nif"]).post("/v1/me/renunciation")
    assert read_account(holder_of(NIF)).registered
    assert not read_account(holder_of(other["nif"])).registered


@pytest.mark.parametrize("path", DESK)
def test_R27_the_desk_is_for_an_officer_at_work_at_the_own_point(authority: World, path: str) -> None:
    register_at_office(authority)
    own, other = (f"/v1/registration-points/{point}/{path}" for point in (POINT, OTHER_POINT))
    citizen = authority.certificate_of().public_bytes(Encoding.PEM).decode()
    for client in (
        authority.citizen,
        log_in(authority),
        Client(authority.app, token=authority.officer.token),
        Client(authority.app, certificate=citizen, token=authority.officer.token),
    ):
        assert client.post(own, DESK[path]).status == 401
    assert authority.officer.post(other, DESK[path]).slug == "forbidden"
    revoker = worlds.log_in(
        authority.app, appoint(authority.cloud, "officer-3", POINT, role="revocation-officer")
    )
    assert revoker.post(own, DESK[path]).slug == "forbidden"
    suspend_officer(authority.cloud, "officer-1", "operator:test")
    assert authority.officer.post(own, DESK[path]).slug == "officer-suspended"
    assert read_account(holder_of(NIF)).registered
