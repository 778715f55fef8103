"""A CA with its keys in (corrected) moto, a clock that the test turns, and the whole status service."""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.aws import bucket
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import Handler, InProcessFunctions
from chalicelib.aws.kms_key import load_key
from chalicelib.certificates.decisions import decide_due
from chalicelib.pki import publication, responders, revocation, status
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE, OCSP_RESPONDER, catalogue
from chalicelib.pki.certificate import IssuerInfo, StatusUrls, certificate_builder, issuer_id
from chalicelib.pki.crl import bucket_key, shard_id
from chalicelib.pki.issuers import Issuer, forget, issuers
from chalicelib.pki.key_types import signature_hash, spki_sha256
from chalicelib.pki.names import NaturalPersonName, authority_name, natural_person_subject
from chalicelib.pki.tables import CertificateRow, CrlShardRow, IssuerRow, RevocationRow
from chalicelib.settings import Settings

START = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
SETTINGS = Settings(
    stage="test",
    status_url="http://status.clavero.es",
    bucket="clavero-test-status-123456789012",
    policy_arc="1.3.6.1.4.1.32473.1",
)
PERSON = NaturalPersonName("MARÍA JOSÉ", "NÚÑEZ", "O'BRIEN", "12345678Z")


def _name(common_name: str) -> x509.Name:
    return authority_name(organisation="Clavero", organisation_id="VATES-A58818501", common_name=common_name)


