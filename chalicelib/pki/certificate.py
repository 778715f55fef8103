"""Certificates (RFC 5280): from a profile to the TBS, and from the TBS and a signature to the certificate.

The steps are apart because the TBS is linted and recorded before the CA key ever signs it.
"""

from __future__ import annotations

import datetime
import functools

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID

from chalicelib.errors import Problem
from chalicelib.pki import qc_statements
from chalicelib.pki.key_types import PublicKey, accepted_key, signature_hash
from chalicelib.pki.profiles import Kind, Profile, not_after

KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class ValidityOutsideIssuer(Problem):
    """The certificate would begin before its issuer or outlive it. It is refused, never cut short."""

    slug = "validity-outside-issuer"
    title = "The certificate would not fit inside its issuer's validity"


class ProfileRefuses(Problem):
    """The request does not fit the profile."""

    slug = "profile-refuses"
    status = 422
    title = "The certificate profile does not allow this"


class SignatureInvalid(Problem):
    """The signature over the TBS does not verify, or the certificate would hold another TBS."""

    slug = "ca-signature-invalid"
    title = "The certificate that came back is not the one that was asked for"


class IssuerInfo(msgspec.Struct, frozen=True):
    """What a certificate says about the CA that issues it."""

    id: str
    """The first 8 octets of its subject key identifier, in hexadecimal; it names files and URLs."""
    certificate: x509.Certificate
    crl_shards: int

    @classmethod
    def of(cls, certificate: x509.Certificate, crl_shards: int) -> IssuerInfo:
        return cls(issuer_id(certificate), certificate, crl_shards)


class StatusUrls(msgspec.Struct, frozen=True):
    """Where status is published, under one base. Plain http: fetching it must not need a certificate."""

    base: str

    def __post_init__(self) -> None:
        if not self.base.startswith("http://") or self.base.endswith("/"):
            raise ProfileRefuses("The status base is a plain http URL without a final slash")

    def ocsp(self) -> str:
        return f"{self.base}/ocsp"

    def crl(self, issuer_id: str, shard: int) -> str:
        return f"{self.base}/crl/{issuer_id}/{shard:03d}.crl"

    def ca(self, issuer_id: str) -> str:
        return f"{self.base}/ca/{issuer_id}.cer"


def crl_shard(serial: int, shards: int) -> int:
    """Which of an issuer's CRLs lists a serial number; fixed for the life of the certificate."""
    return serial % shards


