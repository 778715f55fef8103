"""A dishonest or dangerous profile cannot be constructed."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography.x509 import ObjectIdentifier, ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import structs

from chalicelib.pki import qc_statements as qc
from chalicelib.pki.catalogue import CITIZENS, PEOPLES_KEYS, catalogue
from chalicelib.pki.key_types import KeyType
from chalicelib.pki.profiles import (
    ANY_POLICY,
    NCP,
    NCP_PLUS,
    QCP_N,
    QCP_N_QSCD,
    Days,
    DishonestProfile,
    Supervision,
    Years,
    not_after,
)
from tests.pki.authority import ARC, PRACTICE, PROFILES, QUALIFIED

CITIZEN = PROFILES["citizen-software"]
OWN = CITIZEN.policies[0]
CARD, SECURE = PROFILES["citizen-card"].policies[0], PROFILES["citizen-card-secure"].policies[0]
RSA_ONLY = frozenset(key for key in PEOPLES_KEYS if key.is_rsa)
DV = ObjectIdentifier("2.23.140.1.2.1")

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("QcCompliance without supervision", "citizen-software", {"qc_statements": (qc.Compliance(), *CITIZEN.qc_statements)}),  # noqa: E501
    ("QcSSCD for software", "citizen-software", {"qc_statements": (qc.Sscd(), *CITIZEN.qc_statements)}),
    ("QcSSCD of a card that attests nothing", "citizen-card", {"qc_statements": (qc.Sscd(), *CITIZEN.qc_statements)}),  # noqa: E501
    ("QcSSCD without supervision", "citizen-card-secure", {"qc_statements": (qc.Sscd(), *CITIZEN.qc_statements)}),  # noqa: E501
    ("QCP-n-qscd without supervision", "citizen-card-secure", {"policies": (SECURE, QCP_N_QSCD)}),
    ("NCP+ for software", "citizen-software", {"policies": (OWN, NCP_PLUS)}),
    ("NCP+ of a card that attests nothing", "citizen-card", {"policies": (CARD, NCP_PLUS)}),
    ("an officer's device", "ocsp-responder", {"device": True}),
    ("no PDS", "citizen-software", {"qc_statements": (qc.ESignature(), qc.NaturalPersonSemantics())}),
    ("no semantics identifier", "citizen-software", {"qc_statements": CITIZEN.qc_statements[:2]}),
    ("PDS by http", "citizen-software", {"qc_statements": (qc.ESignature(), qc.NaturalPersonSemantics(), qc.DisclosureStatements((("en", "http://x.es/"),)))}),  # noqa: E501
    ("PDS without English", "citizen-software", {"qc_statements": (qc.ESignature(), qc.NaturalPersonSemantics(), qc.DisclosureStatements((("es", "https://x.es/"),)))}),  # noqa: E501
    ("QCP-n without supervision", "citizen-software", {"policies": (OWN, QCP_N)}),
    ("anyPolicy for a person", "citizen-software", {"policies": (OWN, ANY_POLICY)}),
    ("the CA/Browser Forum's DV policy", "citizen-software", {"policies": (OWN, DV)}),
    ("NCP alone", "citizen-software", {"policies": (NCP,)}),
    ("no practice statement", "citizen-software", {"practice_statement": None}),
    ("emailProtection", "citizen-software", {"extended_key_usage": (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)}),  # noqa: E501
    ("anyExtendedKeyUsage", "citizen-software", {"extended_key_usage": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}),  # noqa: E501
    ("OCSPSigning for a person", "citizen-software", {"extended_key_usage": (ExtendedKeyUsageOID.OCSP_SIGNING,)}),  # noqa: E501
    ("OCSPSigning for a CA", "issuing-ca", {"extended_key_usage": (ExtendedKeyUsageOID.OCSP_SIGNING,)}),
    ("serverAuth", "registration-officer", {"extended_key_usage": (ExtendedKeyUsageOID.SERVER_AUTH,)}),
    ("no EKU at all for a person", "registration-officer", {"extended_key_usage": ()}),
    ("keyEncipherment with EC", "citizen-software", {"key_usage": CITIZEN.key_usage | {"key_encipherment"}}),
    ("keyAgreement with RSA", "citizen-software", {"key_usage": CITIZEN.key_usage | {"key_agreement"}}),
    ("no ETSI key usage type", "citizen-software", {"key_usage": frozenset({"digital_signature", "data_encipherment"})}),  # noqa: E501
    ("a citizen who signs certificates", "citizen-software", {"key_usage": CITIZEN.key_usage | {"key_cert_sign"}}),  # noqa: E501
    ("a CA that signs documents", "issuing-ca", {"key_usage": frozenset({"key_cert_sign", "crl_sign", "digital_signature"})}),  # noqa: E501
    ("a person above five years", "citizen-software", {"validity": Years(6)}),
    ("1,827 days, five years and a day", "citizen-software", {"validity": Days(1827)}),
    ("no validity", "citizen-software", {"validity": Days(0)}),
    ("a responder of a year", "ocsp-responder", {"validity": Days(365)}),
    ("an issuing CA with CAs below", "issuing-ca", {"path_length": 1}),
    ("a citizen with a path length", "citizen-software", {"path_length": 0}),
    ("certificateHold", "ocsp-responder", {"revocation_reasons": frozenset({ReasonFlags.certificate_hold})}),
    ("removeFromCRL", "citizen-software", {"revocation_reasons": frozenset({ReasonFlags.remove_from_crl})}),
    ("cACompromise for a person", "citizen-software", {"revocation_reasons": frozenset({ReasonFlags.ca_compromise})}),  # noqa: E501
    ("e-mail in a responder", "ocsp-responder", {"email_allowed": True}),
    ("QC statements in a responder", "ocsp-responder", {"qc_statements": (qc.NaturalPersonSemantics(),)}),
    ("a version of another profile", "citizen-software", {"version": "registration-officer/1"}),
    ("no key type", "citizen-software", {"key_types": frozenset()}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_profile_that_lies_or_grants_too_much_is_refused(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(DishonestProfile):
        structs.replace(PROFILES[name], **changes)


def test_key_encipherment_is_possible_for_rsa_alone() -> None:
    """The key usage rule is about keys, not a ban: type F exists."""
    usage = CITIZEN.key_usage | {"key_encipherment"}
    assert structs.replace(CITIZEN, key_usage=usage, key_types=RSA_ONLY).key_types == RSA_ONLY


def test_a_uuid_policy_arc_is_refused() -> None:
    """2.25.<128-bit number> is a valid OID that pkilint, and much else, cannot decode (RFC 5280, app. B)."""
    with pytest.raises(DishonestProfile, match="below 2"):
        catalogue("2.25.186407323513391265018237246532193410517", practice_url=PRACTICE)


def test_a_supervision_needs_a_reference() -> None:
    with pytest.raises(DishonestProfile):
        Supervision("  ")


def test_only_citizens_become_qualified_under_supervision() -> None:
    """Officers' certificates log in and sign nothing, so they never claim it."""
    assert qc.Compliance() in QUALIFIED["citizen-software"].qc_statements
    assert QCP_N in QUALIFIED["citizen-software"].policies
    for name in set(PROFILES) - CITIZENS:
        assert QUALIFIED[name] == PROFILES[name]
    with pytest.raises(DishonestProfile):
        structs.replace(QUALIFIED["citizen-software"], supervision=None)


