"""Certificate profiles (ETSI EN 319 411-1, EN 319 412-2 and -5, RFC 5280) as data checked on construction.

A profile that would lie, or that would let a subscriber act as an authority, cannot be constructed, so
neither a configuration nor a later change can bring one into use.
"""

from __future__ import annotations

import calendar
import datetime
import enum
import re
from collections.abc import Iterator

import msgspec
from cryptography.x509 import ObjectIdentifier, ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID

from chalicelib.errors import Problem
from chalicelib.pki import qc_statements as qc
from chalicelib.pki.key_types import KeyType

ANY_POLICY = ObjectIdentifier("2.5.29.32.0")
NCP = ObjectIdentifier("0.4.0.2042.1.1")
NCP_PLUS = ObjectIdentifier("0.4.0.2042.1.2")
QCP_N = ObjectIdentifier("0.4.0.194112.1.0")
QCP_N_QSCD = ObjectIdentifier("0.4.0.194112.1.2")

SECOND = datetime.timedelta(seconds=1)


class DishonestProfile(Problem):
    """A profile that claims what is not so, or grants what its holders must not have."""

    slug = "dishonest-profile"
    title = "The certificate profile is not acceptable"


class Kind(enum.Enum):
    """What the subject of a profile is; it decides the form of its name and which extensions it has."""

    ROOT_CA = "root CA"
    ISSUING_CA = "issuing CA"
    NATURAL_PERSON = "natural person"
    OCSP_RESPONDER = "OCSP responder"

    @property
    def is_ca(self) -> bool:
        return self in (Kind.ROOT_CA, Kind.ISSUING_CA)


class Years(msgspec.Struct, frozen=True):
    """Calendar years: a period of people, ending on the same day of the year."""

    count: int


class Days(msgspec.Struct, frozen=True):
    """Days of 86,400 seconds: a period of machines."""

    count: int


class Supervision(msgspec.Struct, frozen=True):
    """The operator's statement that a supervisory body has granted qualified status (eIDAS, art. 21)."""

    reference: str

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise DishonestProfile("A qualified status needs the reference of the supervisory decision")


def not_after(not_before: datetime.datetime, validity: Years | Days) -> datetime.datetime:
    """The last second of validity: it belongs to the period (RFC 5280, 4.1.2.5), hence one second less."""
    if isinstance(validity, Days):
        return not_before + datetime.timedelta(days=validity.count) - SECOND
    year = not_before.year + validity.count
    # 29 February ends on 28 February of a common year: never longer than the period promised.
    day = min(not_before.day, calendar.monthrange(year, not_before.month)[1])
    return not_before.replace(year=year, day=day) - SECOND


# The longest validity of each kind. People: Ley 6/2020, art. 6 (qualified certificates, 5 years), kept
# for unqualified ones too.
LONGEST: dict[Kind, Years | Days] = {
    Kind.ROOT_CA: Years(25),
    Kind.ISSUING_CA: Years(15),
    Kind.NATURAL_PERSON: Years(5),
    Kind.OCSP_RESPONDER: Days(100),
}

