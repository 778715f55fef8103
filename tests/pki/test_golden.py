"""One golden certificate per profile, lint on each, and the chain seen by OpenSSL."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.pki.catalogue import MIXED_KEY_USAGE, MIXED_KEY_USAGE_QSCD
from chalicelib.pki.lint import findings, require_clean
from tests.pki.authority import ISSUING, ROOT, every_profile
from tests.pki.make_golden import GOLDEN

CERTIFICATES = every_profile()


@pytest.mark.parametrize("name", CERTIFICATES)
def test_the_der_of_each_profile_is_the_golden_one(name: str) -> None:
    """A change of one octet in any profile must be meant: it needs a new version and a new golden file."""
    golden = x509.load_pem_x509_certificate((GOLDEN / f"{name}.pem").read_bytes())
    assert CERTIFICATES[name][1].public_bytes(Encoding.DER) == golden.public_bytes(Encoding.DER)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_lint_finds_nothing_but_the_mixed_key_usage_of_citizens(name: str) -> None:
    profile, certificate = CERTIFICATES[name]
    expected = {MIXED_KEY_USAGE} if name.startswith("citizen") else set()
    if name == "citizen-card-secure-qualified":  # pkilint knows it as QCP-n-qscd, and has another word for it
        expected = {MIXED_KEY_USAGE_QSCD}
    assert {finding.code for finding in findings(certificate, profile)} == expected
    require_clean(certificate, profile)


@pytest.mark.parametrize("name", [name for name in CERTIFICATES if name != "root-ca"])
def test_openssl_verifies_the_chain_of_each_profile(name: str, tmp_path: Path) -> None:
    """Another implementation reads our encoding and accepts our signatures (RFC 5280 and X.509 strict)."""
    files = {}
    for title, certificate in (("root", ROOT), ("ca", ISSUING), ("leaf", CERTIFICATES[name][1])):
        files[title] = tmp_path / f"{title}.pem"
        files[title].write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-attime", "1795392000", "-CAfile", str(files["root"])]
    answer = subprocess.run(
        [*command, "-untrusted", str(files["ca"]), str(files["leaf"])], capture_output=True, text=True
    )
    assert answer.stdout.strip().endswith(": OK"), answer.stderr


def test_openssl_accepts_a_citizen_as_tls_client_and_not_as_server_or_mail_signer(tmp_path: Path) -> None:
    """The certificate logs in and signs; it must not become an S/MIME certificate (CA/B Forum, 825 days)."""
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(CERTIFICATES["citizen-software-email"][1].public_bytes(Encoding.PEM))
    text = subprocess.run(
        ["openssl", "x509", "-in", str(leaf), "-noout", "-purpose"], capture_output=True, text=True
    ).stdout
    assert "SSL client : Yes" in text
    assert "SSL server : No" in text
    assert "S/MIME signing : No" in text
    assert "SSL client CA : No" in text
