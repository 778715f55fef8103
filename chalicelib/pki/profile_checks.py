"""What a certificate of a profile must hold, checked against the finished DER rather than its builder.

Each check yields the faults it finds. Together they leave nothing free but the subject's own values, the
public key, the serial number, the start of validity and the CRL shard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

from chalicelib.errors import Problem
from chalicelib.pki import qc_statements
from chalicelib.pki.key_types import accepted_key
from chalicelib.pki.names import LONGEST_CN, nif_is_valid
from chalicelib.pki.profiles import Kind, Profile, not_after

E = TypeVar("E", bound=x509.ExtensionType)
Check = Callable[[x509.Certificate, Profile], Iterator[str]]

PERSON_ATTRIBUTES = [
    NameOID.COUNTRY_NAME,
    NameOID.SURNAME,
    NameOID.GIVEN_NAME,
    NameOID.SERIAL_NUMBER,
    NameOID.COMMON_NAME,
]
AUTHORITY_ATTRIBUTES = [
    NameOID.COUNTRY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATION_IDENTIFIER,
    NameOID.COMMON_NAME,
]
PRINTABLE = frozenset({NameOID.COUNTRY_NAME, NameOID.SERIAL_NUMBER})


def _value(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _version_and_serial(certificate: x509.Certificate, _profile: Profile) -> Iterator[str]:
    if certificate.version is not x509.Version.v3:
        yield "not version 3"
    # RFC 5280, 4.1.2.2, and 64 bits of entropy (CA/Browser Forum BR, 7.1).
    if not 64 < certificate.serial_number.bit_length() < 160:
        yield "the serial number is not positive, of 9 to 20 octets"


def _subject(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    expected = PERSON_ATTRIBUTES if profile.kind is Kind.NATURAL_PERSON else AUTHORITY_ATTRIBUTES
    if [attribute.oid for attribute in certificate.subject] != expected:
        yield "the attributes of the subject are not those of the profile, in its order"
        return
    if len(certificate.subject.rdns) != len(expected):
        yield "the subject has a multi-valued RDN"
    for attribute in certificate.subject:
        printable = attribute.oid in PRINTABLE
        if attribute._type is not (_ASN1Type.PrintableString if printable else _ASN1Type.UTF8String):
            yield "a string of the subject has the wrong ASN.1 type"
    name = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    if len(name.encode()) > LONGEST_CN:
        yield "the common name is too long"
    if profile.kind is Kind.NATURAL_PERSON:
        number = str(certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)
        if not number.startswith("IDCES-") or not nif_is_valid(number.removeprefix("IDCES-")):
            yield "the subject's serialNumber is not a Spanish identity card identifier"


def _issuer(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    if [attribute.oid for attribute in certificate.issuer] != AUTHORITY_ATTRIBUTES:
        yield "the issuer's name is not that of one of our authorities"
    if (certificate.issuer == certificate.subject) != (profile.kind is Kind.ROOT_CA):
        yield "only a root is its own issuer"


def _validity(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    start = certificate.not_valid_before_utc
    if certificate.not_valid_after_utc != not_after(start, profile.validity):
        yield "the validity is not the profile's, to the second"


def _public_key(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    try:
        _, key_type = accepted_key(certificate.public_key())
    except Problem:
        yield "no profile accepts the public key"
        return
    if key_type not in profile.key_types:
        yield "the profile does not accept the type of the public key"


def _extension_set(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    """Exactly the extensions of the profile, each critical or not as it must be."""
    expected = {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER: False,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER: False,
        ExtensionOID.KEY_USAGE: True,
    }
    if profile.kind.is_ca:
        expected[ExtensionOID.BASIC_CONSTRAINTS] = True
    if profile.policies:
        expected[ExtensionOID.CERTIFICATE_POLICIES] = False
    if profile.extended_key_usage:
        expected[ExtensionOID.EXTENDED_KEY_USAGE] = False
    if profile.qc_statements:
        expected[qc_statements.ID_PE_QC_STATEMENTS] = False
    if profile.kind is not Kind.ROOT_CA:
        expected[ExtensionOID.AUTHORITY_INFORMATION_ACCESS] = False
    if profile.kind in (Kind.ISSUING_CA, Kind.NATURAL_PERSON):
        expected[ExtensionOID.CRL_DISTRIBUTION_POINTS] = False
    if profile.kind is Kind.OCSP_RESPONDER:
        expected[ExtensionOID.OCSP_NO_CHECK] = False
    found = {extension.oid: extension.critical for extension in certificate.extensions}
    if profile.email_allowed:
        expected.update({oid: False for oid in found if oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME})
    if found != expected:
        different = sorted(oid.dotted_string for oid, _ in found.items() ^ expected.items())
        yield f"missing, unexpected or wrongly critical extensions: {', '.join(dict.fromkeys(different))}"


def _usages(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    usage = _value(certificate, x509.KeyUsage)
    if usage is None or _key_usages(usage) != profile.key_usage:
        yield "the key usage is not the profile's"
    extended = _value(certificate, x509.ExtendedKeyUsage)
    if tuple(extended or ()) != profile.extended_key_usage:
        yield "the extended key usage is not the profile's"
    constraints = _value(certificate, x509.BasicConstraints)
    if profile.kind.is_ca and constraints != x509.BasicConstraints(True, profile.path_length):
        yield "the basic constraints are not the profile's"


def _key_usages(usage: x509.KeyUsage) -> frozenset[str]:
    names = {
        "digital_signature": usage.digital_signature,
        "content_commitment": usage.content_commitment,
        "key_encipherment": usage.key_encipherment,
        "data_encipherment": usage.data_encipherment,
        "key_agreement": usage.key_agreement,
        "key_cert_sign": usage.key_cert_sign,
        "crl_sign": usage.crl_sign,
        # The two below are undefined, and an error to read, without keyAgreement.
        "encipher_only": usage.key_agreement and usage.encipher_only,
        "decipher_only": usage.key_agreement and usage.decipher_only,
    }
    return frozenset(name for name, is_set in names.items() if is_set)


def _policies(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    policies = list(_value(certificate, x509.CertificatePolicies) or ())
    if tuple(policy.policy_identifier for policy in policies) != profile.policies:
        yield "the policies are not the profile's: one of ours, and no foreign one"
    for policy in policies:
        ours = policy.policy_identifier in profile.own_policies
        if policy.policy_qualifiers != ([profile.practice_statement] if ours else None):
            yield "a policy qualifier is not the practice statement beside our own policy"


def _qc_statements(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    try:
        found = certificate.extensions.get_extension_for_oid(qc_statements.ID_PE_QC_STATEMENTS)
    except x509.ExtensionNotFound:
        return  # _extension_set reports a missing one
    value = found.value
    if not isinstance(value, x509.UnrecognizedExtension) or (
        value.value != qc_statements.encode(profile.qc_statements)
    ):
        yield "the QC statements are not the profile's"


def _key_identifiers(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    own = _value(certificate, x509.SubjectKeyIdentifier)
    expected = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    if own != expected:
        yield "the subject key identifier is not that of the key"
    authority = _value(certificate, x509.AuthorityKeyIdentifier)
    if authority is None or authority.key_identifier is None or authority.authority_cert_issuer is not None:
        yield "the authority key identifier does not name the issuer's key, and it alone"
    elif (authority.key_identifier == expected.digest) != (profile.kind is Kind.ROOT_CA):
        yield "the authority key identifier is the subject's own"


def _status_urls(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    """Plain http, of the form that the publisher serves, under the issuer that signs."""
    authority = _value(certificate, x509.AuthorityKeyIdentifier)
    issuer = (authority.key_identifier or b"")[:8].hex() if authority else ""
    base = r"http://[a-z0-9.-]+(:[0-9]+)?"
    for point in _value(certificate, x509.CRLDistributionPoints) or ():
        urls = [name.value for name in point.full_name or ()]
        if len(urls) != 1 or not re.fullmatch(rf"{base}/crl/{issuer}/[0-9]{{3,}}\.crl", str(urls[0])):
            yield "the CRL distribution point is not one of this issuer's"
        if point.reasons or point.crl_issuer or point.relative_name:
            yield "the CRL distribution point says more than its URL"
    forms = {AuthorityInformationAccessOID.CA_ISSUERS: rf"{base}/ca/{issuer}\.cer"}
    if profile.kind is Kind.NATURAL_PERSON:
        forms[AuthorityInformationAccessOID.OCSP] = rf"{base}/ocsp"
    access = list(_value(certificate, x509.AuthorityInformationAccess) or ())
    if profile.kind is not Kind.ROOT_CA and {item.access_method for item in access} != set(forms):
        yield "authority information access is not the profile's"
    for item in access:
        if not re.fullmatch(forms.get(item.access_method, ""), str(item.access_location.value)):
            yield "an authority information access URL is not ours"


def _email(certificate: x509.Certificate, profile: Profile) -> Iterator[str]:
    names = _value(certificate, x509.SubjectAlternativeName)
    if names is None:
        return
    if not profile.email_allowed or len(names) != 1 or not isinstance(next(iter(names)), x509.RFC822Name):
        yield "the subject alternative name is not one e-mail address"


CHECKS: tuple[Check, ...] = (
    _version_and_serial,
    _subject,
    _issuer,
    _validity,
    _public_key,
    _extension_set,
    _usages,
    _policies,
    _qc_statements,
    _key_identifiers,
    _status_urls,
    _email,
)
