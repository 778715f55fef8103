"""A maker of cards that exist on this machine only: its attestation root, and what its cards attest.

It shows and tests how an attestation is checked. Its model is on the allow-list of no other authority, since
whoever has this folder can attest anything. `python -m infra.local.card_maker FOLDER SERIAL < public-key.pem`
prints what a card with this serial number would say of a key.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID

MODEL = "Local test card"
SOFTHSM = "SoftHSM v2"
"""The model that SoftHSM's tokens say they are: who has no card tries it out with one of those."""
ARC = "1.3.6.1.4.1.32473.2"
"""Of the arc for examples (RFC 5612)."""
SERIAL = f"{ARC}.1"
ORIGIN = f"{ARC}.2"
MADE_INSIDE = bytes.fromhex("30060101ff010100")
"""SEQUENCE { generatedInside TRUE, exportable FALSE }."""
LISTED = """\
# Card models whose attestations this local authority believes (docs/runbooks/card-loading.md).
attestation = "optional"
"""
ENTRY = """
[[model]]
name = "{model}"
serial = "{serial}"
listed_from = {listed_from}
listed_until = {listed_until}
{qscd}roots = '''
{root}'''
[[model.statements]]
extension = "{origin}"
value = "{value}"
"""


class CardMaker:
    """One maker: a root, the attestation key of all its cards, and the entry that lists them."""

    def __init__(self, now: datetime, years: int = 20) -> None:
        self._begins, self._ends = now, now + timedelta(days=365 * years)
        self.root_key, self.device_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self.certify("Local card maker", self.root_key.public_key(), authority=1)
        self.device = self.certify(
            "Local card attestation", self.device_key.public_key(), issuer=self.root, authority=0
        )

    def certify(
        self,
        name: str,
        key: Any,
        *,
        issuer: x509.Certificate | None = None,
        by: ec.EllipticCurvePrivateKey | None = None,
        authority: int | None = None,
        extensions: dict[str, bytes] | None = None,
        valid: tuple[datetime, datetime] | None = None,
    ) -> x509.Certificate:
        """A certificate of the maker, as plain as those of real cards."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begins, ends = valid or (self._begins, self._ends)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        if authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(True, authority), critical=True)
        for oid, value in (extensions or {}).items():
            unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
            builder = builder.add_extension(unknown, critical=False)
        return builder.sign(by or self.root_key, hashes.SHA256())

    def attest(self, key: Any, serial: str) -> list[str]:
        """What a card with this serial number says of a key, PEM, the statement first."""
        told = {SERIAL: bytes([0x0C, len(serial)]) + serial.encode(), ORIGIN: MADE_INSIDE}
        statement = self.certify("Attestation", key, issuer=self.device, by=self.device_key, extensions=told)
        return [each.public_bytes(Encoding.PEM).decode() for each in (statement, self.device)]

    def listed(self, *, until: date | None = None, qscd_until: date | None = None) -> str:
        """The file that lists its models; with `qscd_until` as the qualified devices that they are not."""
        qscd = f'qscd_until = {qscd_until}\nqscd_reference = "none: an example"\n' if qscd_until else ""
        entries = [
            ENTRY.format(
                model=model,
                serial=SERIAL,
                listed_from=self._begins.date(),
                listed_until=until or self._ends.date(),
                qscd=qscd,
                root=self.root.public_bytes(Encoding.PEM).decode(),
                origin=ORIGIN,
                value=MADE_INSIDE.hex(),
            )
            for model in (MODEL, SOFTHSM)
        ]
        return LISTED + "".join(entries)

    def save(self, folder: Path) -> None:
        """Leave it for the next start, and for the command."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, key, certificate in (
            ("root", self.root_key, self.root),
            ("device", self.device_key, self.device),
        ):
            (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
            octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / f"{name}.key").touch(mode=0o600)
            (folder / f"{name}.key").write_bytes(octets)
        (folder / "card-models.toml").write_text(self.listed(), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> CardMaker:
        """One that was saved."""
        maker = cls(datetime.now(UTC))
        for name in ("root", "device"):
            key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
            setattr(maker, f"{name}_key", key)
            setattr(maker, name, x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))
        return maker


def make_card_maker(folder: Path, now: datetime) -> Path:
    """The maker of this local authority, made once; the path of its list of models."""
    listed = folder / "card-models.toml"
    if not listed.exists():
        CardMaker(now).save(folder)
    return listed


if __name__ == "__main__":
    where, number = sys.argv[1:]
    public = load_pem_public_key(sys.stdin.buffer.read())
    sys.stdout.write("".join(CardMaker.read(Path(where)).attest(public, number)))