def authority(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    """The authority function, as far as status needs it."""
    operations = {
        "sign_crl": publication.sign_crl,
        "renew_responder": responders.renew_responder,
        "decide_due": decide_due,
    }
    return operations[payload["operation"]](cloud, payload)


@cache
def session() -> botocore.session.Session:
    """One for all worlds: a new one reads the descriptions of the services again, for half a second."""
    return botocore.session.Session()


def clear() -> None:
    """Forget the issuers of earlier tests; everything else is theirs by name."""
    Cloud(SETTINGS, InProcessFunctions({})).session = session()
    for row in IssuerRow.scan():
        row.delete()


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class World:
    """One issuer with a given number of CRL shards."""

    shards: int = 4
    clock: Clock = field(default_factory=lambda: Clock(START))
    handlers: dict[str, Handler] = field(
        default_factory=lambda: {"authority": authority, "status": status.handle}
    )

    def __post_init__(self) -> None:
        self.cloud = Cloud(SETTINGS, InProcessFunctions(self.handlers), clock=self.clock)
        self.cloud.session = session()
        self.profiles = catalogue(SETTINGS.policy_arc, practice_url=SETTINGS.practice_url)
        self.urls = StatusUrls(SETTINGS.status_url)
        self.holder_key = ec.generate_private_key(ec.SECP256R1())
        self.root_key = ec.generate_private_key(ec.SECP384R1())
        self.root = self.sign(
            None, self.root_key, "root-ca", _name("Clavero Root"), 1, self.root_key.public_key()
        )
        self.root_info = IssuerInfo.of(self.root, 1)
        self.issuer_id = self.add_issuer("Clavero Citizens CA")
        self._serials = itertools.count(int("01" + "5a" * 16, 16))

    def sign(
        self,
        issuer: IssuerInfo | None,
        key: Any,
        profile: str,
        name: x509.Name,
        serial: int,
        public_key: Any,
        at: datetime | None = None,
    ) -> x509.Certificate:
        builder = certificate_builder(
            self.profiles[profile],
            subject=name,
            public_key=public_key,
            issuer=issuer,
            serial=serial,
            not_before=at or self.clock.at - timedelta(days=1),
            urls=self.urls,
        )
        return builder.sign(key, signature_hash(key.public_key()))

    def new_kms_key(self, spec: str = "ECC_NIST_P256") -> str:
        made = self.cloud.kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")  # type: ignore[arg-type]
        return str(made["KeyMetadata"]["Arn"])

    def add_issuer(self, title: str, spec: str = "ECC_NIST_P256") -> str:
        """An issuing CA with its responder, as a ceremony leaves them."""
        key_id, responder_key_id = self.new_kms_key(spec), self.new_kms_key()
        key, responder_key = load_key(self.cloud.kms, key_id), load_key(self.cloud.kms, responder_key_id)
        serial = 1000 + random.randrange(10**9)
        certificate = self.sign(
            self.root_info, self.root_key, "issuing-ca", _name(title), serial, key.public_key()
        )
        info = IssuerInfo.of(certificate, self.shards)
        responder = self.sign(
            info, key, OCSP_RESPONDER, _name("Clavero OCSP"), serial + 1, responder_key.public_key()
        )
        IssuerRow(
            issuer_id(certificate),
            title=title,
            key_id=key_id,
            certificate=certificate.public_bytes(Encoding.DER),
            parent=issuer_id(self.root),
            crl_shards=self.shards,
            profiles={CITIZEN_SOFTWARE, OCSP_RESPONDER},
            activated_at=self.clock.at,
            responder_key_id=responder_key_id,
            responder_certificate=responder.public_bytes(Encoding.DER),
        ).save()
        forget(self.cloud)
        return issuer_id(certificate)

    @property
    def any_certificate(self) -> x509.Certificate:
        """Some certificate of this issuer."""
        assert self.issuer.responder_certificate is not None
        return self.issuer.responder_certificate

    @property
    def issuer(self) -> Issuer:
        found = issuers(self.cloud).get(self.issuer_id)
        assert found is not None
        return found

    def certificate(
        self, *, shard: int = 0, state: str = "issued"
    ) -> tuple[CertificateRow, x509.Certificate]:
        """A citizen's certificate in this shard, recorded as issuance records it."""
        serial = next(s for s in self._serials if s % self.shards == shard)
        key = load_key(self.cloud.kms, self.issuer.key_id)
        made = self.sign(
            IssuerInfo(self.issuer_id, self.issuer.certificate, self.shards),
            key,
            CITIZEN_SOFTWARE,
            natural_person_subject(PERSON),
            serial,
            self.holder_key.public_key(),
            self.clock.at,
        )
        row = CertificateRow(
            CertificateRow.key(self.issuer_id, serial),
            state=state,
            holder="person:1",
            profile="citizen-software/1",
            spki=spki_sha256(self.holder_key.public_key()),
            key_origin="holder",
            tbs=made.tbs_certificate_bytes,
            der=made.public_bytes(Encoding.DER) if state == "issued" else None,
            reserved_at=self.clock.at,
            issued_at=self.clock.at if state == "issued" else None,
            not_after=made.not_valid_after_utc,
        )
        row.save()
        return row, made

    def revoke(self, row: CertificateRow, reason: str | None = "keyCompromise") -> revocation.Revoked:
        return revocation.revoke(
            row.id, shards=self.shards, reason=reason, at=self.cloud.now(), also=lambda _t, _r: None
        )

    def fill(self, shard: int, count: int, not_after: datetime | None = None) -> None:
        """Revocations without their certificates, as many as wanted."""
        name = shard_id(self.issuer_id, shard)
        base = int("01" + "77" * 16, 16)
        with RevocationRow.batch_write() as batch:
            for number in range(count):
                batch.save(
                    RevocationRow(
                        name,
                        f"{base + number * self.shards + shard:x}",
                        revoked_at=self.clock.at,
                        reason="superseded" if number % 2 else None,
                        not_after=not_after or self.clock.at + timedelta(days=900),
                    )
                )
        CrlShardRow(name).update([CrlShardRow.revocations.add(count)])

    def ask(
        self, made: x509.Certificate | int, algorithm: hashes.HashAlgorithm | None = None
    ) -> ocsp.OCSPResponse:
        """The API's answer."""
        return ocsp.load_der_ocsp_response(status.answer(self.cloud, self.request(made, algorithm)).der)

    def request(self, made: x509.Certificate | int, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        chosen = algorithm or hashes.SHA1()
        issuer = self.issuer.certificate
        builder = ocsp.OCSPRequestBuilder()
        if isinstance(made, int):
            about = builder.add_certificate(self.any_certificate, issuer, chosen).build()
            builder = builder.add_certificate_by_hash(
                about.issuer_name_hash, about.issuer_key_hash, made, chosen
            )
        else:
            builder = builder.add_certificate(made, issuer, chosen)
        return builder.build().public_bytes(Encoding.DER)

    def published(self, shard: int = 0) -> x509.CertificateRevocationList:
        """The CRL that a relying party would fetch."""
        found = bucket.read(self.cloud, bucket_key(self.issuer_id, shard))
        assert found is not None
        return x509.load_der_x509_crl(found[0])

    def calls(self) -> list[str]:
        """A list that grows with every AWS call from now on."""
        seen: list[str] = []

        def see(model: Any, **_: Any) -> None:
            seen.append(model.name)

        from chalicelib.aws.tables import connection

        for client in (connection().client, self.cloud.kms, self.cloud.s3):
            client.meta.events.register("before-call", see)
        return seen


def interposed(handler: Handler, before: Callable[[], None]) -> Handler:
    """A handler in front of which something else happens."""

    def run(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
        before()
        return handler(cloud, payload)

    return run


def decoded(answer: dict[str, Any]) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(base64.b64decode(answer["answer"]))
