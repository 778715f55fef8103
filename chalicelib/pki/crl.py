"""Certificate revocation lists (RFC 5280, section 5), one per shard of an issuer's serial numbers.

Each shard is a complete CRL for its own distribution point: the critical IssuingDistributionPoint names
the URL, and a certificate's CRLDistributionPoints name the same, so no shard can stand in for another.
A root has one CRL for all its certificates, without that extension: software that checks a whole chain
looks the root itself up in it, and the root names no distribution point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.errors import Problem
from chalicelib.pki.certificate import key_identifier
from chalicelib.pki.key_types import signature_hash
from chalicelib.pki.reasons import reason_flag

CONTENT_TYPE = "application/pkix-crl"  # RFC 2585, section 4.2
REFRESH = timedelta(hours=6)
LIFETIME = timedelta(hours=25)
"""Four refreshes and an hour: three runs in a row may be missed and the list is still valid."""
EXPIRY_MARGIN = timedelta(hours=1)
"""How long after its expiry a certificate must have been listed before its entry goes."""

IssuerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class WrongCrl(Problem):
    """The CRL is not the next one of this shard; nothing was published. `detail` says why."""

    slug = "wrong-crl"
    title = "The CRL may not be published"


class Revocation(Protocol):
    """What is known of a revoked certificate; a row that was damaged may hold anything."""

    serial: str
    revoked_at: datetime
    reason: str
    not_after: datetime


class Entry(msgspec.Struct, frozen=True):
    """One line of a CRL."""

    serial: int
    revoked_at: datetime
    reason: x509.ReasonFlags | None = None


class Entries(msgspec.Struct, frozen=True):
    """What a CRL will list, and the rows that could not be used as they are."""

    listed: tuple[Entry, ...]
    damaged: tuple[str, ...]
    """Serials as stored. Each is either listed from another source or left out: an operator must look."""


def shard_id(issuer: str, shard: int) -> str:
    """The shard's id in the tables."""
    return f"{issuer}#{shard:03d}"


def bucket_key(issuer: str, shard: int) -> str:
    """Where the shard's CRL is in the bucket: the path of its URL."""
    return f"crl/{issuer}/{shard:03d}.crl"


def read_entries(
    rows: Iterable[tuple[str, Revocation | None]],
    published: datetime | None,
    recover: Callable[[int], Entry | None],
) -> Entries:
    """The entries of a CRL. One damaged row never keeps the others from being listed.

    Args:
        rows: the serial as stored, and the row (None: it could not be read at all).
        published: thisUpdate of the last published CRL. An entry stays until one CRL after the
            certificate's expiry has carried it (RFC 5280, section 3.3).
        recover: what another source knows of a serial whose row is damaged.
    """
    listed: dict[int, Entry] = {}
    damaged: list[str] = []
    for key, row in rows:
        entry = _entry(row)
        if entry is None:
            damaged.append(key)
            serial = serial_of(key)
            entry = recover(serial) if serial is not None else None
        elif row is not None and has_passed(row.not_after, published):
            entry = None
        if entry is not None:
            listed[entry.serial] = entry
    return Entries(tuple(listed[serial] for serial in sorted(listed)), tuple(damaged))


def has_passed(not_after: object, published: datetime | None) -> bool:
    """Whether a CRL after the certificate's expiry has carried its entry."""
    return isinstance(not_after, datetime) and published is not None and not_after + EXPIRY_MARGIN < published


def serial_of(text: str) -> int | None:
    """A serial number as stored; None if it can be none."""
    try:
        serial = int(text, 16)
    except ValueError:
        return None
    return serial if 0 < serial < 1 << 159 else None  # 20 octets, positive (RFC 5280, section 4.1.2.2)


def _entry(row: Revocation | None) -> Entry | None:
    if row is None or not isinstance(row.revoked_at, datetime) or not isinstance(row.not_after, datetime):
        return None
    serial = serial_of(row.serial)
    try:
        reason = reason_flag(row.reason)
    except ValueError:
        return None
    return None if serial is None else Entry(serial, row.revoked_at, reason)


