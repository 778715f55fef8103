"""What the chapters of the story share: the authority, the software on each side, and the people."""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from infra.demo.caller import Answer, Caller
from infra.demo.narrator import CheckFailed, Narrator
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
    activation_codes: dict[str, str] = field(default_factory=dict)
    """By number: what each person's proof of registration has printed on it, and nothing else tells."""
    _read: dict[str, int] = field(default_factory=dict)

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

    def now(self) -> datetime:
        """What time it is in the authority."""
        return self.instance.clock()

    def move_clock(self, **how: str | float) -> int:
        """Move the authority's clock as its page does: `to` a moment, or by `days`, `hours`, `minutes`.

        Returns how many jobs there were on the way.
        """
        answer = self.citizen.post("/local/clock", how)
        if answer.status != 200:
            raise RuntimeError(f"{answer}")
        return int(answer.json["stops"])

    def officer_logs_in(self) -> Answer:
        """The officer's session, begun anew."""
        self.officer = Caller(self.instance.tls_url, self.officer_tls())
        session = self.officer.post("/v1/officer-sessions")
        if session.status == 201:
            self.officer.token = session.json["token"]
        return session

    def officer_tls(self, *, with_certificate: bool = True) -> ssl.SSLContext:
        """The TLS of the officer's browser."""
        desk = self.instance.folder / "officer"
        return self._tls((desk / "certificate.pem", desk / "key.pem") if with_certificate else None)

    def with_certificate(self, name: str) -> Caller:
        """Somebody with a certificate and its key, NAME.pem and NAME.key, connected by mutual TLS."""
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        return Caller(self.instance.tls_url, self._tls(files))

    def _tls(self, client: tuple[Path, Path] | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.instance.tls_certificate))
        if client:
            context.load_cert_chain(*client)
        return context

    def awaited(self, to: str, pattern: str = "") -> str:
        """The next message to somebody that was not read yet and has this in it.

        Raises:
            CheckFailed: nothing came in time.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            messages = self.instance.phone.received(to)
            for at in range(self._read.get(to, 0), len(messages)):
                if re.search(pattern, messages[at].text, re.M):
                    self._read[to] = at + 1
                    return messages[at].text
            time.sleep(0.1)
        raise CheckFailed(f"a message to {to} within {PATIENCE} seconds")

    def awaited_code(self, to: str) -> str:
        """The code in the next message, from its last line, which telephones read by themselves (WebOTP)."""
        return self.awaited(to, OTP).rpartition("#")[2].strip()

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


PATIENCE = 30
"""Seconds."""
OTP = r"#\d{6}$"
SMS_CODE = r"#(\S{10})$"
EMAIL_CODE = r"^    (\S{8})$"
