"""The TBS is fixed before it is signed, and nothing else can come out of the assembly."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs

from chalicelib.pki.certificate import (
    IssuerInfo,
    ProfileRefuses,
    SignatureInvalid,
    StatusUrls,
    assemble,
    certificate_builder,
    crl_shard,
    unsigned,
)
from chalicelib.pki.lint import require_clean
from tests.pki.authority import (
    CREATED,
    HOLDER_KEY,
    ISSUED,
    ISSUER,
    ISSUING,
    ISSUING_KEY,
    PROFILES,
    ROOT_KEY,
    SERIAL,
    SUBJECT,
    URLS,
    Request,
    ca_name,
    issue,
    sign,
)

CITIZEN = PROFILES["citizen-software"]


def citizen_builder(issuer: IssuerInfo = ISSUER) -> x509.CertificateBuilder:
    return certificate_builder(
        CITIZEN,
        subject=SUBJECT,
        public_key=HOLDER_KEY.public_key(),
        issuer=issuer,
        serial=SERIAL,
        not_before=ISSUED,
        urls=URLS,
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_preview_has_the_tbs_that_the_ca_will_sign(curve: ec.EllipticCurve) -> None:
    """What is linted must be, to the octet, what is signed."""
    key = ec.generate_private_key(curve)
    tbs, preview = unsigned(citizen_builder(), key.public_key())
    hash_algorithm = hashes.SHA384() if curve.key_size == 384 else hashes.SHA256()
    certificate = assemble(tbs, key.sign(tbs, ec.ECDSA(hash_algorithm)), key.public_key())
    assert certificate.tbs_certificate_bytes == preview.tbs_certificate_bytes == tbs
    assert certificate.signature != preview.signature


def test_an_rsa_ca_signs_the_same_way() -> None:
    key = rsa.generate_private_key(65537, 3072)
    tbs, _ = unsigned(citizen_builder(), key.public_key())
    certificate = assemble(tbs, key.sign(tbs, padding.PKCS1v15(), hashes.SHA256()), key.public_key())
    assert certificate.signature_hash_algorithm is not None
    assert certificate.signature_hash_algorithm.name == "sha256"


def test_assembly_is_what_the_library_builds() -> None:
    """An independent encoder, cryptography's own builder, gives the same DER around the same signature."""
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    tbs, _ = unsigned(citizen_builder(), ISSUING_KEY.public_key())
    ours = assemble(tbs, ISSUING_KEY.sign(tbs, algorithm), ISSUING_KEY.public_key())
    theirs = citizen_builder().sign(ISSUING_KEY, hashes.SHA256(), ecdsa_deterministic=True)
    assert ours.public_bytes(Encoding.DER) == theirs.public_bytes(Encoding.DER)


def test_a_foreign_or_damaged_signature_is_refused() -> None:
    tbs, preview = unsigned(citizen_builder(), ISSUING_KEY.public_key())
    good = ISSUING_KEY.sign(tbs, ec.ECDSA(hashes.SHA256()))
    other_hash = ISSUING_KEY.sign(tbs, ec.ECDSA(hashes.SHA384()))
    for signature in (preview.signature, good[:-1], b"", other_hash):
        with pytest.raises(SignatureInvalid):
            assemble(tbs, signature, ISSUING_KEY.public_key())
    with pytest.raises(SignatureInvalid):
        assemble(tbs + b"\x00", good, ISSUING_KEY.public_key())
    with pytest.raises(SignatureInvalid):
        assemble(tbs, good, ROOT_KEY.public_key())


def test_only_a_root_is_its_own_issuer() -> None:
    with pytest.raises(ProfileRefuses):
        issue(PROFILES["root-ca"])
    with pytest.raises(ProfileRefuses):
        certificate_builder(
            CITIZEN,
            subject=SUBJECT,
            public_key=HOLDER_KEY.public_key(),
            issuer=None,
            serial=SERIAL,
            not_before=ISSUED,
            urls=URLS,
        )


@pytest.mark.parametrize("email", ["a", "a@b@c.es", "ñ@gva.es"])
def test_an_address_that_rfc822name_cannot_hold_is_refused(email: str) -> None:
    with pytest.raises(ProfileRefuses):
        issue(CITIZEN, Request(email=email))


def test_an_officer_gets_no_address() -> None:
    with pytest.raises(ProfileRefuses):
        issue(PROFILES["registration-officer"], Request(email="a@gva.es"))


@pytest.mark.parametrize(
    "not_before",
    [
        datetime.datetime(2026, 11, 22, 10, 30),  # noqa: DTZ001  # naive on purpose
        ISSUED.replace(microsecond=1),
        ISSUED.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    ],
)
def test_times_are_whole_seconds_of_utc(not_before: datetime.datetime) -> None:
    with pytest.raises(ProfileRefuses):
        issue(CITIZEN, Request(not_before=not_before))


@pytest.mark.parametrize("base", ["https://status.clavero.es", "http://status.clavero.es/", "ldap://x"])
def test_status_is_plain_http(base: str) -> None:
    with pytest.raises(ProfileRefuses):
        StatusUrls(base)


def test_dates_after_2049_are_generalized_time() -> None:
    """RFC 5280, 4.1.2.5: UTCTime to 2049, GeneralizedTime from 2050; a root made today ends in 2051."""
    late = structs.replace(PROFILES["root-ca"], name="root-ca")
    root = sign(
        certificate_builder(
            late,
            subject=ca_name("Clavero Root CA 2026"),
            public_key=ROOT_KEY.public_key(),
            issuer=None,
            serial=SERIAL,
            not_before=CREATED,
            urls=URLS,
        ),
        ROOT_KEY,
    )
    assert b"\x17\x0d260115090000Z\x18\x0f20510115085959Z" in root.tbs_certificate_bytes
    require_clean(root, late)


def test_the_shard_depends_on_the_serial_alone() -> None:
    assert crl_shard(SERIAL, 64) == SERIAL % 64
    assert URLS.crl(ISSUER.id, 7) == f"http://status.clavero.es/crl/{ISSUER.id}/007.crl"
    assert ISSUER.id == x509.SubjectKeyIdentifier.from_public_key(ISSUING.public_key()).digest[:8].hex()
