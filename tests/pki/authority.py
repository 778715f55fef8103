"""A small authority with fixed keys, names, serials and times: the same certificates on every run.

Its keys are published here and worth nothing.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.pki.catalogue import catalogue
from chalicelib.pki.certificate import IssuerInfo, StatusUrls, assemble, certificate_builder, unsigned
from chalicelib.pki.key_types import PublicKey, signature_hash
from chalicelib.pki.names import NaturalPersonName, authority_name, natural_person_subject
from chalicelib.pki.profiles import Profile, Supervision

ARC = "1.3.6.1.4.1.32473.1"  # the enterprise number for examples, RFC 5612
PRACTICE = "https://www.clavero.es"
URLS = StatusUrls("http://status.clavero.es")
CREATED = datetime.datetime(2026, 1, 15, 9, 0, 0, tzinfo=datetime.UTC)
ISSUED = datetime.datetime(2026, 11, 22, 10, 30, 0, tzinfo=datetime.UTC)
SERIAL = int("01" + "5a" * 16, 16)

PROFILES = catalogue(ARC, practice_url=PRACTICE)
QUALIFIED = catalogue(ARC, practice_url=PRACTICE, supervision=Supervision("Resolution 1/2030 (example)"))

ROOT_KEY = ec.derive_private_key(0xC1A0001, ec.SECP384R1())
ISSUING_KEY = ec.derive_private_key(0xC1A0002, ec.SECP256R1())
HOLDER_KEY = ec.derive_private_key(0xC1A0003, ec.SECP256R1())

PERSON = NaturalPersonName("MARÍA JOSÉ", "NÚÑEZ", "O'BRIEN", "12345678Z")
SUBJECT = natural_person_subject(PERSON)


def ca_name(common_name: str) -> x509.Name:
    return authority_name(organisation="Clavero", organisation_id="VATES-A58818501", common_name=common_name)


@dataclass(frozen=True)
class Request:
    """What `issue` needs beside the profile; the defaults are a citizen's."""

    subject: x509.Name = SUBJECT
    public_key: PublicKey = field(default_factory=HOLDER_KEY.public_key)
    serial: int = SERIAL
    not_before: datetime.datetime = ISSUED
    email: str | None = None


def sign(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Build, sign without chance (RFC 6979) and assemble."""
    tbs, _ = unsigned(builder, key.public_key())
    algorithm = ec.ECDSA(signature_hash(key.public_key()), deterministic_signing=True)
    return assemble(tbs, key.sign(tbs, algorithm), key.public_key())


def issue(
    profile: Profile,
    request: Request | None = None,
    *,
    issuer: IssuerInfo | None = None,
    key: ec.EllipticCurvePrivateKey = ISSUING_KEY,
) -> x509.Certificate:
    """A certificate of the issuing CA, or of another issuer."""
    asked = request or Request()
    builder = certificate_builder(
        profile,
        subject=asked.subject,
        public_key=asked.public_key,
        issuer=issuer or ISSUER,
        serial=asked.serial,
        not_before=asked.not_before,
        email=asked.email,
        urls=URLS,
    )
    return sign(builder, key)


ROOT = sign(
    certificate_builder(
        PROFILES["root-ca"],
        subject=ca_name("Clavero Root CA 2026"),
        public_key=ROOT_KEY.public_key(),
        issuer=None,
        serial=SERIAL + 1,
        not_before=CREATED,
        urls=URLS,
    ),
    ROOT_KEY,
)
ROOT_ISSUER = IssuerInfo.of(ROOT, 1)
ISSUING = issue(
    PROFILES["issuing-ca"],
    Request(ca_name("Clavero Citizens CA 2026"), ISSUING_KEY.public_key(), SERIAL + 2, CREATED),
    issuer=ROOT_ISSUER,
    key=ROOT_KEY,
)
ISSUER = IssuerInfo.of(ISSUING, 64)


def every_profile() -> dict[str, tuple[Profile, x509.Certificate]]:
    """One certificate of each profile, by a name that says which."""
    responder = Request(subject=ca_name("Clavero OCSP 2026-11"))
    with_email = Request(email="maria.nunez@gva.es")
    citizen, qualified = PROFILES["citizen-software"], QUALIFIED["citizen-software"]
    card, secure = PROFILES["citizen-card"], PROFILES["citizen-card-secure"]
    qualified_card = QUALIFIED["citizen-card-secure"]
    officer, ocsp = PROFILES["registration-officer"], PROFILES["ocsp-responder"]
    return {
        "root-ca": (PROFILES["root-ca"], ROOT),
        "issuing-ca": (PROFILES["issuing-ca"], ISSUING),
        "citizen-software": (citizen, issue(citizen)),
        "citizen-software-email": (citizen, issue(citizen, with_email)),
        "citizen-software-qualified": (qualified, issue(qualified, with_email)),
        "citizen-card": (card, issue(card)),
        "citizen-card-qualified": (QUALIFIED["citizen-card"], issue(QUALIFIED["citizen-card"])),
        "citizen-card-secure": (secure, issue(secure)),
        "citizen-card-secure-qualified": (qualified_card, issue(qualified_card, with_email)),
        "registration-officer": (officer, issue(officer)),
        "ocsp-responder": (ocsp, issue(ocsp, responder)),
    }
