"""A whole authority in process: ceremony held, one point, one officer; a clock that the test turns."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from chalicelib.certificates import download
from chalicelib.registry.appointment import AppointmentRequest
from chalicelib.registry.documents import Document
from chalicelib.registry.points import RegistrationPoint
from chalicelib.registry.staff import appoint_officer, save_point
from chalicelib.settings import Settings
from chalicelib.web.app import Api
from infra.ceremony.config import read_ceremony
from infra.ceremony.hold import hold
from tests.support.client import Answer, Client

START = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
STAGE = "test"
SETTINGS = Settings(
    stage=STAGE,
    api_url="https://api.clavero.es",
    status_url="http://status.clavero.es",
    practice_url="https://www.clavero.es",
    bucket="clavero-test-status-123456789012",
    private_bucket="clavero-test-private-123456789012",
    email_sender="no-reply@clavero.es",
)
POINT = "valencia"
OTHER_POINT = "alacant"
CEREMONY = """
stage = "test"
attendees = ["One Witness", "Another Witness"]
organisation = "Clavero"
organisation_id = "VATES-A58818501"
[root]
name = "root"
common_name = "Clavero Root CA"
key = "ECC_NIST_P384"
years = 25
crl_days = 365
[[issuing]]
name = "citizens"
common_name = "Clavero Citizens CA"
key = "ECC_NIST_P256"
years = 12
crl_shards = 4
profiles = ["citizen-software", "citizen-card", "citizen-card-secure", "registration-officer"]
responder_key = "ECC_NIST_P256"
"""


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(frozen=True)
class Phone:
    """What people received, as the messages that moto's SNS and SES took."""

    sms: Callable[[], list[tuple[str, str]]]
    emails: Callable[[], list[Any]]

    def generation_code(self) -> str:
        """The code of the newest text message."""
        return re.search(r"#(\S{10})$", self.sms()[-1][1])[1]  # type: ignore[index]

    def stop_code(self) -> str:
        """The code of the newest notice that a number changed."""
        bodies = [mail.body for mail in self.emails() if re.search(r"^    \S{10}$", mail.body, re.M)]
        return re.search(r"^    (\S{10})$", bodies[-1], re.M)[1]  # type: ignore[index]

    def email_code(self) -> str:
        """The code of the newest confirmation e-mail."""
        bodies = [mail.body for mail in self.emails() if re.search(r"^    \S{8}$", mail.body, re.M)]
        return re.search(r"^    (\S{8})$", bodies[-1], re.M)[1]  # type: ignore[index]


def moto_phone(region: str = SETTINGS.region) -> Phone:
    """The phone of moto in process."""
    from moto.ses.models import ses_backends
    from moto.sns.models import sns_backends

    account = "123456789012"
    return Phone(
        lambda: [(sent[0], sent[1]) for sent in sns_backends[account][region].sms_messages.values()],
        lambda: list(ses_backends[account][region].sent_messages),
    )


@dataclass
class World:
    """An authority with an officer at work."""

    cloud: Cloud
    app: Api
    clock: Clock
    phone: Phone
    officer: Client
    citizen: Client
    made: list[ec.EllipticCurvePrivateKey] = field(default_factory=list)

    @property
    def point(self) -> str:
        return f"/v1/registration-points/{POINT}"

    def identify(self, *, key: str = "new", **changes: Any) -> Answer:
        """Identify a person, a standard one where nothing else is said."""
        return self.officer.post(f"{self.point}/identifications", person(**changes), key=key)

    def code_for(self, **changes: Any) -> str:
        """The generation code of somebody who was just identified."""
        answer = self.identify(**changes)
        assert answer.status == 201, answer.body
        return self.phone.generation_code()

    def download(self, code: str, csr: str | None = None, **more: Any) -> Answer:
        """Download with a code, for a new key where none is given."""
        return self.citizen.post("/v1/certificates", {"code": code, "csr": csr or new_csr(), **more})

    def certificate_of(self, **changes: Any) -> x509.Certificate:
        """A certificate for somebody who was just identified."""
        answer = self.download(self.code_for(**changes))
        assert answer.status == 200, answer.body
        return x509.load_pem_x509_certificates(answer.body)[0]

    def revoke(self, certificate: x509.Certificate, *, issuer: str = "", **changes: Any) -> Answer:
        """Have the officer revoke a certificate of the standard person."""
        changes = {"issuer": issuer or issuer_id(certificate), "reason": "keyCompromise"} | changes
        return self.at_the_desk("revocations", certificate, **changes)

    def at_the_desk(self, act: str, certificate: x509.Certificate, **changes: Any) -> Answer:
        """Have the officer do something with a certificate of the standard person, who is there."""
        request = {
            "nif": "12345678Z",
            "issuer": issuer_id(certificate),
            "serial": f"{certificate.serial_number:x}",
            "identity": {"channel": "in-person", "document": DOCUMENT},
        }
        return self.officer.post(f"{self.point}/{act}", request | changes)


