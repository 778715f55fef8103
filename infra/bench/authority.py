"""An authority to measure: ceremony held, one officer logged in, and any number of people with codes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from app import FUNCTIONS, create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import Functions, InProcessFunctions
from chalicelib.registry.evidence import IdentificationRequest
from chalicelib.registry.officers import Officer
from chalicelib.registry.points import RegistrationPoint
from chalicelib.registry.registration import CONDITIONS_VERSION, register
from chalicelib.registry.staff import save_point
from chalicelib.registry.tables import OfficerRow
from chalicelib.settings import read_settings
from chalicelib.web.app import Api
from infra.bench.meter import Meter
from infra.ceremony.config import read_ceremony
from infra.ceremony.hold import hold
from infra.local.seed import CEREMONY, OFFICER, OPERATOR, POINT, POINTS, make_officer

SHARDS = 64
LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def new_cloud(functions: Functions | None = None, meter: Meter | None = None) -> Cloud:
    """What a new container begins with: nothing in its memory, no connection open."""
    cloud = Cloud(read_settings(os.environ), functions=functions or InProcessFunctions(FUNCTIONS))
    if meter:
        meter.watch(cloud.session)
    return cloud


class Authority:
    """The measured authority, and the codes that were granted beforehand."""

    def __init__(self) -> None:
        cloud = new_cloud()
        ceremony = read_ceremony(CEREMONY)
        issuing = tuple(replace(entry, crl_shards=SHARDS) for entry in ceremony.issuing)
        with tempfile.TemporaryDirectory() as folder:
            hold(replace(ceremony, issuing=issuing), cloud, Path(folder, "ceremony"))
            for line in POINTS.read_bytes().splitlines():
                save_point(cloud, msgspec.json.decode(line, type=RegistrationPoint), OPERATOR)
            make_officer(cloud, Path(folder, "officer"))
            chain = Path(folder, "officer", "certificate.pem").read_bytes()
        first = x509.load_pem_x509_certificates(chain)[0]
        self.officer_certificate = first.public_bytes(Encoding.PEM).decode()
        session = call(
            create_app(cloud), "POST", "/v1/officer-sessions", certificate=self.officer_certificate
        )
        self.token = str(json.loads(session)["token"])
        self._people = people()

    def codes(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        """So many new people with a generation code each: (code, identification)."""
        cloud = new_cloud()
        made = []
        for _ in range(count):
            officer = Officer(OfficerRow.get(OFFICER))  # read anew: it counts what the officer did
            person = next(self._people)
            request = msgspec.convert(person, IdentificationRequest, strict=False)
            found = register(cloud, officer, POINT, request, key=person["nif"])
            granted = cloud.invoke(
                "authority",
                {
                    "operation": "grant",
                    "subject": f"identification:{found.id}",
                    "actor": OPERATOR,
                    "session": hashlib.sha256(self.token.encode()).hexdigest(),
                },
            )
            made.append((granted["code"], person))
        return made


def people() -> Iterator[dict[str, Any]]:
    """Different people without end."""
    number = 30_000_000
    while True:
        number += 1
        nif = f"{number:08d}{LETTERS[number % 23]}"
        yield {
            "document": {"kind": "dni", "number": nif, "expires_on": "2031-05-01"},
            "nif": nif,
            "given_name": "María José",
            "surname1": "Núñez",
            "surname2": "Peña",
            "birth_date": "1985-02-28",
            "email": f"person-{number}@example.org",
            "delivery": "paper",
            "language": "es",
            "presence": {"kind": "holder"},
            "conditions_accepted": CONDITIONS_VERSION,
        }


def new_csr() -> str:
    """A request for a new P-256 key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return csr.public_bytes(Encoding.PEM).decode()


def call(
    app: Api,
    method: str,
    resource: str,
    body: bytes | dict[str, Any] = b"",
    *,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    path: dict[str, str] | None = None,
    certificate: str | None = None,
) -> bytes:
    """The app's answer to an event of API Gateway; anything but success is an error of the measurement."""
    octets = json.dumps(body).encode() if isinstance(body, dict) else body
    identity: dict[str, Any] = {"sourceIp": "203.0.113.7"}
    if certificate:
        identity["clientCert"] = {"clientCertPem": certificate}
    sent = {"Content-Type": content_type, **(headers or {})}
    answer = app(event(method, resource, octets, headers=sent, path=path, identity=identity), None)
    content = base64.b64decode(answer["body"])
    if answer["statusCode"] >= 300:
        raise RuntimeError(f"{method} {resource}: {answer['statusCode']} {content[:300]!r}")
    return content


def event(
    method: str,
    resource: str,
    body: bytes,
    *,
    headers: dict[str, str],
    path: dict[str, str] | None,
    identity: dict[str, Any],
) -> dict[str, Any]:
    """A request as API Gateway hands it on."""
    return {
        "headers": headers,
        "pathParameters": path,
        "queryStringParameters": None,
        "requestContext": {"resourcePath": resource, "httpMethod": method, "identity": identity},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }
