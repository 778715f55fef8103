"""QCStatements (RFC 3739, ETSI EN 319 412-5 and 412-1): what a certificate claims about itself, as data."""

from __future__ import annotations

import msgspec
from cryptography.x509 import ObjectIdentifier

ID_PE_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")


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


def encode(statements: tuple[QcStatement, ...]) -> bytes:
    """The DER value of the qcStatements extension."""
    from chalicelib.pki import der  # only where certificates are made or checked

    return der.qc_statements(statements)