def key_identifier(certificate: x509.Certificate) -> bytes:
    """The subject key identifier that a CA certificate carries."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def issuer_id(certificate: x509.Certificate) -> str:
    """The short name of a CA: it follows the key, so a rolled-over CA has another."""
    return key_identifier(certificate)[:8].hex()


def certificate_builder(
    profile: Profile,
    *,
    subject: x509.Name,
    public_key: PublicKey,
    issuer: IssuerInfo | None,
    serial: int,
    not_before: datetime.datetime,
    email: str | None = None,
    urls: StatusUrls,
) -> x509.CertificateBuilder:
    """Everything of a certificate but the signature.

    Args:
        issuer: None only for a root, which is its own.
        email: an address whose mailbox the subject has confirmed.
        not_before: aware, in UTC, to the second.

    Raises:
        ProfileRefuses, ValidityOutsideIssuer
    """
    _check_request(profile, public_key, issuer, not_before, email)
    last_second = not_after(not_before, profile.validity)
    if issuer is not None:
        _check_inside_issuer(issuer.certificate, not_before, last_second)
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject if issuer else subject,
        subject_name=subject,
        public_key=public_key,
        serial_number=serial,
        not_valid_before=not_before,
        not_valid_after=last_second,
    )
    for value, critical in _extensions(profile, public_key, issuer, serial, email, urls):
        builder = builder.add_extension(value, critical=critical)
    return builder


def _check_request(
    profile: Profile,
    public_key: PublicKey,
    issuer: IssuerInfo | None,
    not_before: datetime.datetime,
    email: str | None,
) -> None:
    if (issuer is None) != (profile.kind is Kind.ROOT_CA):
        raise ProfileRefuses("A root, and nothing else, is its own issuer")
    _, key_type = accepted_key(public_key)
    if key_type not in profile.key_types:
        raise ProfileRefuses("The profile does not accept keys of this type")
    if not_before.utcoffset() != datetime.timedelta(0) or not_before.microsecond:
        raise ProfileRefuses("Validity begins at a whole second of UTC")
    if email is not None and not (profile.email_allowed and email.isascii() and email.count("@") == 1):
        raise ProfileRefuses("The e-mail address cannot be in a certificate of this profile")


def _check_inside_issuer(
    issuer: x509.Certificate, not_before: datetime.datetime, last_second: datetime.datetime
) -> None:
    if not_before < issuer.not_valid_before_utc or last_second > issuer.not_valid_after_utc:
        raise ValidityOutsideIssuer


def _extensions(
    profile: Profile,
    public_key: PublicKey,
    issuer: IssuerInfo | None,
    serial: int,
    email: str | None,
    urls: StatusUrls,
) -> list[tuple[x509.ExtensionType, bool]]:
    """Every extension with its criticality, in the order of RFC 5280, section 4.2."""
    own_identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)  # RFC 5280, 4.2.1.2, method 1
    issuer_identifier = key_identifier(issuer.certificate) if issuer else own_identifier.digest
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.AuthorityKeyIdentifier(issuer_identifier, None, None), False),
        (own_identifier, False),
        (x509.KeyUsage(**{usage: usage in profile.key_usage for usage in KEY_USAGES}), True),
    ]
    if profile.policies:
        found.append((_policies(profile), False))
    if email is not None:
        found.append((x509.SubjectAlternativeName([x509.RFC822Name(email)]), False))
    if profile.kind.is_ca:
        found.append((x509.BasicConstraints(ca=True, path_length=profile.path_length), True))
    if profile.extended_key_usage:
        found.append((x509.ExtendedKeyUsage(profile.extended_key_usage), False))
    if issuer is not None:
        found.extend((pointer, False) for pointer in _pointers(profile, issuer, serial, urls))
    if profile.qc_statements:
        value = qc_statements.encode(profile.qc_statements)
        found.append((x509.UnrecognizedExtension(qc_statements.ID_PE_QC_STATEMENTS, value), False))
    if profile.kind is Kind.OCSP_RESPONDER:
        found.append((x509.OCSPNoCheck(), False))  # RFC 6960, 4.2.2.2.1
    return found


def _policies(profile: Profile) -> x509.CertificatePolicies:
    own = set(profile.own_policies)
    return x509.CertificatePolicies(
        [
            x509.PolicyInformation(oid, [profile.practice_statement] if oid in own else None)  # type: ignore[list-item]  # a profile with its own policy has a practice statement
            for oid in profile.policies
        ]
    )


def _pointers(
    profile: Profile, issuer: IssuerInfo, serial: int, urls: StatusUrls
) -> list[x509.ExtensionType]:
    """Where to find status and issuer. A responder is not asked about itself, a root has only its CRL."""
    crl = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(urls.crl(issuer.id, crl_shard(serial, issuer.crl_shards)))],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    places = [(AuthorityInformationAccessOID.CA_ISSUERS, urls.ca(issuer.id))]
    if profile.kind is Kind.NATURAL_PERSON:
        places.insert(0, (AuthorityInformationAccessOID.OCSP, urls.ocsp()))
    access = x509.AuthorityInformationAccess(
        [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in places]
    )
    return [access] if profile.kind is Kind.OCSP_RESPONDER else [x509.CRLDistributionPoints([crl]), access]


@functools.cache
def throw_away_key(like: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """A key that signs previews, one per algorithm and process. Nothing trusts it, so it may be kept."""
    if like == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key({"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}[like])


def unsigned(
    builder: x509.CertificateBuilder, issuer_public_key: PublicKey
) -> tuple[bytes, x509.Certificate]:
    """The TBS for the issuer's key to sign, and a preview with the same TBS to lint before it does."""
    like = issuer_public_key.curve.name if isinstance(issuer_public_key, ec.EllipticCurvePublicKey) else "rsa"
    preview = builder.sign(throw_away_key(like), signature_hash(issuer_public_key))
    return preview.tbs_certificate_bytes, preview


def assemble(tbs: bytes, signature: bytes, issuer_public_key: PublicKey) -> x509.Certificate:
    """Put the certificate together, and trust it only after checking it.

    Raises:
        SignatureInvalid: the signature does not verify, or the TBS is not byte for byte the one given.
    """
    from chalicelib.pki import der  # only where certificates are made

    try:
        certificate = x509.load_der_x509_certificate(der.certificate(tbs, signature))
        verify(certificate, issuer_public_key)
    except (ValueError, InvalidSignature) as error:
        raise SignatureInvalid from error
    if certificate.tbs_certificate_bytes != tbs:
        raise SignatureInvalid
    return certificate


def verify(certificate: x509.Certificate, issuer_public_key: PublicKey) -> None:
    """Check one signature.

    Raises:
        InvalidSignature: of `cryptography`.
    """
    parameters = certificate.signature_algorithm_parameters
    signed = certificate.tbs_certificate_bytes
    if isinstance(issuer_public_key, ec.EllipticCurvePublicKey):
        if not isinstance(parameters, ec.ECDSA):
            raise InvalidSignature
        issuer_public_key.verify(certificate.signature, signed, parameters)
        return
    hash_algorithm = certificate.signature_hash_algorithm
    if hash_algorithm is None or parameters is None or isinstance(parameters, ec.ECDSA):
        raise InvalidSignature
    issuer_public_key.verify(certificate.signature, signed, parameters, hash_algorithm)
