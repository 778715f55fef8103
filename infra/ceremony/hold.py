"""The key ceremony (ETSI EN 319 411-1, section 6.5): root, issuing CAs, root CRL, OCSP responders.

1. rehearse: build and lint every certificate with throw-away keys
2. find or make the keys
3. record the TBS of the root, sign it, store it
4. the same for each issuing CA
5. sign the root's CRL and publish it
6. have the authority certify each OCSP responder
7. write the transcript

Every step first looks for what an earlier run left, so a ceremony that stopped anywhere is held again
from the start, and one that is complete changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs

from chalicelib.audit.events import Event, record
from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.kms_key import KmsEcKey, KmsRsaKey
from chalicelib.aws.tables import Transaction
from chalicelib.pki import crl, lint
from chalicelib.pki.catalogue import ISSUING_CA, OCSP_RESPONDER, ROOT_CA
from chalicelib.pki.certificate import (
    IssuerInfo,
    StatusUrls,
    assemble,
    certificate_builder,
    issuer_id,
    unsigned,
)
from chalicelib.pki.issuance import profiles
from chalicelib.pki.issuers import forget
from chalicelib.pki.key_types import KeyType, PublicKey, accepted_key, signature_hash, spki
from chalicelib.pki.profiles import Profile, Years
from chalicelib.pki.reasons import reason_flag
from chalicelib.pki.serials import new_serial
from chalicelib.pki.tables import IssuerRow
from infra.ceremony.config import BadCeremony, Ceremony, Issuing, Root
from infra.ceremony.keys import find_or_make_key, key_policy
from infra.ceremony.transcript import FOUND, MADE, Transcript, write_new

Key = KmsEcKey | KmsRsaKey


@dataclass(frozen=True)
class CaKey:
    """A key of the ceremony, ready to sign."""

    key: Key
    arn: str

    @property
    def public_key(self) -> PublicKey:
        return accepted_key(self.key.public_key())[0]

    def sign(self, tbs: bytes) -> bytes:
        if isinstance(self.key, KmsEcKey):
            return self.key.sign(tbs, ec.ECDSA(signature_hash(self.public_key)))
        return self.key.sign(tbs, padding.PKCS1v15(), signature_hash(self.public_key))


def hold(ceremony: Ceremony, cloud: Cloud, records: Path) -> Transcript:
    """Hold the ceremony, or go on with it.

    Args:
        records: a folder that is kept: the TBS of each certificate before it is signed, each certificate,
            and the transcript of each run.

    Raises:
        BadCeremony: the configuration and what an earlier run made do not agree.
        LintError: a certificate would not conform; nothing was made.
    """
    if ceremony.stage != cloud.settings.stage:
        raise BadCeremony(f"the configuration is for {ceremony.stage}, the cloud is {cloud.settings.stage}")
    rehearse(ceremony, cloud)
    run = _Run(ceremony, cloud, records)
    keys = run.keys()
    root = run.root(keys[ceremony.root.name])
    revoked = [crl_entry for entry in ceremony.issuing if (crl_entry := run.issuing(entry, keys, root))]
    run.root_crl(keys[ceremony.root.name], root, revoked)
    for entry in ceremony.issuing:
        run.responder(keys[entry.name])
    run.transcript.write(records)
    return run.transcript


def rehearse(ceremony: Ceremony, cloud: Cloud) -> None:
    """Build and lint everything with throw-away keys: a fault shows before a key or signature exists."""
    root_key = _throw_away(ceremony.root.key)
    builder = _builder(cloud, ceremony.root, None, root_key.public_key())
    root = builder.sign(root_key, signature_hash(root_key.public_key()))
    lint.require_clean(root, _profile(cloud, ceremony.root), waived=cloud.settings.lint_waivers)
    for entry in ceremony.issuing:
        key = _throw_away(entry.key)
        builder = _builder(cloud, entry, IssuerInfo.of(root, 1), key.public_key())
        certificate = builder.sign(root_key, signature_hash(root_key.public_key()))
        lint.require_clean(certificate, _profile(cloud, entry), waived=cloud.settings.lint_waivers)


def _throw_away(kind: KeyType) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind.is_rsa:
        return rsa.generate_private_key(65537, int(kind.value.removeprefix("RSA_")))
    return ec.generate_private_key(ec.SECP256R1() if kind is KeyType.EC_P256 else ec.SECP384R1())


def _profile(cloud: Cloud, entry: Root | Issuing) -> Profile:
    """The CA's profile with the validity of the configuration; the profile's own limit still holds."""
    base = profiles(cloud)[ROOT_CA if isinstance(entry, Root) else ISSUING_CA]
    return structs.replace(base, validity=Years(entry.years))


def _builder(
    cloud: Cloud, entry: Root | Issuing, issuer: IssuerInfo | None, public_key: PublicKey
) -> x509.CertificateBuilder:
    return certificate_builder(
        _profile(cloud, entry),
        subject=entry.subject,
        public_key=public_key,
        issuer=issuer,
        serial=new_serial(cloud.entropy),
        not_before=cloud.now(),
        urls=StatusUrls(cloud.settings.status_url),
    )


class _Run:
    """One run of the steps, writing its transcript as it goes."""

    def __init__(self, ceremony: Ceremony, cloud: Cloud, records: Path) -> None:
        self.ceremony, self.cloud, self.records = ceremony, cloud, records
        records.mkdir(parents=True, exist_ok=True)
        self.transcript = Transcript(
            cloud.now(), ceremony.stage, ceremony.sha256, ceremony.attendees, lint.linter()
        )

    def keys(self) -> dict[str, CaKey]:
        """Step 2."""
        roles = self.ceremony.roles
        wanted = [(self.ceremony.root.name, self.ceremony.root.key, roles and roles.ceremony)]
        for entry in self.ceremony.issuing:
            wanted.append((entry.name, entry.key, roles and roles.authority))
            wanted.append((entry.responder, entry.responder_key, roles and roles.status))
        found: dict[str, CaKey] = {}
        for name, spec, signer in wanted:
            policy = key_policy(roles, signer) if roles and signer else None
            alias = self.cloud.settings.alias(name)
            key, arn, made = find_or_make_key(self.cloud.kms, alias, spec, policy)
            found[name] = CaKey(key, arn)
            what = MADE if made else FOUND
            self.transcript.add(what, "public key", name, spki(key.public_key()), arn=arn, spec=spec.value)
        self._responder_keys = {entry.name: found[entry.responder].arn for entry in self.ceremony.issuing}
        return found

    def root(self, key: CaKey) -> x509.Certificate:
        """Step 3."""
        return self._certify(self.ceremony.root, key, key, None)

    def issuing(self, entry: Issuing, keys: Mapping[str, CaKey], root: x509.Certificate) -> crl.Entry | None:
        """Step 4. The line that the root's CRL has for it, if it is revoked."""
        certificate = self._certify(entry, keys[entry.name], keys[self.ceremony.root.name], root)
        if entry.revoked_at is None:
            return None
        at = entry.revoked_at.astimezone(UTC).replace(microsecond=0)
        return crl.Entry(certificate.serial_number, at, reason_flag(entry.revocation_reason))

    def _certify(
        self, entry: Root | Issuing, key: CaKey, signer: CaKey, root: x509.Certificate | None
    ) -> x509.Certificate:
        """The certificate of a CA key: the stored one, or one signed now from the TBS that is on record."""
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key).digest[:8].hex()
        row = IssuerRow.find(identifier)
        if row is not None:
            certificate = x509.load_der_x509_certificate(row.certificate)
            self._check_unchanged(entry, row, certificate)
        else:
            tbs = self._recorded_tbs(entry, key, signer, root)
            certificate = assemble(tbs, signer.sign(tbs), signer.public_key)
            self._check_name(entry, certificate)
            self._store(entry, key, certificate, root)
        der = certificate.public_bytes(Encoding.DER)
        path = self.records / f"{entry.name}.cer"
        if not path.exists():
            write_new(path, der)
        elif path.read_bytes() != der:
            raise BadCeremony(f"{path} is not the certificate that is stored for {entry.name}")
        self.transcript.add(
            FOUND if row is not None else MADE,
            "certificate",
            entry.name,
            der,
            id=identifier,
            subject=certificate.subject.rfc4514_string(),
            serial=f"{certificate.serial_number:x}",
            validity=f"{certificate.not_valid_before_utc} to {certificate.not_valid_after_utc}",
        )
        return certificate

    def _recorded_tbs(
        self, entry: Root | Issuing, key: CaKey, signer: CaKey, root: x509.Certificate | None
    ) -> bytes:
        """What is to be signed, linted and on record before any signature exists."""
        path = self.records / f"{entry.name}.tbs"
        if not path.exists():
            issuer = IssuerInfo.of(root, 1) if root else None
            tbs, preview = unsigned(_builder(self.cloud, entry, issuer, key.public_key), signer.public_key)
            waived = self.cloud.settings.lint_waivers
            lint.require_clean(preview, _profile(self.cloud, entry), waived=waived)
            write_new(path, tbs)
        return path.read_bytes()

    def _store(
        self, entry: Root | Issuing, key: CaKey, certificate: x509.Certificate, root: x509.Certificate | None
    ) -> None:
        now = self.cloud.now()
        row = IssuerRow(
            issuer_id(certificate),
            title=entry.name,
            key_id=key.arn,
            certificate=certificate.public_bytes(Encoding.DER),
            crl_shards=1,
            activated_at=now,
        )
        if isinstance(entry, Issuing) and root is not None:
            row.parent = issuer_id(root)
            row.crl_shards = entry.crl_shards
            row.profiles = {*entry.profiles, OCSP_RESPONDER}
            row.responder_key_id = self._responder_keys[entry.name]
        transaction = Transaction()
        transaction.put_new("issuer", row)
        event = Event(
            act="issuer.created",
            object=f"issuer:{row.id}",
            actor="key-ceremony",
            at=now,
            evidence=self.ceremony.sha256,
            details={"name": entry.name, "attendees": ", ".join(self.ceremony.attendees)},
        )
        record(transaction, event, self.cloud.entropy(12))
        transaction.commit()
        forget(self.cloud)

    def _check_name(self, entry: Root | Issuing, certificate: x509.Certificate) -> None:
        if certificate.subject.public_bytes() != entry.subject.public_bytes():
            raise BadCeremony(f"{entry.name} has the name {certificate.subject.rfc4514_string()} already")

    def _check_unchanged(self, entry: Root | Issuing, row: IssuerRow, certificate: x509.Certificate) -> None:
        """A CA never changes: another name, shard count or set of profiles is another CA."""
        self._check_name(entry, certificate)
        if isinstance(entry, Issuing) and (
            row.crl_shards != entry.crl_shards or set(row.profiles or ()) != {*entry.profiles, OCSP_RESPONDER}
        ):
            raise BadCeremony(f"{entry.name} exists with other shards or profiles; add another CA instead")

    def root_crl(self, key: CaKey, root: x509.Certificate, revoked: list[crl.Entry]) -> None:
        """Step 5. Signed again when a CA was revoked, or when half of its life is over."""
        now = self.cloud.now()
        name, place = self.ceremony.root.name, crl.bucket_key(issuer_id(root), 0)
        lifetime = timedelta(days=self.ceremony.root.crl_days)
        found = bucket.read(self.cloud, place)
        previous = x509.load_der_x509_crl(found[0]) if found else None
        if previous is not None and crl.belongs(previous, root, None):
            raise BadCeremony(f"{place} is not the CRL of {name}")
        # `previous` is compared with None throughout: an empty CRL has length 0 and counts as false.
        # What was revoked stays so, with its first date and reason, whatever the configuration says now.
        entries = {line.serial_number: _entry(line) for line in previous or ()}
        added = [entry for entry in revoked if entry.serial not in entries]
        until = previous.next_update_utc if previous is not None else None
        if found and previous is not None and until and until - now > lifetime / 2 and not added:
            self._keep_crl(previous, found[0], FOUND)
            return
        number = 1 if previous is None else crl.number_of(previous) + 1
        lines = [*entries.values(), *added]
        new = crl.sign(crl.build(root, lines, number=number, url=None, now=now, lifetime=lifetime), key.key)
        crl.check_successor(new, previous, issuer=root, url=None, now=now, not_after=lambda _serial: None)
        der, replaces = new.public_bytes(Encoding.DER), found[1] if found else None
        bucket.write(self.cloud, place, der, crl.CONTENT_TYPE, replaces=replaces, max_age=3600)
        self._keep_crl(new, der, MADE)

    def _keep_crl(self, made: x509.CertificateRevocationList, der: bytes, what: str) -> None:
        name = self.ceremony.root.name
        path = self.records / f"{name}-{crl.number_of(made):03d}.crl"
        if not path.exists():
            write_new(path, der)
        self.transcript.add(what, "CRL", name, der, next_update=str(made.next_update_utc))

    def responder(self, key: CaKey) -> None:
        """Step 6. The authority signs, since nobody else may use an issuing key, the ceremony included."""
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key).digest[:8].hex()
        answer = self.cloud.invoke("authority", {"operation": "renew_responder", "issuer": identifier})
        forget(self.cloud)
        row = IssuerRow.find(identifier)
        if row is None or row.responder_certificate is None:
            raise BadCeremony(f"the authority did not certify the OCSP responder of {identifier}")
        der = bytes(row.responder_certificate)
        self.transcript.add(
            MADE if answer["renewed"] else FOUND,
            "certificate",
            f"{row.title}-ocsp",
            der,
            spki=hashlib.sha256(spki(x509.load_der_x509_certificate(der).public_key())).hexdigest(),
        )


def _entry(line: x509.RevokedCertificate) -> crl.Entry:
    try:
        reason = line.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        reason = None
    return crl.Entry(line.serial_number, line.revocation_date_utc, reason)
