"""R23: wrong CRL point, AIA, QC statement or policy: every certificate is linted before it is signed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from msgspec import structs

from chalicelib.pki import qc_statements
from chalicelib.pki.certificate import StatusUrls, certificate_builder, crl_shard
from chalicelib.pki.lint import LintError, findings, require_clean
from chalicelib.pki.profiles import ANY_POLICY
from tests.pki.authority import (
    HOLDER_KEY,
    ISSUED,
    ISSUER,
    ISSUING_KEY,
    PROFILES,
    QUALIFIED,
    SERIAL,
    SUBJECT,
    URLS,
    every_profile,
    issue,
    sign,
)

CITIZEN = PROFILES["citizen-software"]
DV = x509.ObjectIdentifier("2.23.140.1.2.1")
Change = Callable[[x509.ExtensionType], x509.ExtensionType | None]


def changed(kind: type[x509.ExtensionType], change: Change, critical: bool | None = None) -> x509.Certificate:
    """A citizen's certificate with one extension exchanged, or left out when `change` gives None."""
    good = issue(CITIZEN)
    builder = x509.CertificateBuilder(
        issuer_name=good.issuer,
        subject_name=good.subject,
        public_key=HOLDER_KEY.public_key(),
        serial_number=good.serial_number,
        not_valid_before=good.not_valid_before_utc,
        not_valid_after=good.not_valid_after_utc,
    )
    for extension in good.extensions:
        value: x509.ExtensionType | None = extension.value
        is_critical = extension.critical
        if isinstance(extension.value, kind):
            value = change(extension.value)
            is_critical = extension.critical if critical is None else critical
        if value is not None:
            builder = builder.add_extension(value, critical=is_critical)
    return sign(builder, ISSUING_KEY)


def absent(_value: x509.ExtensionType) -> None:
    return None


def policies(*oids: x509.ObjectIdentifier) -> Change:
    assert CITIZEN.practice_statement is not None
    practice = {CITIZEN.policies[0]: [CITIZEN.practice_statement]}
    return lambda _: x509.CertificatePolicies(
        [x509.PolicyInformation(oid, practice.get(oid)) for oid in oids]
    )


def statements(*kept: qc_statements.QcStatement) -> Change:
    value = qc_statements.encode(kept)
    return lambda _: x509.UnrecognizedExtension(qc_statements.ID_PE_QC_STATEMENTS, value)


def crl(url: str) -> Change:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return lambda _: x509.CRLDistributionPoints([point])


def access(ocsp: str, ca: str) -> Change:
    methods = AuthorityInformationAccessOID
    return lambda _: x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(methods.OCSP, x509.UniformResourceIdentifier(ocsp)),
            x509.AccessDescription(methods.CA_ISSUERS, x509.UniformResourceIdentifier(ca)),
        ]
    )


OWN, NCP = CITIZEN.policies
ESIGN, PDS, SEMANTICS = CITIZEN.qc_statements
QC = x509.UnrecognizedExtension
CA_URL, CRL_URL = URLS.ca(ISSUER.id), URLS.crl(ISSUER.id, 1)
OTHER_ID = "0123456789abcdef"

WRONG: list[tuple[str, type[x509.ExtensionType], Change]] = [
    ("the DV policy of the CA/B Forum", x509.CertificatePolicies, policies(OWN, DV)),
    ("anyPolicy", x509.CertificatePolicies, policies(OWN, ANY_POLICY)),
    ("another policy of ours", x509.CertificatePolicies, policies(PROFILES["registration-officer"].policies[0], NCP)),  # noqa: E501
    ("a third policy", x509.CertificatePolicies, policies(OWN, NCP, DV)),
    ("ETSI's policy alone", x509.CertificatePolicies, policies(NCP)),
    ("no policies", x509.CertificatePolicies, absent),
    ("no PDS (pkilint does not see it)", QC, statements(ESIGN, SEMANTICS)),
    ("no semantics identifier (pkilint does not see it)", QC, statements(ESIGN, PDS)),
    ("QcCompliance without supervision", QC, statements(qc_statements.Compliance(), ESIGN, PDS, SEMANTICS)),
    ("QcSSCD", QC, statements(qc_statements.Sscd(), ESIGN, PDS, SEMANTICS)),
    ("no QC statements", QC, absent),
    ("another CA's CRL", x509.CRLDistributionPoints, crl(URLS.crl(OTHER_ID, 1))),
    ("a CRL by https", x509.CRLDistributionPoints, crl(CRL_URL.replace("http:", "https:"))),
    ("a CRL by ldap", x509.CRLDistributionPoints, crl("ldap://x.es/cn=crl")),
    ("no CRL", x509.CRLDistributionPoints, absent),
    ("another CA's certificate", x509.AuthorityInformationAccess, access(URLS.ocsp(), URLS.ca(OTHER_ID))),
    ("OCSP by https", x509.AuthorityInformationAccess, access("https://status.clavero.es/ocsp", CA_URL)),
    ("OCSP elsewhere", x509.AuthorityInformationAccess, access("http://status.clavero.es/", CA_URL)),
    ("no AIA", x509.AuthorityInformationAccess, absent),
    ("serverAuth added", x509.ExtendedKeyUsage, lambda _: x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])),  # noqa: E501
    ("no EKU", x509.ExtendedKeyUsage, absent),
    ("keyEncipherment with EC", x509.KeyUsage, lambda _: x509.KeyUsage(True, True, True, False, False, False, False, False, False)),  # noqa: E501
    ("signature only", x509.KeyUsage, lambda _: x509.KeyUsage(True, False, False, False, False, False, False, False, False)),  # noqa: E501
    ("another key's SKI", x509.SubjectKeyIdentifier, lambda _: x509.SubjectKeyIdentifier(b"\x01" * 20)),
    ("no AKI", x509.AuthorityKeyIdentifier, absent),
    ("its own AKI", x509.AuthorityKeyIdentifier, lambda _: x509.AuthorityKeyIdentifier.from_issuer_public_key(HOLDER_KEY.public_key())),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_R23_one_wrong_extension_stops_the_issuance(kind: type[x509.ExtensionType], change: Change) -> None:
    with pytest.raises(LintError):
        require_clean(changed(kind, change), CITIZEN)


