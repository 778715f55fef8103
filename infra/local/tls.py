"""The TLS side of the local server: a certificate for localhost, and mutual TLS as API Gateway does it.

TLS knows the machine's time alone, on both sides. The server's own certificate lives by it: whoever connects
looks at a clock that nobody moves. Client certificates are of the authority's time, in which they may begin
years from now, so the handshake asks who signed them and not when: that one has expired, or is not valid yet,
the app says, which looks for itself.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=30)
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h), for which Python has no name."""


def localhost_certificate(folder: Path, now: datetime) -> tuple[Path, Path]:
    """The files of a self-signed certificate for this machine and of its key, made anew when about to end."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate_path, key_path = folder / "localhost.pem", folder / "localhost.key"
    if certificate_path.exists() and key_path.exists():
        made = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        if made.not_valid_after_utc - RENEWED_BEFORE > now:
            return certificate_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), *map(x509.IPAddress, addresses)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key_pem)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def mutual_tls(certificate: Path, key: Path, trust_store: Path) -> BuiltinSSLAdapter:
    """An adapter that completes a handshake only with a client certificate that the trust store verifies."""
    adapter = BuiltinSSLAdapter(str(certificate), str(key))
    # A context of its own: the adapter's trusts the system's authorities for client certificates.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(trust_store)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= NO_CHECK_TIME
    adapter.context = context
    return adapter