# EN 319 412-2, NAT-4.3.2: the only combinations a natural person's certificate may have.
ETSI_KEY_USAGES: dict[frozenset[str], str] = {
    frozenset({"content_commitment"}): "A",
    frozenset({"content_commitment", "digital_signature"}): "B",
    frozenset({"digital_signature"}): "C",
    frozenset({"digital_signature", "key_agreement"}): "D",
    frozenset({"digital_signature", "key_encipherment"}): "D",
    frozenset({"key_agreement"}): "E",
    frozenset({"key_encipherment"}): "E",
    frozenset({"content_commitment", "digital_signature", "key_agreement"}): "F",
    frozenset({"content_commitment", "digital_signature", "key_encipherment"}): "F",
}
CA_KEY_USAGE = frozenset({"key_cert_sign", "crl_sign"})


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of certificate. `version` is recorded with each certificate and changes with any field."""

    name: str
    version: str
    kind: Kind
    arc: str
    """The policy OID arc of this deployment: every OID of `policies` is under it, or a known ETSI one."""
    validity: Years | Days
    key_usage: frozenset[str]
    extended_key_usage: tuple[ObjectIdentifier, ...] = ()
    key_types: frozenset[KeyType]
    policies: tuple[ObjectIdentifier, ...] = ()
    practice_statement: str | None = None
    """URL of the certification practice statement, put beside our own policy OID."""
    qc_statements: tuple[qc.QcStatement, ...] = ()
    email_allowed: bool = False
    path_length: int | None = None
    revocation_reasons: frozenset[ReasonFlags] = frozenset()
    """Reasons that may be given; `unspecified` is then left out of the CRL entry (RFC 5280, 5.3.1)."""
    allowed_warnings: frozenset[str] = frozenset()
    """Lint warnings that are known and accepted for this profile, each with its reason where it is set."""
    supervision: Supervision | None = None
    device: bool = False
    """Only for keys of which their device attested that it made them and keeps them (`pki/issuance.py`)."""

    def __post_init__(self) -> None:
        if faults := [fault for check in CHECKS for fault in check(self)]:
            raise DishonestProfile(f"{self.name}: {'; '.join(faults)}")

    @property
    def own_policies(self) -> tuple[ObjectIdentifier, ...]:
        return tuple(oid for oid in self.policies if oid.dotted_string.startswith(self.arc + "."))


def etsi_policy(supervision: Supervision | None, *, device: bool) -> ObjectIdentifier:
    """The policy of EN 319 411-1 or -2 that a person's certificate may name: what is true, and no more."""
    if supervision is None:
        return NCP_PLUS if device else NCP
    return QCP_N_QSCD if device else QCP_N


def _version_names_profile(profile: Profile) -> Iterator[str]:
    if not re.fullmatch(rf"{re.escape(profile.name)}/[1-9][0-9]*", profile.version):
        yield "the version is the name, a slash and a number"
    arcs = profile.arc.split(".")
    # RFC 5280, appendix B, asks readers to support arcs below 2^28 only. UUID arcs (2.25.<128 bits>) are
    # larger: pkilint and other readers cannot decode a certificate that holds one.
    if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", profile.arc) or any(int(arc) >= 2**28 for arc in arcs):
        yield "the policy arc is an object identifier whose numbers are below 2^28"


def _validity_within_limit(profile: Profile) -> Iterator[str]:
    longest = LONGEST[profile.kind]
    start = datetime.datetime(2025, 3, 1, tzinfo=datetime.UTC)
    if profile.validity.count < 1 or not_after(start, profile.validity) > not_after(start, longest):
        yield f"the validity is longer than a {profile.kind.value} may have"


def _key_usage_fits_kind(profile: Profile) -> Iterator[str]:
    if profile.kind.is_ca:
        if profile.key_usage != CA_KEY_USAGE:
            yield "a CA signs certificates and CRLs, and nothing else"
    elif profile.kind is Kind.OCSP_RESPONDER:
        if profile.key_usage != frozenset({"digital_signature"}):
            yield "an OCSP responder has digitalSignature only"
    elif profile.key_usage not in ETSI_KEY_USAGES:
        yield "the key usage is none of the types A to F of EN 319 412-2"


def _key_usage_fits_keys(profile: Profile) -> Iterator[str]:
    if not profile.key_types:
        yield "no key type is accepted"
    if "key_encipherment" in profile.key_usage and not all(key.is_rsa for key in profile.key_types):
        yield "keyEncipherment is for RSA keys only (RFC 8813)"
    if "key_agreement" in profile.key_usage and any(key.is_rsa for key in profile.key_types):
        yield "keyAgreement is for EC keys only"


def _extended_key_usage_fits_kind(profile: Profile) -> Iterator[str]:
    # OCSPSigning outside the responder would let its holder answer for the whole CA.
    allowed = {
        Kind.NATURAL_PERSON: {(ExtendedKeyUsageOID.CLIENT_AUTH,)},
        # emailProtection is absent on purpose: with an e-mail address it makes an S/MIME certificate,
        # which the CA/Browser Forum limits to 825 days and to its own validation rules.
        Kind.OCSP_RESPONDER: {(ExtendedKeyUsageOID.OCSP_SIGNING,)},
    }.get(profile.kind, {()})
    if profile.extended_key_usage not in allowed:
        yield f"the extended key usage is not that of a {profile.kind.value}"


