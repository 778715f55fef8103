"""What the API says of itself: its name, and where its parts and its documents are."""

from __future__ import annotations

import msgspec

from chalicelib.web.request import Request
from chalicelib.web.routes import Reply, Routes

routes = Routes("service")

VERSION = "0.1.0"


class Service(msgspec.Struct):
    """Where to go from here."""

    name: str
    version: str
    organisation: str
    help_phone: str
    """Where a person answers questions, and a certificate is revoked by telephone (A31, A33)."""
    openapi: str
    problems: str
    registration_points: str
    """The offices where a person answers, each with its telephone (A33)."""


@routes.get("/", summary="What this service is", answers={200: Service})
def describe(request: Request) -> Reply:
    """The name of the service and the addresses to begin with."""
    settings = request.cloud.settings
    return Reply(
        Service(
            name="Clavero",
            version=VERSION,
            organisation=settings.organisation,
            help_phone=settings.help_phone,
            openapi=f"{settings.api_url}/openapi.json",
            problems=f"{settings.api_url}/problems",
            registration_points=f"{settings.api_url}/v1/registration-points",
        )
    )
