"""What the chapters of the story share: the authority, the software on each side, and the people."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.demo.caller import Caller
from infra.demo.narrator import Narrator
from infra.demo.openssl import OpenSsl
from infra.local.instance import Instance

POINT = "/v1/registration-points/valencia-ayuntamiento"


@dataclass
class Stage:
    """The authority and whoever deals with it."""

    instance: Instance
    narrator: Narrator
    openssl: OpenSsl
    officer: Caller

    @property
    def folder(self) -> Path:
        """Where artefacts are left."""
        return self.openssl.folder

    @property
    def citizen(self) -> Caller:
        """Anybody with a browser."""
        return Caller(self.instance.url)

    def keep(self, name: str, content: bytes) -> str:
        """Leave an artefact; its name again."""
        (self.folder / name).write_bytes(content)
        return name

    def officer_tls(self, *, with_certificate: bool = True) -> ssl.SSLContext:
        """The TLS of the officer's browser."""
        context = ssl.create_default_context(cafile=str(self.instance.tls_certificate))
        if with_certificate:
            desk = self.instance.folder / "officer"
            context.load_cert_chain(desk / "certificate.pem", desk / "key.pem")
        return context

    def newest(self, to: str) -> str:
        """The last message that a telephone or mailbox received."""
        messages = self.instance.phone.received(to)
        if not messages:
            raise RuntimeError(f"nothing was received by {to}")
        return messages[-1].text

    def code_from(self, to: str, pattern: str) -> str:
        """The code in the newest message to somebody."""
        text = self.newest(to)
        found = re.search(pattern, text, re.M)
        if found is None:
            raise RuntimeError(f"no code in: {text}")
        return found[1]


SMS_CODE = r"#(\S{10})$"
EMAIL_CODE = r"^    (\S{8})$"


def person(nif: str, given_name: str, surname1: str, surname2: str, **more: Any) -> dict[str, Any]:
    """An identification, as an officer types it from the documents on the desk."""
    return {
        "document": {"kind": "dni", "number": nif, "expires_on": "2031-05-01"},
        "nif": nif,
        "given_name": given_name,
        "surname1": surname1,
        "surname2": surname2,
        "delivery": "sms",
        "language": "en",
        "presence": {"kind": "holder"},
        "conditions_accepted": "2026-11",
    } | more


MARIA = person(
    "12345678Z",
    "María José",
    "Núñez",
    "Peña",
    birth_date="1985-02-28",
    email="maria@example.org",
    mobile="+34612345678",
)
JORDI = person(
    "87654321X",
    "Jordi",
    "Ferrer",
    "Martí",
    birth_date="1971-09-11",
    email="jordi@example.org",
    delivery="paper",
)
AITANA = person(
    "11111111H",
    "Aitana",
    "Soler",
    "Vidal",
    birth_date="1999-12-31",
    email="aitana@example.org",
    mobile="+34698765432",
)
