"""DER (X.690) of what `cryptography` has no builder for: QCStatements, and a certificate from its parts.

Apart from the rest, because declaring these structures takes time, which only those should spend who
make certificates.
"""

from __future__ import annotations

from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from chalicelib.pki.qc_statements import (
    Compliance,
    DisclosureStatements,
    ESignature,
    NaturalPersonSemantics,
    QcStatement,
    RetentionPeriod,
    Sscd,
)

_SYNTAX_V2 = ObjectIdentifier("1.3.6.1.5.5.7.11.2")
_COMPLIANCE = ObjectIdentifier("0.4.0.1862.1.1")
_RETENTION_PERIOD = ObjectIdentifier("0.4.0.1862.1.3")
_SSCD = ObjectIdentifier("0.4.0.1862.1.4")
_PDS = ObjectIdentifier("0.4.0.1862.1.5")
_TYPE = ObjectIdentifier("0.4.0.1862.1.6")
_ESIGN = ObjectIdentifier("0.4.0.1862.1.6.1")
_SEMANTICS_NATURAL = ObjectIdentifier("0.4.0.194121.1.1")


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


def qc_statements(statements: tuple[QcStatement, ...]) -> bytes:
    """The DER value of the qcStatements extension."""
    inner = [asn1.decode_der(asn1.TLV, _qc_statement(statement)) for statement in statements]
    # hazmat.asn1 encodes no bare SEQUENCE OF: put it in a SEQUENCE of one, and take that one out.
    return bytes(asn1.decode_der(asn1.TLV, asn1.encode_der(_Wrapper(statements=inner))).data)


def _qc_statement(statement: QcStatement) -> bytes:
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


@asn1.sequence
class _Tbs:
    """TBSCertificate of version 3, read for its signature algorithm."""

    version: Annotated[int, asn1.Explicit(0)]
    serial_number: int
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    subject_public_key_info: asn1.TLV
    extensions: Annotated[asn1.TLV, asn1.Explicit(3)]


@asn1.sequence
class _Certificate:
    tbs_certificate: asn1.TLV
    signature_algorithm: asn1.TLV
    signature: asn1.BitString


def certificate(tbs: bytes, signature: bytes) -> bytes:
    """A certificate of this TBS and this signature, whose algorithm is the one that the TBS names.

    Raises:
        ValueError: the TBS is none.
    """
    return asn1.encode_der(
        _Certificate(
            tbs_certificate=asn1.decode_der(asn1.TLV, tbs),
            signature_algorithm=asn1.decode_der(_Tbs, tbs).signature,
            signature=asn1.BitString(signature, 0),
        )
    )
