"""The `openssl` command line as the citizen's and the relying party's software: it shares no code with us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path


class OpenSsl:
    """Runs openssl in a folder, where its files stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def version() -> str | None:
        """What is installed; None when nothing is."""
        if shutil.which("openssl") is None:
            return None
        return subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.strip()

    def run(self, *arguments: str, policy: str = "") -> tuple[bool, str]:
        """Whether it succeeded, and all that it said. A configuration file may refer to `policy`."""
        command, environment = ["openssl", *arguments], {**os.environ, "POLICY": policy}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    def must(self, *arguments: str, policy: str = "") -> str:
        """What it said; here a failure is no part of the story."""
        well, said = self.run(*arguments, policy=policy)
        if not well:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {said}")
        return said

    def key_and_request(self, name: str, *kind: str) -> str:
        """A new key, and the request (PKCS#10, PEM) for it, which is kept in NAME.csr."""
        self.must("genpkey", *kind, "-out", f"{name}.key")
        self.must("req", "-new", "-key", f"{name}.key", "-subj", "/", "-out", f"{name}.csr")
        return (self.folder / f"{name}.csr").read_text()

    def certificate_field(self, file: str, *what: str) -> str:
        """A part of a certificate as text."""
        return self.must("x509", "-in", file, "-noout", "-nameopt", "utf8,sep_comma_plus", *what)

    def crl_url(self, file: str) -> str:
        """Where a certificate says that its CRL is."""
        return self._url(file, "crlDistributionPoints", r"URI:(\S+)")

    def ocsp_url(self, file: str) -> str:
        """Where a certificate says that its status can be asked for."""
        return self._url(file, "authorityInfoAccess", r"OCSP - URI:(\S+)")

    def issuer_url(self, file: str) -> str:
        """Where a certificate says that its issuer's certificate is."""
        return self._url(file, "authorityInfoAccess", r"CA Issuers - URI:(\S+)")

    def _url(self, file: str, extension: str, pattern: str) -> str:
        found = re.search(pattern, self.certificate_field(file, "-ext", extension))
        if found is None:
            raise RuntimeError(f"{file} has no {extension}")
        return found[1]
