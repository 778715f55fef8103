"""What a local authority starts with, and operators' commands that find their way to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws.functions import InProcessFunctions, LambdaFunctions
from chalicelib.pki.issuers import issuers
from infra.commands.__main__ import connected
from infra.local.seed import trust_store
from tests.support.issuers import Authority
from tests.support.world import START, World


def test_the_tls_port_lets_in_whom_the_trust_list_names(authority: World, tmp_path: Path) -> None:
    """Or a card of another issuer never reaches the list that decides on it (ADR 0017)."""
    ours = [issuer.certificate.public_bytes(Encoding.PEM).decode() for issuer in issuers(authority.cloud).all]
    assert trust_store(authority.cloud) == "".join(ours)
    other = Authority(START)
    file = tmp_path / "trust.toml"
    file.write_text(other.trust() + other.trust(kind="e-id", name="DNIe"))
    authority.cloud.settings = replace(authority.cloud.settings, trust_list=str(file))
    assert trust_store(authority.cloud) == "".join(ours) + other.pem, "each authority once"


def test_a_command_to_a_local_authority_needs_no_lambda() -> None:
    """An officer is appointed there as in life; a deployment's functions stay where they are."""
    assert isinstance(connected({"CLAVERO_STAGE": "local"}).functions, InProcessFunctions)
    deployed = {
        "CLAVERO_STAGE": "dev",
        "CLAVERO_API_URL": "https://api.example.org",
        "CLAVERO_STATUS_URL": "http://status.example.org",
        "CLAVERO_PRACTICE_URL": "https://example.org",
        "CLAVERO_BUCKET": "status",
        "CLAVERO_PRIVATE_BUCKET": "private",
        "CLAVERO_POLICY_ARC": "1.3.6.1.4.1.32473.2",
        "CLAVERO_EMAIL_SENDER": "no-reply@example.org",
    }
    assert isinstance(connected(deployed).functions, LambdaFunctions)