DOCUMENT = {"kind": "dni", "number": "12345678Z", "expires_on": "2031-05-01"}


def person(**changes: Any) -> dict[str, Any]:
    """An identification request of a standard person."""
    return {
        "document": DOCUMENT,
        "nif": "12345678Z",
        "given_name": "María José",
        "surname1": "Núñez",
        "surname2": "Peña",
        "birth_date": "1985-02-28",
        "email": "maria@example.org",
        "mobile": "+34612345678",
        "delivery": "sms",
        "language": "es",
        "presence": {"kind": "holder"},
        "conditions_accepted": "2026-11",
    } | changes


def another_person(number: int, **changes: Any) -> dict[str, Any]:
    """The changes that make the standard person another one, by number."""
    nif = f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    document = {"kind": "dni", "number": nif, "expires_on": "2031-05-01"}
    return {"nif": nif, "document": document, "mobile": f"+346{number % 100_000_000:08d}"} | changes


def new_csr(key: Any = None) -> str:
    """A PKCS#10 request for a key, a new P-256 one where none is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return csr.public_bytes(Encoding.PEM).decode()


def issuer_id(certificate: x509.Certificate) -> str:
    """The id of the CA that issued a certificate."""
    found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    return (found.value.key_identifier or b"")[:8].hex()


def make_world(
    *,
    functions: Functions | None = None,
    clock: Clock | None = None,
    phone: Phone | None = None,
    settings: Settings = SETTINGS,
    ceremony: str = CEREMONY,
) -> World:
    """Hold the ceremony, enter a point, appoint an officer, log in."""
    clock = clock or Clock()
    cloud = Cloud(settings, functions or InProcessFunctions(FUNCTIONS), clock=clock)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ceremony.toml")
        file.write_text(ceremony)
        hold(read_ceremony(file), cloud, Path(folder))
    for name, services in (
        (POINT, ("identification", "card-loading", "revocation", "phone", "video-review")),
        (OTHER_POINT, ("identification",)),
    ):
        save_point(cloud, point(name, services), "operator:test")
    app = create_app(cloud)
    officer = log_in(app, appoint(cloud, "officer-1", POINT))
    return World(cloud, app, clock, phone or moto_phone(settings.region), officer, Client(app))


def point(name: str, services: Any) -> RegistrationPoint:
    return msgspec.convert(
        {
            "id": name,
            "name": f"Punt de registre {name}",
            "address": "Plaça Major, 1",
            "municipality": "València",
            "province": "46",
            "postcode": "46001",
            "phone": "963 000 000",
            "opening_hours": "9-14",
            "services": services,
        },
        RegistrationPoint,
    )


def appoint(
    cloud: Cloud, officer_id: str, at: str, role: str = "registration-officer", *, until: str = "2031-05-01"
) -> str:
    """An officer with a certificate, obtained with a code: the certificate in PEM."""
    request = appointment(officer_id, at, role, until=until)
    appoint_officer(cloud, request, "operator:test")
    granted = cloud.invoke(
        "authority", {"operation": "grant", "subject": f"appointment:{officer_id}", "actor": "operator:test"}
    )
    issued = download.from_csr(
        cloud, code=granted["code"], csr=new_csr(), email_code=None, source="198.51.100.1"
    )
    return issued.certificate.public_bytes(Encoding.PEM).decode()


def appointment(
    officer_id: str, at: str, role: str = "registration-officer", *, until: str = "2031-05-01"
) -> AppointmentRequest:
    """A request to appoint somebody, whose document is in force until then."""
    number = 20_000_000 + sum(map(ord, officer_id))
    changes = another_person(number)
    return AppointmentRequest(
        officer_id=officer_id,
        document=msgspec.convert(changes["document"] | {"expires_on": until}, Document),
        nif=changes["nif"],
        given_name="Amparo",
        surname1="Ferrer",
        birth_date=datetime(1980, 1, 1, tzinfo=UTC).date(),
        email="amparo@example.org",
        point_id=at,
        role=role,  # type: ignore[arg-type]
        delivery="paper",
        language="es",
    )


def log_in(app: Api, certificate: str) -> Client:
    """A client with an officer's certificate and session."""
    client = Client(app, source="198.51.100.1", certificate=certificate)
    answer = client.post("/v1/officer-sessions")
    assert answer.status == 201, answer.body
    client.token = answer.json["token"]
    return client


def fake_credentials() -> None:
    """Credentials that open nothing, for engines that ask for some."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION=SETTINGS.region
    )