def test_only_a_supervised_authority_says_qscd_and_only_of_attested_cards() -> None:
    """3.10 c: QcSSCD, QCP-n-qscd and NCP+ each stand in one profile and nowhere else."""
    told = {
        (name, supervised): (set(profile.policies) - set(profile.own_policies), profile.qc_statements)
        for supervised, profiles in ((False, PROFILES), (True, QUALIFIED))
        for name, profile in profiles.items()
        if name in CITIZENS
    }
    assert {key: policies for key, (policies, _) in told.items()} == {
        ("citizen-software", False): {NCP},
        ("citizen-card", False): {NCP},
        ("citizen-card-secure", False): {NCP_PLUS},
        ("citizen-software", True): {QCP_N},
        ("citizen-card", True): {QCP_N},
        ("citizen-card-secure", True): {QCP_N_QSCD},
    }
    assert [key for key, (_, said) in told.items() if qc.Sscd() in said] == [("citizen-card-secure", True)]
    secure = QUALIFIED["citizen-card-secure"]
    for changes in (
        {"device": False},
        {"qc_statements": QUALIFIED["citizen-card"].qc_statements},
        {"policies": (*secure.own_policies, QCP_N)},
    ):
        with pytest.raises(DishonestProfile):
            structs.replace(secure, **changes)


def test_own_policies_are_distinct_and_under_the_arc() -> None:
    own = [oid.dotted_string for profile in PROFILES.values() for oid in profile.own_policies]
    assert len(own) == len(set(own)) == 5
    assert all(oid.startswith(f"{ARC}.1.") for oid in own)


@pytest.mark.parametrize(
    ("start", "validity", "end"),
    [
        ("2026-11-22T10:30:00", Years(3), "2029-11-22T10:29:59"),
        ("2028-02-29T00:00:00", Years(3), "2031-02-27T23:59:59"),
        ("2028-02-29T12:00:00", Years(3), "2031-02-28T11:59:59"),
        ("2028-02-29T12:00:00", Years(4), "2032-02-29T11:59:59"),
        ("2027-03-01T00:00:00", Years(1), "2028-02-29T23:59:59"),
        ("2026-01-01T00:00:00", Days(90), "2026-03-31T23:59:59"),
    ],
)
def test_validity_by_the_calendar(start: str, validity: Years | Days, end: str) -> None:
    """Years end on the same day of the year, 29 February on the 28th: never longer than promised."""
    begins = datetime.datetime.fromisoformat(start).replace(tzinfo=datetime.UTC)
    assert not_after(begins, validity) == datetime.datetime.fromisoformat(end).replace(tzinfo=datetime.UTC)


def test_key_types_are_named_as_in_kms() -> None:
    assert {key.value for key in KeyType} == {
        "ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048", "RSA_3072", "RSA_4096",
    }  # fmt: skip
