"""Key attestations of cards: X.509 certificates in the fashion of PIV attestation.

The card's attestation key certifies the new key, and the maker certifies the attestation key. Most of such
certificates have neither key usage nor identifiers, which verifiers by RFC 5280 ask for; so the path is
walked here, link by link and at most `LONGEST` of them: name, signature, time, and the right to certify.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

from chalicelib.errors import Problem
from chalicelib.pki.card_models import CardModel
from chalicelib.pki.csr import SIGNATURE_HASHES
from chalicelib.pki.key_types import PublicKey, accepted_key, spki

LONGEST: Final = 4
"""Certificates in an attestation: of the key, of the device, and two of the maker's; the root besides."""
UNDERSTOOD: Final = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE})

_INTEGER, _OCTETS, _UTF8, _PRINTABLE, _IA5 = 0x02, 0x04, 0x0C, 0x13, 0x16


class CardAttestationRefused(Problem):
    """The card's statement is not what its model's must be, or is of another key or another card."""

    slug = "card-attestation-refused"
    status = 422
    title = "The card's attestation does not prove that it made this key"


def read_attestation(pems: Sequence[str]) -> list[x509.Certificate]:
    """The certificates of an attestation, that of the key first.

    Raises:
        CardAttestationRefused
    """
    if len(pems) > LONGEST:
        raise CardAttestationRefused(f"At most {LONGEST} certificates")
    try:
        chain = [x509.load_pem_x509_certificate(pem.encode("ascii")) for pem in pems]
        for each in chain:
            _ = each.extensions
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise CardAttestationRefused("A certificate of the attestation cannot be read") from error
    return chain


def require_attested(
    chain: Sequence[x509.Certificate], model: CardModel, public_key: PublicKey, serial: str, now: datetime
) -> x509.Certificate:
    """The pinned root, if the chain proves that a card of this model and number made this key and keeps it.

    Raises:
        CardAttestationRefused: saying which of it was not so.
    """
    statement = chain[0]
    if spki(statement.public_key()) != spki(public_key):
        raise CardAttestationRefused("The attestation is of another key")
    told = _text(_extension(statement, model.serial))
    if told is None or not hmac.compare_digest(told.encode(), serial.encode()):
        raise CardAttestationRefused("The attestation is of a card with another serial number")
    for extension, value in model.statements.items():
        if _extension(statement, extension) != value:
            raise CardAttestationRefused("The attestation does not state what this model's must")
    if _is_authority(statement):
        raise CardAttestationRefused("The attestation of a key is not that of an authority")
    # Some send the root along; ours is the one that counts.
    chain = [statement, *(each for each in chain[1:] if each not in model.roots)]
    root = _root_of(chain, model.roots)
    known = UNDERSTOOD | {x509.ObjectIdentifier(oid) for oid in (model.serial, *model.statements)}
    for certificate in (*chain, root):
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise CardAttestationRefused("A certificate of the attestation is not valid now")
        if any(each.critical and each.oid not in known for each in certificate.extensions):
            raise CardAttestationRefused("A critical extension is not understood (RFC 5280 section 4.2)")
    for below, (certificate, issuer) in enumerate(pairwise((*chain, root))):
        _require_issued_by(certificate, issuer, below)
    return root


def _root_of(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> x509.Certificate:
    last = chain[-1]
    for root in roots:
        if root.subject == last.issuer and _signed_by(last, root):
            return root
    raise CardAttestationRefused("The attestation does not lead to a root of this model")


def _require_issued_by(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> None:
    """`below`: how many authorities stand between this issuer and the statement."""
    if not (certificate.issuer == issuer.subject and _signed_by(certificate, issuer)):
        raise CardAttestationRefused("The certificates of the attestation are no chain")
    constraints = _constraints(issuer)
    if constraints is None or not constraints.ca:
        raise CardAttestationRefused("A certificate of the attestation may not certify")
    if constraints.path_length is not None and below > constraints.path_length:
        raise CardAttestationRefused("The attestation is longer than its authorities allow")
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not usage.key_cert_sign:
        raise CardAttestationRefused("A certificate of the attestation may not certify")


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        accepted_key(issuer.public_key())
        algorithm = certificate.signature_hash_algorithm
        if algorithm is None or algorithm.name not in SIGNATURE_HASHES:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (Problem, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _constraints(certificate)
    return constraints is not None and constraints.ca


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _extension(certificate: x509.Certificate, oid: str) -> bytes | None:
    try:
        found = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except x509.ExtensionNotFound:
        return None
    return found.value if isinstance(found, x509.UnrecognizedExtension) else None


def _text(der: bytes | None) -> str | None:
    """A serial number as people read it: an INTEGER in decimal, or a short string as it is."""
    if der is None or len(der) < 3 or der[1] >= 0x80 or der[1] != len(der) - 2:
        return None
    if der[0] == _INTEGER:
        return str(int.from_bytes(der[2:], "big", signed=True))
    if der[0] in {_OCTETS, _UTF8, _PRINTABLE, _IA5}:
        return der[2:].decode("ascii", "replace")
    return None
