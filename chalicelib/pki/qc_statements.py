"""QCStatements (RFC 3739, ETSI EN 319 412-5 and 412-1): what a certificate claims about itself, as data."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

ID_PE_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_SYNTAX_V2 = ObjectIdentifier("1.3.6.1.5.5.7.11.2")
_COMPLIANCE = ObjectIdentifier("0.4.0.1862.1.1")
_RETENTION_PERIOD = ObjectIdentifier("0.4.0.1862.1.3")
_SSCD = ObjectIdentifier("0.4.0.1862.1.4")
_PDS = ObjectIdentifier("0.4.0.1862.1.5")
_TYPE = ObjectIdentifier("0.4.0.1862.1.6")
_ESIGN = ObjectIdentifier("0.4.0.1862.1.6.1")
_SEMANTICS_NATURAL = ObjectIdentifier("0.4.0.194121.1.1")


class Compliance(msgspec.Struct, frozen=True):
    """QcCompliance: an EU qualified certificate. True only of a supervised, listed provider."""


class Sscd(msgspec.Struct, frozen=True):
    """QcSSCD: the key is in a qualified device. Never true of a software key."""


class ESignature(msgspec.Struct, frozen=True):
    """QcType esign: made for electronic signatures. Without QcCompliance it claims no qualified status."""


class RetentionPeriod(msgspec.Struct, frozen=True):
    """QcRetentionPeriod: years that evidence is kept after the certificate ends."""

    years: int


class DisclosureStatements(msgspec.Struct, frozen=True):
    """QcPDS: where the PKI disclosure statement is, as (ISO 639-1 language, https URL)."""

    locations: tuple[tuple[str, str], ...]


class NaturalPersonSemantics(msgspec.Struct, frozen=True):
    """Declares that the subject's serialNumber is a natural person identifier (EN 319 412-1, 5.1.3)."""


QcStatement = Compliance | Sscd | ESignature | RetentionPeriod | DisclosureStatements | NaturalPersonSemantics


@asn1.sequence
class _Bare:
    statement_id: ObjectIdentifier


@asn1.sequence
class _Integer:
    statement_id: ObjectIdentifier
    info: int


@asn1.sequence
class _Identifiers:
    statement_id: ObjectIdentifier
    info: list[ObjectIdentifier]


@asn1.sequence
class _Location:
    url: asn1.IA5String
    language: Annotated[asn1.PrintableString, asn1.Size(min=2, max=2)]


@asn1.sequence
class _Locations:
    statement_id: ObjectIdentifier
    info: list[_Location]


@asn1.sequence
class _Wrapper:
    statements: list[asn1.TLV]


def encode(statements: tuple[QcStatement, ...]) -> bytes:
    """The DER value of the qcStatements extension."""
    inner = [asn1.decode_der(asn1.TLV, _encode_one(statement)) for statement in statements]
    # hazmat.asn1 encodes no bare SEQUENCE OF: put it in a SEQUENCE of one, and take that one out.
    return bytes(asn1.decode_der(asn1.TLV, asn1.encode_der(_Wrapper(statements=inner))).data)


def _encode_one(statement: QcStatement) -> bytes:
    match statement:
        case Compliance():
            return asn1.encode_der(_Bare(statement_id=_COMPLIANCE))
        case Sscd():
            return asn1.encode_der(_Bare(statement_id=_SSCD))
        case ESignature():
            return asn1.encode_der(_Identifiers(statement_id=_TYPE, info=[_ESIGN]))
        case RetentionPeriod(years):
            return asn1.encode_der(_Integer(statement_id=_RETENTION_PERIOD, info=years))
        case DisclosureStatements(locations):
            places = [
                _Location(url=asn1.IA5String(url), language=asn1.PrintableString(language))
                for language, url in locations
            ]
            return asn1.encode_der(_Locations(statement_id=_PDS, info=places))
        case NaturalPersonSemantics():
            return asn1.encode_der(_Identifiers(statement_id=_SYNTAX_V2, info=[_SEMANTICS_NATURAL]))
