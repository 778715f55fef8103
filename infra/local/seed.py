"""What a local authority starts with: a key ceremony, points, and a first officer with a certificate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import FUNCTIONS, create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.fetch import Fetcher, IPAddress, is_public
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.certificates import download
from chalicelib.login.trust_list import read_trust_list
from chalicelib.pki.expiry import figures_of_crls
from chalicelib.pki.issuers import issuers
from chalicelib.registry.appointment import AppointmentRequest
from chalicelib.registry.civil_register import CivilEntry, import_entry
from chalicelib.registry.documents import Document
from chalicelib.registry.points import RegistrationPoint
from chalicelib.registry.staff import appoint_officer, save_point
from chalicelib.registry.tables import CivilRow, OfficerRow
from chalicelib.settings import read_settings
from infra.ceremony.config import read_ceremony
from infra.ceremony.hold import hold
from infra.local.card_maker import make_card_maker
from infra.local.clock import LocalClock
from infra.local.instance import Seeded
from infra.local.pay import contract
from infra.local.trail import keep_trail

CEREMONY = Path(__file__).parent.parent / "ceremony" / "local.toml"
POINTS = Path(__file__).parent / "points.jsonl"
PEOPLE = Path(__file__).parent / "people.jsonl"
"""Whom the civil register knows: invented people, with numbers that are used in examples."""
OFFICER = "first-officer"
POINT = "valencia-ayuntamiento"
OPERATOR = "operator:local"
LAST_DAYS = timedelta(days=30)
"""Of an officer's certificate, which lives for a year: in them, and after them, another officer comes."""


def seed(folder: Path, environment: Mapping[str, str]) -> Seeded:
    """Make what is missing, and the app over it. Seeding twice changes nothing."""
    settings = read_settings(environment)
    clock = LocalClock(folder)
    if not settings.card_models:
        listed = make_card_maker(folder / "cards", clock())
        settings = replace(settings, card_models=str(listed))
    cloud = Cloud(
        settings,
        functions=InProcessFunctions(FUNCTIONS),
        clock=clock,
        fetcher=Fetcher(_nearby_or_public),
    )
    keep_trail(cloud, folder / "kms-trail.jsonl")  # before KMS has a client, which would not be heard
    cloud.settings = contract(cloud)
    ceremony, records = read_ceremony(CEREMONY), folder / "ceremony"
    hold(ceremony, cloud, records)
    for line in POINTS.read_bytes().splitlines():
        save_point(cloud, msgspec.json.decode(line, type=RegistrationPoint), OPERATOR)
    for line in PEOPLE.read_bytes().splitlines():
        entry = msgspec.json.decode(line, type=CivilEntry)
        if CivilRow.find(entry.nif) is None:
            import_entry(cloud, entry, OPERATOR)
    officer = folder / "officer"
    make_officer(cloud, officer)
    hints = [
        f"Officer       {officer}/certificate.pem with key.pem, at point {POINT}",
        f"Cards         a test card speaks: python -m infra.local.card_maker {folder}/cards",
        f"Try           curl --cacert {folder}/tls/localhost.pem --cert {officer}/certificate.pem \\",
        f"                --key {officer}/key.pem -X POST {{tls}}/v1/officer-sessions",
    ]

    def tend() -> None:
        if figures_of_crls(cloud)["RootCrlDaysLeft"] < ceremony.root.crl_days / 2:
            hold(ceremony, cloud, records)
        make_officer(cloud, officer)

    return Seeded(create_app(cloud), trust_store(cloud), hints, cloud, tend)


def make_officer(cloud: Cloud, folder: Path) -> None:
    """Appoint the first officer and obtain the officer's certificate with a code, as in life; another one
    when that certificate has come to its end."""
    certificate, key_file = folder / "certificate.pem", folder / "key.pem"
    officer, now = OFFICER, cloud.now()
    if certificate.exists():
        ends = x509.load_pem_x509_certificates(certificate.read_bytes())[0].not_valid_after_utc
        if ends - now > LAST_DAYS:
            return
        officer = f"officer-{now:%Y-%m-%d}"
    folder.mkdir(parents=True, exist_ok=True)
    if OfficerRow.find(officer) is None:
        appoint_officer(cloud, _request(officer, now.year), OPERATOR)
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    granted = cloud.invoke(
        "authority", {"operation": "grant", "subject": f"appointment:{officer}", "actor": OPERATOR}
    )
    pem = csr.public_bytes(Encoding.PEM).decode()
    issued = download.from_csr(cloud, code=granted["code"], csr=pem, email_code=None, source="127.0.0.1")
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(issued.encoded(download.PEM_CHAIN))


def trust_store(cloud: Cloud) -> str:
    """Whose clients the TLS port lets in: ours, and those of the trust list, which decides (ADR 0017)."""
    accepted = [issuer.certificate for issuer in issuers(cloud).all]
    if cloud.settings.trust_list:
        others = read_trust_list(Path(cloud.settings.trust_list).read_text(encoding="utf-8"))
        accepted += [authority for other in others for authority in other.authorities]
    return b"".join(dict.fromkeys(each.public_bytes(Encoding.PEM) for each in accepted)).decode()


def _nearby_or_public(address: IPAddress, port: int) -> bool:
    """Another issuer that is tried out may answer on this machine."""
    return address.is_loopback or is_public(address, port)


def _request(officer: str, year: int) -> AppointmentRequest:
    return AppointmentRequest(
        officer_id=officer,
        document=Document(kind="dni", number="00000000T", expires_on=date(year + 9, 1, 1)),
        nif="00000000T",
        given_name="Amparo",
        surname1="Ferrer",
        surname2="Soler",
        birth_date=date(1980, 5, 17),
        email="amparo.ferrer@example.org",
        point_id=POINT,
        role="registration-officer",
        delivery="paper",
        language="es",
    )
