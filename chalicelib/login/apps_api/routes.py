"""A person's apps over HTTP: enrolled, listed, removed; and the door where an app fetches its messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.errors import Conflict, NotFound
from chalicelib.login.citizens import CITIZEN, AssuranceTooLow, Citizen
from chalicelib.login.own_account import FreshLogInRequired, require
from chalicelib.login.session_models import NO_STORE
from chalicelib.notices.app_inbox import AppKeyInvalid, AppRefused, fetch
from chalicelib.registry.account_tables import AppItem
from chalicelib.registry.accounts import active_apps
from chalicelib.registry.apps import enrol, remove
from chalicelib.registry.cool_off import NumberWaits
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("apps")

Signature = Annotated[str, Meta(min_length=1, max_length=200, description="ECDSA with SHA-256, DER, base64.")]


class AppEnrolment(Struct, frozen=True, forbid_unknown_fields=True):
    """An app's key. The signature is over `clavero/app/1`, the session's id and the key, a line each."""

    name: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9A-Za-zÀ-ɏ ._'()-]+$(?!\n)")]
    public_key: Annotated[
        str, Meta(min_length=1, max_length=200, description="P-256, SubjectPublicKeyInfo, base64.")
    ]
    signature: Signature


class Fetching(Struct, frozen=True, forbid_unknown_fields=True):
    """An app that fetches. The signature is over `clavero/inbox/1`, the app's id and `at`, a line each."""

    at: Annotated[int, Meta(ge=0, le=99_999_999_999, description="Seconds since 1970, by the app's clock.")]
    signature: Signature


class App(Struct):
    """One of a person's apps."""

    id: str
    name: str
    added_at: datetime


class Apps(Struct):
    """All that are in use, the newest last."""

    apps: list[App]


class AppMessage(Struct):
    """A message that only the app can open."""

    sealed: str
    """JWE in compact form, ECDH-ES and A256GCM (RFC 7516)."""
    until: datetime


class AppMessages(Struct):
    """What waits."""

    messages: list[AppMessage]


@routes.post(
    "/v1/me/apps",
    summary="Enrol an app",
    body=AppEnrolment,
    answers={201: App},
    problems=[AssuranceTooLow, FreshLogInRequired, AppKeyInvalid, NumberWaits, MoveNotAllowed, Conflict],
    caller=CITIZEN,
)
def enrol_app(request: Request, citizen: Citizen) -> Reply:
    """After a log-in that is substantial at least. Told to the addresses and apps that were there before."""
    require(request.cloud, citizen, "app")
    body: AppEnrolment = request.body
    app = enrol(
        request.cloud,
        citizen.account,
        body.name,
        body.public_key,
        body.signature,
        session=str(citizen.session.id),
    )
    return Reply(_shown(app), 201, headers=NO_STORE)


@routes.get("/v1/me/apps", summary="My apps", answers={200: Apps}, caller=CITIZEN)
def list_apps(_: Request, citizen: Citizen) -> Reply:
    """Those to which a PIN can go; the newest gets it."""
    return Reply(Apps([_shown(app) for app in active_apps(citizen.account)]), headers=NO_STORE)


@routes.delete(
    "/v1/me/apps/{app}",
    summary="Remove one of my apps",
    answers={204: None},
    problems=[NotFound, Conflict],
    caller=CITIZEN,
)
def remove_app(request: Request, citizen: Citizen) -> Reply:
    """By any log-in: who lost a telephone must not need it for this."""
    remove(request.cloud, citizen.account, request.path["app"])
    return Reply(status=204)


@routes.post(
    "/v1/apps/{app}/messages",
    summary="Fetch an app's messages",
    body=Fetching,
    answers={200: AppMessages},
    problems=[AppRefused],
)
def fetch_messages(request: Request) -> Reply:
    """For an app that signs with its key. A message stays until it is out of date."""
    found = fetch(request.cloud, request.path["app"], request.body.at, request.body.signature)
    return Reply(AppMessages([AppMessage(each.sealed, each.until) for each in found]), headers=NO_STORE)


def _shown(app: AppItem) -> App:
    return App(app.app_id, str(app.label), app.added_at)
