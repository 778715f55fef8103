"""A card through PKCS#11, with OpenSC's pkcs11-tool: it makes the key, signs, and takes the certificate.

The PIN is the holder's. It goes to pkcs11-tool in an environment variable of that process (an argument would
show in the list of processes), and nowhere else.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
KEY_ID = "0c1a"
"""CKA_ID of the key and the certificate that belong together."""
LABEL = "Clavero"
PIN_VARIABLE = "CLAVERO_CARD_PIN"


class CardFailed(Exception):
    """The card, its reader or its driver did not do what was asked."""


@dataclass
class Pkcs11Card:
    """One token. `label` chooses it among those that are plugged in."""

    module: Path
    label: str
    pin: str
    key_type: str = "EC:prime256v1"
    """As pkcs11-tool names it: EC:prime256v1, EC:secp384r1, rsa:2048, rsa:3072."""

    @cached_property
    def _slot(self) -> dict[str, str]:
        """What the token says of itself."""
        listed = self._run("--list-token-slots", login=False)
        for block in re.split(r"^Slot ", listed, flags=re.M)[1:]:
            told = dict(re.findall(r"^  ([a-z ]+?) *: (.*?)\s*$", block, re.M))
            if told.get("token label") == self.label:
                return told
        raise CardFailed(f"there is no card labelled {self.label}")

    @property
    def model(self) -> str:
        return self._slot["token model"]

    @property
    def serial(self) -> str:
        return self._slot["serial num"]

    def public_key(self) -> PublicKey | None:
        """The card's key for this purpose; None while it has none.

        Raises:
            CardFailed: also if the card says that the key came from outside or may leave.
        """
        der = self._object("pubkey")
        if der:
            self._require_made_here()
        key = load_der_public_key(der) if der else None
        return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None

    def certificate(self) -> x509.Certificate | None:
        """The certificate that was written beside the key; None while there is none."""
        der = self._object("cert")
        return x509.load_der_x509_certificate(der) if der else None

    def make_key(self) -> PublicKey:
        """A new key, made by the card and staying there.

        Raises:
            CardFailed: also if the card says that the key came from outside or may leave.
        """
        self._run("--keypairgen", "--key-type", self.key_type, *self._names(), "--usage-sign")
        key = self.public_key()
        if key is None:
            raise CardFailed("the card shows no key after making one")
        return key

    def _require_made_here(self) -> None:
        """Of this key, whatever others are in the card, and also if an earlier loading made it."""
        listed = self._run("--list-objects", "--type", "privkey")
        blocks = re.split(r"^(?=\S)", listed, flags=re.M)
        own = next((block for block in blocks if re.search(rf"^\s+ID:\s+{KEY_ID}\s*$", block, re.M)), "")
        access = re.search(r"^\s+Access:\s*(.*?)\s*$", own, re.M)
        if access is None or not {"never extractable", "local"} <= set(re.split(r",\s*", access[1])):
            raise CardFailed("the card does not say that its key was made there and never leaves")

    def sign(self, data: bytes) -> bytes:
        """A signature with SHA-256: for RSA PKCS#1 v1.5, for EC in DER."""
        if self.key_type.upper().startswith("EC"):
            digest = hashes.Hash(hashes.SHA256())
            digest.update(data)
            data = digest.finalize()
            mechanism: tuple[str, ...] = ("ECDSA", "--signature-format", "openssl")
        else:
            mechanism = ("SHA256-RSA-PKCS",)
        with tempfile.TemporaryDirectory() as folder:
            to_sign, signature = Path(folder, "data"), Path(folder, "signature")
            to_sign.write_bytes(data)
            files = ("--input-file", str(to_sign), "--output-file", str(signature))
            self._run("--sign", "--id", KEY_ID, "--mechanism", *mechanism, *files)
            return signature.read_bytes()

    def write(self, certificate: bytes) -> None:
        """Put the certificate (DER) beside its key."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "certificate.der")
            file.write_bytes(certificate)
            self._run("--write-object", str(file), "--type", "cert", *self._names())

    @staticmethod
    def _names() -> tuple[str, ...]:
        return ("--id", KEY_ID, "--label", LABEL)

    def _object(self, kind: str) -> bytes | None:
        listed = self._run("--list-objects", "--type", kind)
        if not re.search(rf"^\s+ID:\s+{KEY_ID}\s*$", listed, re.M):
            return None
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "object.der")
            self._run("--read-object", "--type", kind, "--id", KEY_ID, "--output-file", str(file))
            return file.read_bytes()

    def _run(self, *arguments: str, login: bool = True) -> str:
        command = ["pkcs11-tool", "--module", str(self.module)]
        if login:
            command += ["--token-label", self.label, "--login", "--pin", f"env:{PIN_VARIABLE}"]
        environment = {**os.environ, PIN_VARIABLE: self.pin}
        done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no reason"]
            said = next((line for line in lines if "error" in line.lower()), lines[-1])
            raise CardFailed(f"pkcs11-tool {arguments[0]}: {said.strip()}")
        return done.stdout
