"""The Chalice app: which routes there are, which functions, and when the scheduled ones run."""

from __future__ import annotations

import os
from typing import Any

from chalice.app import CloudWatchEvent, Cron, Rate

from chalicelib.aws.cloud import Cloud, connect
from chalicelib.aws.functions import Handler, answer, running_as
from chalicelib.certificates import authority
from chalicelib.certificates import jobs as deadlines
from chalicelib.certificates.personal.routes import routes as personal_area
from chalicelib.certificates.routes import routes as certificates
from chalicelib.login.citizens_api.routes import routes as citizens_sessions
from chalicelib.login.passwords_api.routes import routes as passwords
from chalicelib.login.routes import routes as sessions
from chalicelib.notices import jobs as notices
from chalicelib.pki import jobs as pki
from chalicelib.pki import status
from chalicelib.pki.routes import routes as certificate_status
from chalicelib.registry.channels.routes import routes as registrations
from chalicelib.registry.desk.routes import routes as desk
from chalicelib.registry.me.routes import routes as account
from chalicelib.registry.routes import routes as registration
from chalicelib.registry.video.routes import routes as video
from chalicelib.web.app import Api
from chalicelib.web.meta import routes as service
from chalicelib.web.openapi import document_routes

ROOMS = (
    service,
    registration,
    registrations,
    video,
    desk,
    account,
    certificates,
    personal_area,
    certificate_status,
    sessions,
    citizens_sessions,
    passwords,
)


def _publish_crls(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    pki.publish_crls(cloud)
    return {}


def _send_outbox(cloud: Cloud, detail: dict[str, Any]) -> dict[str, Any]:
    notices.send_outbox(cloud, detail.get("message", ""))
    return {}


def _find_due(cloud: Cloud, _: dict[str, Any]) -> dict[str, Any]:
    deadlines.find_due(cloud)
    return {}


FUNCTIONS: dict[str, Handler] = {
    "authority": authority.handle,
    "status": status.handle,
    "publish_crls": _publish_crls,
    "send_outbox": _send_outbox,
    "find_due": _find_due,
}
"""What functions call each other by, for a door that stays in one process."""


def create_app(cloud: Cloud) -> Api:
    """The whole product over one cloud."""
    api = Api(cloud)
    for room in ROOMS:
        api.add(room)
    api.add(document_routes(route for room in ROOMS for route in room))

    @api.lambda_function(name="authority")
    def call_authority(event: dict[str, Any], _: Any) -> dict[str, Any]:
        with running_as("authority"):
            return answer(authority.handle, cloud, event)

    @api.lambda_function(name="status")
    def call_status(event: dict[str, Any], _: Any) -> dict[str, Any]:
        with running_as("status"):
            return answer(status.handle, cloud, event)

    @api.schedule(Rate(5, unit=Rate.MINUTES), name="publish_crls")
    def publish_crls(_: CloudWatchEvent) -> None:
        with running_as("publish_crls"):
            pki.publish_crls(cloud)

    @api.schedule(Rate(1, unit=Rate.MINUTES), name="send_outbox")
    def send_outbox(event: CloudWatchEvent) -> None:
        with running_as("send_outbox"):
            notices.send_outbox(cloud, event.detail.get("message", ""))

    @api.schedule(Rate(1, unit=Rate.DAYS), name="renew_responders")
    def renew_responders(_: CloudWatchEvent) -> None:
        with running_as("renew_responders"):
            pki.renew_responders(cloud)

    # In the morning, Madrid time: its notices go out over the six hours that follow.
    @api.schedule(Cron(0, 7, "*", "*", "?", "*"), name="find_due")
    def find_due(_: CloudWatchEvent) -> None:
        with running_as("find_due"):
            deadlines.find_due(cloud)

    return api


app = create_app(connect(os.environ))

# Lambda finds a function by its name in this module (its handler is `app.call_authority`, and so on).
call_authority = app.handler_map["authority"]
call_status = app.handler_map["status"]
publish_crls = app.handler_map["publish_crls"]
send_outbox = app.handler_map["send_outbox"]
renew_responders = app.handler_map["renew_responders"]
find_due = app.handler_map["find_due"]
