"""The Chalice app: which routes there are, which functions, and when the scheduled ones run.

A room is imported with the first request for one of its paths, and what a function runs with its first call:
starting a container costs what its first request needs, and no more.
"""

from __future__ import annotations

import os
from typing import Any

from chalice.app import CloudWatchEvent, Cron, Rate

from chalicelib.aws.cloud import Cloud, connect
from chalicelib.aws.functions import Handler, answer, running_as
from chalicelib.web.app import Api
from chalicelib.web.openapi import document_routes
from chalicelib.web.rooms import Room

POINT = "/v1/registration-points/{point}"

ROOMS = (
    Room("chalicelib.web.meta", ("/",)),
    Room("chalicelib.web.problem_list", ("/problems",), describes_all=True),
    Room("chalicelib.registry.routes", ("/v1/registration-points",)),
    Room(
        "chalicelib.registry.channels.routes",
        (f"{POINT}/registrations", "/v1/letters", "/v1/registrations", "/v1/receipts", "/v1/contact-changes"),
    ),
    Room("chalicelib.registry.video.routes", ("/v1/video-cases", f"{POINT}/video-cases")),
    Room(
        "chalicelib.registry.desk.routes",
        (f"{POINT}/contact-changes", f"{POINT}/renunciations", f"{POINT}/authenticator-removals"),
    ),
    Room(
        "chalicelib.certificates.special.routes",
        (
            f"{POINT}/reports",
            f"{POINT}/powers",
            f"{POINT}/power-revocations",
            f"{POINT}/power-suspensions",
            f"{POINT}/power-confirmations",
        ),
    ),
    Room("chalicelib.registry.me.routes", ("/v1/me",)),
    Room(
        "chalicelib.certificates.routes",
        (
            "/v1/certificates",
            f"{POINT}/certificate-searches",
            f"{POINT}/revocations",
        ),
    ),
    Room(
        "chalicelib.certificates.suspensions.routes",
        (
            f"{POINT}/suspensions",
            f"{POINT}/reinstatements",
            "/v1/me/suspensions",
            "/v1/me/reinstatements",
        ),
    ),
    Room(
        "chalicelib.certificates.emergency.routes",
        (
            "/v1/certificates/emergency-revocations",
            "/v1/certificates/emergency-suspensions",
            "/v1/key-compromise-reports",
        ),
    ),
    Room("chalicelib.certificates.codes_api.routes", ("/v1/me/emergency-codes",)),
    Room(
        "chalicelib.certificates.personal.routes",
        (
            "/v1/me/certificates",
            "/v1/me/generation-codes",
            "/v1/me/events",
            "/v1/me/deadlines",
            "/v1/me/calendar",
            "/v1/calendars",
            "/v1/me/revocations",
            "/v1/me/renewal-offers",
        ),
    ),
    Room(
        "chalicelib.certificates.rescue_api.routes",
        ("/v1/me/generation-code-rescues", f"{POINT}/generation-code-rescues"),
    ),
    Room("chalicelib.certificates.cards_api.routes", (f"{POINT}/card-loadings",)),
    Room("chalicelib.pki.routes", ("/ocsp", "/crl", "/ca")),
    Room("chalicelib.login.routes", ("/v1/officer-sessions",)),
    Room(
        "chalicelib.login.citizens_api.routes",
        ("/v1/pins", "/v1/sessions/pin", "/v1/sessions/certificate", "/v1/me/sessions"),
    ),
    Room(
        "chalicelib.login.passwords_api.routes",
        (
            "/v1/passwords",
            "/v1/sessions/password",
            "/v1/sessions/step-up",
            "/v1/me/step-ups",
            "/v1/me/password-changes",
            "/v1/me/password-removals",
            "/v1/me/activation-codes",
        ),
    ),
    Room("chalicelib.login.authenticator_api.routes", ("/v1/me/authenticator", "/v1/sessions/authenticator")),
    Room("chalicelib.login.apps_api.routes", ("/v1/me/apps", "/v1/apps")),
    Room("chalicelib.payments.video.routes", ("/v1/video-cases/{case}/payments",)),
    Room("chalicelib.payments.orders.routes", ("/v1/preliminary-points", "/v1/me/orders")),
    Room(
        "chalicelib.payments.routes",
        ("/v1/prices", "/v1/me/prices", "/v1/me/payments", "/v1/redsys-notifications", "/v1/payment-returns"),
    ),
)
"""Where each path is answered: the longest beginning that fits decides."""