def _path_length_fits_kind(profile: Profile) -> Iterator[str]:
    if profile.path_length != {Kind.ROOT_CA: 1, Kind.ISSUING_CA: 0}.get(profile.kind):
        yield f"the path length is not that of a {profile.kind.value}"


def _policies_are_ours(profile: Profile) -> Iterator[str]:
    own = set(profile.own_policies)
    if profile.kind is Kind.NATURAL_PERSON:
        etsi = etsi_policy(profile.supervision, device=profile.device)
        if len(own) != 1 or len(profile.policies) != 2 or set(profile.policies) - own != {etsi}:
            yield (
                "a person's certificate has our own policy and one of ETSI: QCP-n if supervised, else NCP; "
                "with a device that attests its keys QCP-n-qscd, else NCP+"
            )
    elif profile.kind is Kind.ISSUING_CA:
        if profile.policies != (ANY_POLICY,):
            yield "an issuing CA of the same operator has anyPolicy"
    elif set(profile.policies) != own:
        yield "a policy is not under our arc"
    if own and not (profile.practice_statement or "").startswith("https://"):
        yield "our own policy names the practice statement by https URL"


def _qc_statements_are_true(profile: Profile) -> Iterator[str]:
    kinds = [type(statement) for statement in profile.qc_statements]
    if len(set(kinds)) != len(kinds):
        yield "a QC statement is repeated"
    if (qc.Sscd in kinds) != (profile.device and profile.supervision is not None):
        yield "QcSSCD is stated exactly of keys in an attested device, under a supervisory reference"
    if profile.device and profile.kind is not Kind.NATURAL_PERSON:
        yield "a device that attests its keys is a person's card"
    if (qc.Compliance in kinds) != (profile.supervision is not None):
        yield "QcCompliance is stated exactly when a supervisory reference is"
    if profile.kind is not Kind.NATURAL_PERSON:
        if kinds:
            yield "QC statements are for people's certificates"
        return
    if qc.NaturalPersonSemantics not in kinds:
        yield "a person's serialNumber needs its semantics identifier"
    signs = "content_commitment" in profile.key_usage
    if signs and not {qc.ESignature, qc.DisclosureStatements} <= set(kinds):
        yield "a signature certificate states QcType and QcPDS"


def _disclosures_are_reachable(profile: Profile) -> Iterator[str]:
    for statement in profile.qc_statements:
        if isinstance(statement, qc.RetentionPeriod) and statement.years < 1:
            yield "the retention period is a positive number of years"
        if isinstance(statement, qc.DisclosureStatements):
            languages = [language for language, _ in statement.locations]
            if "en" not in languages or len(set(languages)) != len(languages):
                yield "QcPDS has one URL per language, English among them (EN 319 412-5, 4.3.4)"
            if not all(re.fullmatch(r"https://[\x21-\x7e]+", url) for _, url in statement.locations):
                yield "QcPDS URLs are https"


def _reasons_fit_kind(profile: Profile) -> Iterator[str]:
    # A person may have mislaid a key. A CA, a responder or a role of ours is not half trusted.
    if ReasonFlags.certificate_hold in profile.revocation_reasons and profile.kind is not Kind.NATURAL_PERSON:
        yield "certificateHold is for people"
    if ReasonFlags.remove_from_crl in profile.revocation_reasons:
        yield "removeFromCRL is for delta CRLs"
    if ReasonFlags.ca_compromise in profile.revocation_reasons and not profile.kind.is_ca:
        yield "cACompromise is a reason for CA certificates only"


def _email_is_for_people(profile: Profile) -> Iterator[str]:
    if profile.email_allowed and profile.kind is not Kind.NATURAL_PERSON:
        yield "only a person's certificate may hold an e-mail address"


CHECKS = (
    _version_names_profile,
    _validity_within_limit,
    _key_usage_fits_kind,
    _key_usage_fits_keys,
    _extended_key_usage_fits_kind,
    _path_length_fits_kind,
    _policies_are_ours,
    _qc_statements_are_true,
    _disclosures_are_reachable,
    _reasons_fit_kind,
    _email_is_for_people,
)
