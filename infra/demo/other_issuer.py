"""Another issuer, made and run with openssl alone: its CA, its cards, its OCSP responder, its CRL.

Three of its policies are on the trust list: certificates whose revocation is asked for by OCSP, electronic
identity cards whose revocation is in a CRL, and certificates that were issued on the strength of another.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.demo.openssl import OpenSsl
from infra.demo.people import Person

ARC = "1.3.6.1.4.1.32473.9"
CERTIFICATE, E_ID, DERIVED = f"{ARC}.1", f"{ARC}.2", f"{ARC}.3"
_CONFIG = """\
[ca]
default_ca = here
[here]
dir = .
database = index.txt
new_certs_dir = .
certificate = root.pem
private_key = root.key
rand_serial = yes
default_md = sha256
default_days = 365
default_crl_days = 1
unique_subject = no
policy = anything
[anything]
countryName = optional
serialNumber = optional
givenName = optional
surname = optional
commonName = supplied
[req]
distinguished_name = nothing
string_mask = utf8only
[nothing]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[person]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = $ENV::POLICY
authorityInfoAccess = OCSP;URI:http://127.0.0.1:{ocsp}
crlDistributionPoints = URI:http://127.0.0.1:{crl}/list.crl
"""
_ENTRY = """\
[[issuer]]
name = "{name}"
kind = "{kind}"
policies = ["{policy}"]
nif = "idces"
revocation = "{revocation}"
proves_identity = "{proves}"
certificates = \"\"\"
{certificates}\"\"\"
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the story is told elsewhere."""


class OtherIssuer:
    """A CA in a folder. `start` serves revocations until `stop`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._openssl = OpenSsl(folder)
        self.folder = folder
        self._responder: subprocess.Popen[bytes] | None = None
        self._site = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder / "site")))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        (folder / "site").mkdir()
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(_CONFIG.format(ocsp=self._port, crl=self._site.server_port))
        new = (
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-config",
            "ca.cnf",
        )
        name = ("-subj", "/C=ES/O=Another Issuer/CN=Another Root")
        self._openssl.must(
            *new,
            *name,
            "-extensions",
            "root",
            "-days",
            "3650",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            policy=CERTIFICATE,
        )
        self.trust_list = folder / "trust-list.toml"
        self.trust_list.write_text(
            "".join(
                _ENTRY.format(
                    name=name,
                    kind=kind,
                    policy=policy,
                    revocation=revocation,
                    proves=proves,
                    certificates=(folder / "root.pem").read_text(),
                )
                for name, kind, policy, revocation, proves in (
                    ("Another Issuer", "certificate", CERTIFICATE, "ocsp", "yes"),
                    ("Another Issuer, cards", "e-id", E_ID, "crl", "yes"),
                    ("Another Issuer, renewed on line", "certificate", DERIVED, "ocsp", "no"),
                )
            )
        )

    def issue(self, who: Person, name: str, policy: str, into: Path) -> None:
        """A certificate and its key for a person, NAME.pem and NAME.key."""
        self._openssl.must(
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key"
        )
        surnames = f"{who['surname1']} {who['surname2']}".strip()
        given = who["given_name"]
        subject = f"/C=ES/serialNumber=IDCES-{who['nif']}/GN={given}/SN={surnames}/CN={given} {surnames}"
        self._openssl.must(
            "req",
            "-new",
            "-utf8",
            "-config",
            "ca.cnf",
            "-key",
            f"{name}.key",
            "-subj",
            subject,
            "-out",
            f"{name}.csr",
            policy=policy,
        )
        self._ca(
            "-batch",
            "-notext",
            "-extensions",
            "person",
            "-in",
            f"{name}.csr",
            "-out",
            f"{name}.pem",
            policy=policy,
        )
        for suffix in ("pem", "key"):
            (into / f"{name}.{suffix}").write_bytes((self.folder / f"{name}.{suffix}").read_bytes())

    def revoke(self, name: str) -> None:
        """Revoke a certificate, and publish a list that says so."""
        self._ca("-revoke", f"{name}.pem")
        self.publish()

    def publish(self) -> None:
        """Publish the list of what is revoked."""
        self._ca("-gencrl", "-out", "list.pem")
        self._openssl.must("crl", "-in", "list.pem", "-outform", "DER", "-out", "site/list.crl")

    def start(self) -> None:
        """Answer, by OCSP and with a CRL."""
        self.publish()
        threading.Thread(target=self._site.serve_forever, daemon=True).start()
        command = [
            "openssl",
            "ocsp",
            "-index",
            "index.txt",
            "-port",
            str(self._port),
            "-CA",
            "root.pem",
            "-nmin",
            "5",
        ]
        with (self.folder / "responder.log").open("wb") as log:
            self._responder = subprocess.Popen(
                [*command, "-rsigner", "root.pem", "-rkey", "root.key"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        # A connection to try it would be the one request that it serves at a time.
        deadline = time.monotonic() + 10
        while b"waiting" not in (self.folder / "responder.log").read_bytes():
            if time.monotonic() > deadline:
                raise RuntimeError("openssl ocsp does not answer")
            time.sleep(0.05)

    def silence(self) -> None:
        """The responder is down."""
        if self._responder:
            self._responder.terminate()
            self._responder.wait()
            self._responder = None

    def stop(self) -> None:
        """Answer no more."""
        self.silence()
        self._site.shutdown()
        self._site.server_close()

    def _ca(self, *arguments: str, policy: str = CERTIFICATE) -> None:
        self._openssl.must("ca", "-utf8", "-config", "ca.cnf", *arguments, policy=policy)