BEHIND = (
    "chalicelib.certificates.authority",
    "chalicelib.certificates.jobs",
    "chalicelib.notices.jobs",
    "chalicelib.pki.jobs",
    "chalicelib.pki.status",
)
"""What the functions below run. Their problems are in the list of problems too."""


def _authority(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.certificates import authority

    return authority.handle(cloud, payload)


def _status(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.pki import status

    return status.handle(cloud, payload)


def _publish_crls(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.pki import jobs

    jobs.publish_crls(cloud)
    return {}


def _send_outbox(cloud: Cloud, detail: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.notices import jobs

    jobs.send_outbox(cloud, detail.get("message", ""))
    return {}


def _find_due(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.certificates import jobs

    jobs.find_due(cloud)
    return {}


def _revoke_planned(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.certificates import jobs

    jobs.revoke_planned(cloud)
    return {}


FUNCTIONS: dict[str, Handler] = {
    "authority": _authority,
    "status": _status,
    "publish_crls": _publish_crls,
    "send_outbox": _send_outbox,
    "find_due": _find_due,
    "revoke_planned": _revoke_planned,
}
"""What functions call each other by, for a door that stays in one process."""


def create_app(cloud: Cloud) -> Api:
    """The whole product over one cloud."""
    api = Api(cloud, ROOMS, BEHIND)
    api.add(document_routes(api.every_route))

    @api.lambda_function(name="authority")
    def call_authority(event: dict[str, Any], _: Any) -> dict[str, Any]:
        with running_as("authority"):
            return answer(_authority, cloud, event)

    @api.lambda_function(name="status")
    def call_status(event: dict[str, Any], _: Any) -> dict[str, Any]:
        with running_as("status"):
            return answer(_status, cloud, event)

    @api.schedule(Rate(5, unit=Rate.MINUTES), name="publish_crls")
    def publish_crls(_: CloudWatchEvent) -> None:
        with running_as("publish_crls"):
            _publish_crls(cloud, {})

    @api.schedule(Rate(1, unit=Rate.MINUTES), name="send_outbox")
    def send_outbox(event: CloudWatchEvent) -> None:
        with running_as("send_outbox"):
            _send_outbox(cloud, event.detail)

    @api.schedule(Rate(1, unit=Rate.MINUTES), name="revoke_planned")
    def revoke_planned(_: CloudWatchEvent) -> None:
        with running_as("revoke_planned"):
            _revoke_planned(cloud, {})

    @api.schedule(Rate(1, unit=Rate.DAYS), name="renew_responders")
    def renew_responders(_: CloudWatchEvent) -> None:
        from chalicelib.pki import jobs

        with running_as("renew_responders"):
            jobs.renew_responders(cloud)

    # In the morning, Madrid time: its notices go out over the six hours that follow.
    @api.schedule(Cron(0, 7, "*", "*", "?", "*"), name="find_due")
    def find_due(_: CloudWatchEvent) -> None:
        with running_as("find_due"):
            _find_due(cloud, {})

    return api


app = create_app(connect(os.environ))

# Lambda finds a function by its name in this module (its handler is `app.call_authority`, and so on).
call_authority = app.handler_map["authority"]
call_status = app.handler_map["status"]
publish_crls = app.handler_map["publish_crls"]
send_outbox = app.handler_map["send_outbox"]
revoke_planned = app.handler_map["revoke_planned"]
renew_responders = app.handler_map["renew_responders"]
find_due = app.handler_map["find_due"]
