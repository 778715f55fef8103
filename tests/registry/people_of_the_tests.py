"""Invented people, and requests that obey every rule until a test changes one thing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from chalicelib.registry.evidence import Evidence, IdentificationRequest
from chalicelib.registry.identification import identify

NOW = datetime(2026, 11, 22, 10, 30, 15, 250, tzinfo=UTC)
CONDITIONS = "2026-11"

# Check letters from python-stdnum's documentation and from the ministry's own examples.
NIF = "54362315K"
OTHER_NIF = "12345678Z"
NIE = "X2482300W"


def document(**changes: Any) -> dict[str, Any]:
    return {"kind": "dni", "number": NIF, "expires_on": "2030-05-01"} | changes


def request_json(**changes: Any) -> dict[str, Any]:
    return {
        "document": document(),
        "nif": NIF,
        "given_name": "Mar\u00eda Jos\u00e9",
        "surname1": "N\u00fa\u00f1ez",
        "surname2": "d'Or",
        "birth_date": "1980-02-29",
        "email": "maria@example.org",
        "mobile": "612 345 678",
        "delivery": "sms",
        "language": "es",
        "presence": {"kind": "holder"},
        "conditions_accepted": CONDITIONS,
        "purpose": "citizen",
    } | changes


def proxy(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "proxy",
        "given_name": "Luis",
        "surname1": "Gil",
        "document": document(number=OTHER_NIF),
        "power": {
            "notary": "Ana Ruiz",
            "protocol_number": "1234/2025",
            "granted_on": "2025-03-01",
            "names_certificate": True,
        },
    } | changes


def guardian(**changes: Any) -> dict[str, Any]:
    return {
        "given_name": "Luis",
        "surname1": "Gil",
        "document": document(number=OTHER_NIF),
        "relationship": "father",
        "authority_document": "Libro de Familia 46/123",
        "consent": True,
    } | changes


def identified(now: datetime = NOW, **changes: Any) -> Evidence:
    request = msgspec.convert(request_json(**changes), IdentificationRequest, strict=False)
    return identify(
        request, officer_id="officer-1", point_id="point-1", now=now, conditions_version=CONDITIONS
    )


def born(years_before: int, *, days_later: int = 0) -> str:
    """A birth date so many years before the day of the tests, and some days after that."""
    return date(2026 - years_before, 11, 22 + days_later).isoformat()
