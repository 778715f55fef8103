"""The gate before every CA signature: pkilint (ETSI EN 319 412, RFC 5280) and our own profile checks.

pkilint does not notice a missing PDS, an undeclared serialNumber or a foreign policy, and it knows no
profile; `profile_checks` adds what it lacks. ERROR and FATAL findings stop an issuance, and so does a
WARNING that the profile does not list.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.errors import Problem
from chalicelib.pki import qc_statements as qc
from chalicelib.pki.profile_checks import CHECKS
from chalicelib.pki.profiles import Kind, Profile

if TYPE_CHECKING:
    from pkilint.validation import ValidationResult

BLOCKING = frozenset({"FATAL", "ERROR"})
# The least severe findings are remarks ("key usage extension present"), not faults.
REPORTED = BLOCKING | {"WARNING"}

Validate = Callable[[bytes], "Iterable[ValidationResult]"]


@functools.cache
def linter() -> str:
    """The linter and its version, which are recorded with each certificate that passed."""
    from importlib.metadata import version

    return f"pkilint {version('pkilint')}"


class LintError(Problem):
    """What would be signed is not what its profile promises. Nothing is signed."""

    slug = "certificate-does-not-conform"
    title = "The certificate would not conform to its profile"


class Finding(msgspec.Struct, frozen=True):
    """One fault. `message` may quote the certificate: it is for operators, `code` is for anyone."""

    severity: str
    code: str
    message: str


def findings(
    certificate: x509.Certificate, profile: Profile, *, waived: frozenset[str] = frozenset()
) -> list[Finding]:
    """Everything that stands against a certificate, or its preview, under a profile.

    Args:
        waived: pkilint codes to pass over, such as the local stage's "etsi.internal_domain_name".
            Our own checks cannot be waived.
    """
    if profile.kind is Kind.NATURAL_PERSON:
        linter = _etsi_linter(qscd=qc.Sscd in map(type, profile.qc_statements))
    else:
        linter = _pkix_linter()
    theirs = [
        finding
        for finding in _collect(linter(certificate.public_bytes(Encoding.DER)))
        if finding.code not in waived
    ]
    ours = [
        Finding("ERROR", f"clavero.{check.__name__.lstrip('_')}", message)
        for check in CHECKS
        for message in check(certificate, profile)
    ]
    return theirs + ours


def require_clean(
    certificate: x509.Certificate, profile: Profile, *, waived: frozenset[str] = frozenset()
) -> None:
    """Let a certificate pass, or stop it.

    Raises:
        LintError: naming the codes of what was found.
    """
    against = [
        finding
        for finding in findings(certificate, profile, waived=waived)
        if finding.severity in BLOCKING or finding.code not in profile.allowed_warnings
    ]
    if against:
        raise LintError(", ".join(sorted({finding.code for finding in against})))


def crl_findings(crl: bytes) -> list[Finding]:
    """What pkilint says of a CRL in DER (RFC 5280)."""
    return _collect(_crl_linter()(crl))


def ocsp_findings(response: bytes) -> list[Finding]:
    """What pkilint says of an OCSP response in DER."""
    return _collect(_ocsp_linter()(response))


def _collect(results: Iterable[ValidationResult]) -> list[Finding]:
    return [
        Finding(str(item.finding.severity), item.finding.code, item.message or "")
        for result in results
        for item in result.finding_descriptions
        if str(item.finding.severity) in REPORTED
    ]


# pkilint takes a second to import and to set up, so each linter is made when it is first needed.


@functools.cache
def _etsi_linter(*, qscd: bool) -> Validate:
    """QCP-n-qscd, or NCP for natural persons: pkilint has no type for NCP+ and for QCP-n without a device."""
    from pkilint import etsi, finding_filter, loader
    from pkilint.etsi.etsi_constants import CertificateType
    from pkilint.pkix import certificate as pkix_certificate

    kind = CertificateType.NCP_NATURAL_PERSON_CERTIFICATE
    if qscd:
        kind = CertificateType.QCP_N_QSCD_EIDAS_FINAL_CERTIFICATE
    validator = pkix_certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )
    filters = etsi.create_etsi_finding_filters(kind)
    # A linted certificate is a tree of objects that know their parents, so the collector runs for each. Let
    # it pass over what was imported and made up to here, which stays: a fifth of the linter's time.
    gc.freeze()

    def lint(der: bytes) -> Iterable[ValidationResult]:
        results = validator.validate(loader.load_der_certificate(der, "certificate").root)
        kept: Iterable[ValidationResult]
        kept, _ = finding_filter.filter_results(filters, results)
        return kept

    return lint


@functools.cache
def _pkix_linter() -> Validate:
    """RFC 5280 alone, for CAs and OCSP responders, which are no subscribers to an ETSI policy."""
    from pkilint import loader
    from pkilint.pkix import certificate as pkix_certificate
    from pkilint.pkix import extension, name

    validator = pkix_certificate.create_pkix_certificate_validator_container(
        pkix_certificate.create_decoding_validators(
            name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS
        ),
        [
            pkix_certificate.create_issuer_validator_container([]),
            pkix_certificate.create_validity_validator_container(),
            pkix_certificate.create_subject_validator_container([]),
            pkix_certificate.create_extensions_validator_container([]),
            pkix_certificate.create_spki_validator_container([]),
        ],
    )
    return _linter(validator, loader.load_der_certificate)


@functools.cache
def _crl_linter() -> Validate:
    from pkilint import loader, pkix
    from pkilint.pkix import crl, extension, name

    validator = crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )
    return _linter(validator, loader.load_der_crl)


@functools.cache
def _ocsp_linter() -> Validate:
    from pkilint import loader, pkix
    from pkilint.pkix import extension, name, ocsp

    validator = ocsp.create_pkix_ocsp_response_validator_container(
        [
            ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )
    return _linter(validator, loader.load_der_ocsp_response)


def _linter(validator: Any, load: Callable[[bytes, str], Any]) -> Validate:
    def lint(der: bytes) -> Iterable[ValidationResult]:
        results: Iterable[ValidationResult] = validator.validate(load(der, "document").root)
        return results

    return lint
