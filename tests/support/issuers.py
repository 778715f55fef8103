"""Other issuers, made in the test: a root, a CA below it, people's certificates, and who answers for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from chalicelib.aws.fetch import Fetcher, IPAddress

POLICY = "1.3.6.1.4.1.32473.9.1"
OTHER_POLICY = "1.3.6.1.4.1.32473.9.2"
NIF = "12345678Z"
QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
BY_PROOF = bytes.fromhex("300b3009060704008e46010803")
BY_CERTIFICATE = bytes.fromhex("300b3009060704008e46010804")


def loopback(address: IPAddress, _: int) -> bool:
    """What only a test allows."""
    return address.is_loopback


LOCAL = Fetcher(loopback)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authority:
    """A root and a CA below it."""

    now: datetime
    url: str = "http://127.0.0.1:9"
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=key)
    ca_key: ec.EllipticCurvePrivateKey = field(default_factory=key)

    def __post_init__(self) -> None:
        root, ca = _name("Other Root"), _name("Other CA")
        self.root = self._ca(root, root, self.root_key, self.root_key, 1)
        self.ca = self._ca(ca, root, self.ca_key, self.root_key, 0)

    @property
    def pem(self) -> str:
        return "".join(cert.public_bytes(Encoding.PEM).decode() for cert in (self.root, self.ca))

    def _ca(self, subject: x509.Name, issuer: x509.Name, own: Any, signer: Any, length: int) -> Any:
        return (
            self._builder(subject, issuer, own.public_key(), signer.public_key(), 3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(_policies("2.5.29.32.0"), critical=False)
            .add_extension(_lists(f"{self.url}/root.crl"), critical=False)
            .sign(signer, hashes.SHA256())
        )

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, public: Any, signer: Any, days: float
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=400))
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def person(
        self,
        *,
        nif: str = f"IDCES-{NIF}",
        policy: str = POLICY,
        days: float = 365,
        usage: Any = ExtendedKeyUsageOID.CLIENT_AUTH,
        statements: bytes | None = None,
        signer: Any = None,
        signs: bool = True,
    ) -> x509.Certificate:
        """A person's certificate, right in everything that is not changed."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "ES"),
                x509.NameAttribute(NameOID.SURNAME, "Núñez Peña"),
                x509.NameAttribute(NameOID.GIVEN_NAME, "María José"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, nif),
                x509.NameAttribute(NameOID.COMMON_NAME, "María José Núñez Peña"),
            ]
        )
        signer = signer or self.ca_key
        builder = (
            self._builder(subject, self.ca.subject, key().public_key(), signer.public_key(), days)
            .add_extension(_usage(digital_signature=signs, content_commitment=not signs), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_policies(policy), critical=False)
            .add_extension(_lists(f"{self.url}/ca.crl"), critical=False)
            .add_extension(
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.OCSP,
                            x509.UniformResourceIdentifier(f"{self.url}/ocsp"),
                        )
                    ]
                ),
                critical=False,
            )
        )
        if statements:
            unrecognised = x509.UnrecognizedExtension(QC_STATEMENTS, statements)
            builder = builder.add_extension(unrecognised, critical=False)
        return builder.sign(signer, hashes.SHA256())

    def crl(
        self, *revoked: x509.Certificate, root: bool = False, signer: Any = None, age: timedelta | None = None
    ) -> bytes:
        """A list of the CA, or of the root."""
        made = self.now - (age or timedelta(hours=1))
        issuer = self.root if root else self.ca
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(made)
            .next_update(made + timedelta(days=1))
        )
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(made).build())
        signed = builder.sign(signer or (self.root_key if root else self.ca_key), hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def answer(
        self,
        certificate: x509.Certificate,
        *,
        revoked: bool = False,
        age: timedelta | None = None,
        responder: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    ) -> bytes:
        """An OCSP answer, of the CA itself where no responder is given."""
        made = self.now - (age or timedelta(minutes=10))
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            self.ca,
            hashes.SHA1(),
            ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            made,
            made + timedelta(hours=8),
            made if revoked else None,
            None,
        )
        own, signer = responder or (self.ca, self.ca_key)
        if responder:
            builder = builder.certificates([own])
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, own).sign(signer, hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def responder(
        self, *, marked: bool = True, usage: Any = ExtendedKeyUsageOID.OCSP_SIGNING, signer: Any = None
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A responder that the CA certified, and its key."""
        own, signer = key(), signer or self.ca_key
        builder = self._builder(
            _name("Responder"), self.ca.subject, own.public_key(), signer.public_key(), 30
        )
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if marked:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        return builder.sign(signer, hashes.SHA256()), own

    def trust(self, **changes: str) -> str:
        """An entry of a trust list."""
        entry = {
            "name": "Other",
            "kind": "certificate",
            "nif": "idces",
            "revocation": "ocsp-or-crl",
            "proves_identity": "yes",
        } | changes
        lines = [f'{name} = "{value}"' for name, value in entry.items()]
        return "\n".join(
            ["[[issuer]]", *lines, f'policies = ["{POLICY}"]', f'certificates = """\n{self.pem}"""', ""]
        )


@dataclass
class Served:
    """What a server on loopback answers, by path, and what it was asked."""

    url: str = ""
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)


@contextmanager
def served() -> Iterator[Served]:
    """An HTTP server on loopback for the status of certificates."""
    state = Served()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.asked.append(self.path)
            body = state.answers.get(self.path)
            self.send_response(302 if self.path in state.moved else 200 if body is not None else 404)
            if self.path in state.moved:
                self.send_header("Location", state.moved[self.path])
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        do_GET = do_POST = _reply

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "ES"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _policies(policy: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(policy), None)])


def _lists(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


def _usage(**bits: bool) -> x509.KeyUsage:
    every = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(every | bits))
