"""Client certificates that we accept, of ours and of other issuers: a trust list in configuration.

Each entry says which CAs, under which policies, where the person's number stands, how revocation is found
out, and whether its certificates may prove an identity anew (X19, eIDAS art. 24(1a)). Ours is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Meta, Struct

from chalicelib.login.certificate import CertificateRefused, CertificateRequired, record_of, thumbprint
from chalicelib.login.proof_chain import E_ID
from chalicelib.pki.catalogue import CITIZENS, POLICY_NUMBERS
from chalicelib.pki.issuers import issuers
from chalicelib.pki.names import nif_is_valid
from chalicelib.pki.other_status import Known, Method, StatusUnknown, is_revoked
from chalicelib.pki.path import verified_path
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.channels.certificate import CertificateHolder
from chalicelib.registry.evidence import HolderPresence
from chalicelib.registry.identified import Identified, identified
from chalicelib.registry.tables import IdentificationRow
from chalicelib.registry.video.proof import VideoEvidence
from chalicelib.settings import BadSetting

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Oid = Annotated[str, Meta(pattern=r"^[0-2](\.[0-9]{1,39}){2,30}$(?!\n)")]

# EN 319 412-5: how the person was identified for the certificate; .4 says by another certificate (b).
_ISSUED_ON_A_CERTIFICATE: Final = bytes.fromhex("060704008e46010804")
_ISSUED_ON_A_PROOF: Final = bytes.fromhex("060704008e46010803")
_QC_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")


class TrustedIssuer(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the trust list."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    kind: Literal["certificate", "e-id"]
    certificates: Annotated[str, Meta(description="CA certificates, PEM: the root and those below it.")]
    policies: Annotated[list[Oid], Meta(min_length=1)]
    nif: Annotated[
        Literal["idces", "bare"], Meta(description="subject serialNumber: IDCES-..., or the number alone.")
    ]
    revocation: Method
    proves_identity: Annotated[
        Literal["yes", "stated", "no"],
        Meta(description="stated: only a certificate that itself says so (EN 319 412-5)."),
    ] = "no"


class TrustFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    issuer: list[TrustedIssuer] = []


class Entry(msgspec.Struct, frozen=True):
    """An entry as it is used: its CAs read, and how its revocations and proofs are looked up."""

    name: str
    kind: str
    authorities: tuple[x509.Certificate, ...]
    policies: frozenset[str]
    nif: str
    revocation: Method | None
    """None: in our own records."""
    proves_identity: str = "no"


_NUMBERS: Final = MappingProxyType(
    {"idces": re.compile(r"IDCES-([0-9A-Z]{9})"), "bare": re.compile(r"([0-9A-Z]{9})")}
)


def read_trust_list(text: str) -> tuple[Entry, ...]:
    """The entries of a trust list (TOML).

    Raises:
        BadSetting
    """
    import tomllib  # only where there is such a list

    try:
        read = msgspec.convert(tomllib.loads(text), TrustFile)
        return tuple(
            Entry(
                name=issuer.name,
                kind=issuer.kind,
                authorities=tuple(x509.load_pem_x509_certificates(issuer.certificates.encode())),
                policies=frozenset(issuer.policies),
                nif=issuer.nif,
                revocation=issuer.revocation,
                proves_identity=issuer.proves_identity,
            )
            for issuer in read.issuer
        )
    except (ValueError, msgspec.ValidationError) as error:  # tomllib's and PEM's errors are ValueErrors
        raise BadSetting("CLAVERO_TRUST_LIST: the file is not a trust list") from error


def identify_certificate(cloud: Cloud, certificate: x509.Certificate | None) -> CertificateHolder:
    """Whom a TLS client's certificate names, after every check of it.

    Raises:
        CertificateRequired, CertificateRefused
        StatusUnknown: whether it was revoked cannot be found out now.
    """
    if certificate is None:
        raise CertificateRequired
    now = cloud.now()
    # Another issuer may have an entry for each policy, so what one entry refuses the next may accept.
    for entry in (_ours(cloud), *_others(cloud)):
        path = verified_path(certificate, entry.authorities, entry.policies, now)
        nif = _nif(certificate, entry)
        if path is None or nif is None:
            continue
        if entry.revocation is None:
            row = record_of(cloud, certificate)
            if row is None or not row.stands or row.profile.split("/")[0] not in CITIZENS:
                raise CertificateRefused
            seen = _seen(row)
            born = seen.birth_date if seen is not None else None
            return _holder(certificate, entry, nif, _proof_is_strong(row, seen), row.id, born)
        for one, issuer in pairwise(path):
            if _revoked(cloud, one, issuer, entry.revocation):
                raise CertificateRefused
        return _holder(certificate, entry, nif, _PROVES[entry.proves_identity](certificate), "")
    raise CertificateRefused


def _revoked(cloud: Cloud, certificate: x509.Certificate, issuer: x509.Certificate, method: Method) -> bool:
    kept: dict[str, Known] = cloud.remember("certificate status", dict)
    return is_revoked(certificate, issuer, method, now=cloud.now(), fetch=cloud.fetcher.fetch, kept=kept)


def _others(cloud: Cloud) -> tuple[Entry, ...]:
    def read() -> tuple[Entry, ...]:
        path = cloud.settings.trust_list
        try:
            return read_trust_list(Path(path).read_text(encoding="utf-8")) if path else ()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting("CLAVERO_TRUST_LIST: the file cannot be read") from error

    entries: tuple[Entry, ...] = cloud.remember("trust list", read)
    return entries


def _ours(cloud: Cloud) -> Entry:
    settings = cloud.settings
    return Entry(
        name=settings.organisation,
        kind="certificate",
        authorities=tuple(issuer.certificate for issuer in issuers(cloud).all),
        policies=frozenset(f"{settings.policy_arc}.{POLICY_NUMBERS[profile]}" for profile in CITIZENS),
        nif="idces",
        revocation=None,
    )


def _seen(row: CertificateRow) -> Identified | None:
    """What was seen of its holder before one of ours was issued, if that still stands."""
    kind, _, row_id = row.evidence.partition(":")
    seen = IdentificationRow.find(row_id) if kind == "identification" else None
    if seen is None or not seen.stands:
        return None
    return identified(seen)


def _proof_is_strong(row: CertificateRow, seen: Identified | None) -> bool:
    """Whether one of ours was issued on what may be the base of another proof (X19, art. 24(1a)): to somebody
    who stood before an officer (C28), showed an e-ID, or was identified by video with a certified product."""
    if seen is None:
        return bool(row.proof == E_ID)
    if isinstance(seen, VideoEvidence):
        return seen.proves_anew
    return isinstance(seen.presence, HolderPresence)


def _states(certificate: x509.Certificate, method: bytes) -> bool:
    try:
        value = certificate.extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return False
    return method in value.public_bytes()


_PROVES: Final[MappingProxyType[str, Callable[[x509.Certificate], bool]]] = MappingProxyType(
    {
        "yes": lambda certificate: not _states(certificate, _ISSUED_ON_A_CERTIFICATE),
        "stated": lambda certificate: (
            _states(certificate, _ISSUED_ON_A_PROOF) and not _states(certificate, _ISSUED_ON_A_CERTIFICATE)
        ),
        "no": lambda _: False,
    }
)


def _holder(
    certificate: x509.Certificate,
    entry: Entry,
    nif: str,
    proves: bool,
    certificate_id: str,
    birth_date: date | None = None,
) -> CertificateHolder:
    return CertificateHolder(
        nif=nif,
        given_name=_one(certificate.subject, NameOID.GIVEN_NAME),
        surnames=_one(certificate.subject, NameOID.SURNAME),
        kind=entry.kind,
        issuer=entry.name,
        serial=certificate.serial_number,
        thumbprint=thumbprint(certificate),
        proves_identity=proves,
        certificate_id=certificate_id,
        birth_date=birth_date,
    )


def _nif(certificate: x509.Certificate, entry: Entry) -> str | None:
    """The DNI or NIE, once and well formed. A certificate of an organisation or a pseudonym has none."""
    found = _NUMBERS[entry.nif].fullmatch(_one(certificate.subject, NameOID.SERIAL_NUMBER))
    # K, L and M numbers are of people without DNI or NIE, who cannot register (C04).
    return found[1] if found and nif_is_valid(found[1]) and found[1][0] not in "KLM" else None


def _one(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = [str(attribute.value) for attribute in subject.get_attributes_for_oid(oid)]
    return values[0] if len(values) == 1 else ""


PROBLEMS: Final = (CertificateRequired, CertificateRefused, StatusUnknown)
"""What identify_certificate may answer."""