def build(
    issuer: x509.Certificate,
    entries: Iterable[Entry],
    *,
    number: int,
    url: str | None,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> x509.CertificateRevocationListBuilder:
    """Everything of a CRL but the signature.

    Args:
        url: the shard's distribution point; None for the one CRL of a root.
    """
    authority = x509.AuthorityKeyIdentifier(key_identifier(issuer), None, None)
    extensions: list[x509.Extension[x509.ExtensionType]] = [
        x509.Extension(authority.oid, False, authority),
        x509.Extension(x509.CRLNumber.oid, False, x509.CRLNumber(number)),
    ]
    if url is not None:
        point = _distribution_point(issuer, url)
        extensions.append(x509.Extension(point.oid, True, point))
    return x509.CertificateRevocationListBuilder(
        issuer_name=issuer.subject,
        last_update=now,
        next_update=min(now + lifetime, issuer.not_valid_after_utc),
        extensions=extensions,
        revoked_certificates=[_line(entry) for entry in entries],
    )


def _distribution_point(issuer: x509.Certificate, url: str) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_contains_user_certs=_issues_users(issuer),
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def _issues_users(issuer: x509.Certificate) -> bool:
    """Path length 0: below it there are no CA certificates."""
    return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def _line(entry: Entry) -> x509.RevokedCertificate:
    line = x509.RevokedCertificateBuilder(entry.serial, entry.revoked_at)
    if entry.reason is not None:  # unspecified is left out (RFC 5280, section 5.3.1)
        line = line.add_extension(x509.CRLReason(entry.reason), critical=False)
    return line.build()


def sign(builder: x509.CertificateRevocationListBuilder, key: IssuerKey) -> x509.CertificateRevocationList:
    """The CRL, signed with the issuer's own key (few clients know CRLs signed by another)."""
    return builder.sign(key, signature_hash(key.public_key()))


def number_of(crl: x509.CertificateRevocationList) -> int:
    """Its CRL number."""
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def belongs(crl: x509.CertificateRevocationList, issuer: x509.Certificate, url: str | None) -> list[str]:
    """Why this is not a CRL of this issuer for this URL (None: for all); empty when it is."""
    checks: list[tuple[str, Callable[[], bool]]] = [
        ("issuer", lambda: crl.issuer.public_bytes() == issuer.subject.public_bytes()),
        ("authority key identifier", lambda: _authority(crl) == key_identifier(issuer)),
        ("issuing distribution point", lambda: _points(crl) == [url]),
        ("signature", lambda: crl.is_signature_valid(issuer.public_key())),  # type: ignore[arg-type]  # EC or RSA
    ]
    return [name for name, holds in checks if not _holds(holds)]


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (x509.ExtensionNotFound, ValueError, TypeError):
        return False


def _authority(crl: x509.CertificateRevocationList) -> bytes | None:
    return crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def _points(crl: x509.CertificateRevocationList) -> list[str | None]:
    """The URLs that a CRL is for; one None when it is for all."""
    try:
        found = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    except x509.ExtensionNotFound:
        return [None]
    return [str(name.value) for name in found.value.full_name or ()] if found.critical else []


def check_successor(
    new: x509.CertificateRevocationList,
    previous: x509.CertificateRevocationList | None,
    *,
    issuer: x509.Certificate,
    url: str | None,
    now: datetime,
    not_after: Callable[[int], datetime | None],
    lifted: Callable[[int], bool] = lambda _: False,
) -> None:
    """Check that `new` may replace `previous` at this URL.

    Args:
        previous: the CRL that is published now, if it belongs to this issuer and URL.
        not_after: when a certificate expires; asked only for entries that are gone.
        lifted: whether a certificate stands again; asked only for holds that are gone.

    Raises:
        WrongCrl: naming what is wrong.
    """
    faults = belongs(new, issuer, url)
    if new.next_update_utc is None or not new.last_update_utc <= now < new.next_update_utc:
        faults.append("validity")
    if previous is not None and not faults:
        # Two CRLs of one second are told apart by their numbers.
        if new.last_update_utc < previous.last_update_utc:
            faults.append("thisUpdate goes back")
        if number_of(new) <= number_of(previous):
            faults.append("the CRL number does not grow")
        before, after = _holds_in(previous), _holds_in(new)
        for serial in before.keys() - after.keys():
            if not (before[serial] and lifted(serial)) and not _may_go(serial, previous, not_after):
                faults.append("an entry is lost")
                break
        if any(after[serial] and not before[serial] for serial in before.keys() & after.keys()):
            faults.append("a revocation became a hold")
    if faults:
        raise WrongCrl("; ".join(faults))


def _holds_in(crl: x509.CertificateRevocationList) -> dict[int, bool]:
    """The serials of a CRL, and whether each is only on hold."""
    return {entry.serial_number: reason_of(entry) is x509.ReasonFlags.certificate_hold for entry in crl}


def reason_of(line: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    """What a line of a CRL gives as its reason."""
    told = [extension.value for extension in line.extensions]
    return next((value.reason for value in told if isinstance(value, x509.CRLReason)), None)


def _may_go(
    serial: int, previous: x509.CertificateRevocationList, not_after: Callable[[int], datetime | None]
) -> bool:
    expiry = not_after(serial)
    return expiry is not None and expiry < previous.last_update_utc
