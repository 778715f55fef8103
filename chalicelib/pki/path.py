"""Certification paths of other issuers' client certificates (RFC 5280 section 6).

The library builds and validates the path. Its web profile would ask for a subject alternative name,
which certificates of natural persons need not have (EN 319 412-2), so what an end entity must have is
said here; what a CA must have is the library's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from chalicelib.pki.profiles import ANY_POLICY

LONGEST: Final = 3
"""CA certificates between an anchor and the client's; the deepest Spanish hierarchy has one."""


def verified_path(
    certificate: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    policies: frozenset[str],
    now: datetime,
) -> list[x509.Certificate] | None:
    """The path from a client's certificate to an anchor, both included; None if there is none.

    Args:
        authorities: anchors (those that issued themselves; all, if none did) and CAs below them.
        policies: the certificate must be issued under one of these, and every CA below the anchor allow it.
    """
    anchors = [ca for ca in authorities if ca.issuer == ca.subject] or list(authorities)
    below = [ca for ca in authorities if ca not in anchors]
    try:
        verifier = (
            PolicyBuilder()
            .store(Store(anchors))
            .time(now)
            .max_chain_depth(LONGEST)
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_end_entity(policies)
            )
            .build_client_verifier()
        )
        chain = verifier.verify(certificate, below).chain
    except (VerificationError, ValueError):
        return None
    for authority in chain[1:-1]:
        allowed = policies_of(authority)
        if ANY_POLICY.dotted_string not in allowed and not policies & policies_of(certificate) & allowed:
            return None
    return chain


def policies_of(certificate: x509.Certificate) -> frozenset[str]:
    """The policies that a certificate was issued under, as dotted numbers."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(policy.policy_identifier.dotted_string for policy in found)


def _end_entity(policies: frozenset[str]) -> ExtensionPolicy:
    def signs(_: Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
        if not usage.digital_signature:
            raise ValueError("TLS clients sign (RFC 8446 section 4.4.2.4)")

    def authenticates(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
        wanted = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
        if usage is not None and not wanted & set(usage):
            raise ValueError("for another purpose (RFC 5280 section 4.2.1.12)")

    def is_no_authority(_: Policy, __: x509.Certificate, basic: x509.BasicConstraints | None) -> None:
        if basic is not None and basic.ca:
            raise ValueError("an authority is nobody's client")

    def is_accepted(_: Policy, certificate: x509.Certificate, __: x509.CertificatePolicies) -> None:
        if not policies & policies_of(certificate):
            raise ValueError("issued under another policy")

    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, signs)
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, authenticates)
        .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, is_no_authority)
        .require_present(x509.CertificatePolicies, Criticality.AGNOSTIC, is_accepted)
    )
