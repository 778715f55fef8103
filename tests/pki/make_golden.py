"""Write the golden certificates again, after a change that was meant: python -m tests.pki.make_golden."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki.authority import every_profile

GOLDEN = Path(__file__).parent / "golden"

if __name__ == "__main__":
    for name, (_, certificate) in every_profile().items():
        (GOLDEN / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