@pytest.mark.parametrize(
    "kind", [x509.CertificatePolicies, x509.CRLDistributionPoints, x509.ExtendedKeyUsage, x509.KeyUsage]
)
def test_R23_criticality_is_part_of_the_profile(kind: type[x509.ExtensionType]) -> None:
    """A critical policy extension makes old software refuse the certificate (EN 319 412-2)."""
    critical = kind is not x509.KeyUsage
    with pytest.raises(LintError):
        require_clean(changed(kind, lambda value: value, critical=critical), CITIZEN)


def test_R23_an_unchanged_copy_passes() -> None:
    """The helper of these tests adds no fault of its own."""
    require_clean(changed(x509.KeyUsage, lambda value: value), CITIZEN)


def test_R23_a_certificate_passes_under_its_own_profile_only() -> None:
    """What is right for a citizen is wrong for an officer, and so for every pair."""
    certificates = every_profile()
    profiles = {**{name: PROFILES[name] for name in PROFILES}, "qualified": QUALIFIED["citizen-software"]}
    for own, certificate in certificates.values():
        for profile in profiles.values():
            if profile == own:
                require_clean(certificate, profile)
            else:
                with pytest.raises(LintError):
                    require_clean(certificate, profile)


def local_certificate() -> x509.Certificate:
    builder = certificate_builder(
        CITIZEN,
        subject=SUBJECT,
        public_key=HOLDER_KEY.public_key(),
        issuer=ISSUER,
        serial=SERIAL,
        not_before=ISSUED,
        urls=StatusUrls("http://127.0.0.1:8000"),
    )
    return sign(builder, ISSUING_KEY)


def test_R23_an_internal_host_is_waived_by_the_caller_only() -> None:
    """A laptop may point at itself; the waiver names that finding, and waives none of our own.

    At 127.0.0.1: a host without a dot, such as `localhost`, is also an invalid URI to pkilint.
    """
    local = local_certificate()
    with pytest.raises(LintError, match=r"etsi\.internal_domain_name"):
        require_clean(local, CITIZEN)
    require_clean(local, CITIZEN, waived=frozenset({"etsi.internal_domain_name"}))
    wrong = changed(x509.CertificatePolicies, policies(OWN, DV))
    with pytest.raises(LintError):
        require_clean(wrong, CITIZEN, waived=frozenset({"clavero.policies"}))


def test_R23_a_warning_passes_only_where_the_profile_lists_it() -> None:
    strict = structs.replace(CITIZEN, allowed_warnings=frozenset())
    assert [finding.severity for finding in findings(issue(CITIZEN), strict)] == ["WARNING"]
    with pytest.raises(LintError):
        require_clean(issue(CITIZEN), strict)


def test_R23_the_crl_named_is_the_one_that_lists_the_serial() -> None:
    """CFCA pointed certificates at CRLs that could not hold them."""
    points = issue(CITIZEN).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (name,) = list(points[0].full_name or ())
    assert name.value == URLS.crl(ISSUER.id, crl_shard(SERIAL, ISSUER.crl_shards))


def test_R23_a_uuid_policy_arc_cannot_be_linted_and_is_refused_earlier() -> None:
    """An arc above 32 bits made pkilint report FATAL on every certificate: found when this gate was built."""
    big = x509.ObjectIdentifier("2.25.186407323513391265018237246532193410517.1.1")
    found = findings(changed(x509.CertificatePolicies, policies(big, NCP)), CITIZEN)
    assert "itu.invalid_asn1_syntax" in {finding.code for finding in found}
