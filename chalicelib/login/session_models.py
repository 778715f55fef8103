"""What the doors of citizens' log-in have in common: the parts of requests, and what they answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.login.challenges import Challenge
from chalicelib.login.citizens import IDLE
from chalicelib.login.pin import LoggedIn
from chalicelib.registry.assurance import LOG_INS, Assurance, assurance

NO_STORE = {"Cache-Control": "no-store"}
ACR = {
    "low": "http://eidas.europa.eu/LoA/low",
    "substantial": "http://eidas.europa.eu/LoA/substantial",
    "high": "http://eidas.europa.eu/LoA/high",
}
"""The names of the levels of assurance as relying parties know them."""

Nif = Annotated[str, Meta(min_length=1, max_length=20, description="DNI or NIE.")]
RequestId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="From the answer that sent the code.")]
Otp = Annotated[str, Meta(min_length=1, max_length=20, description="The code from the text message.")]


class CodeSent(Struct):
    """If the data is right, a text message is on its way to the registered mobile."""

    request: str
    expires_at: datetime


class CitizenSession(Struct, omit_defaults=True):
    """A session that was opened. Send the token as `Authorization: Bearer ...`; it is told once."""

    token: str
    expires_at: datetime
    idle_seconds: int
    way: str
    assurance: str
    """min(proof of identity, log-in)."""
    acr: str
    amr: list[str]
    password_expires_at: datetime | None = None
    password_days_left: int | None = None
    """Told in the last month of a password: change it now, while that is easy (6.9)."""
    device: str = ""
    """After a password: keep it on this device and send it with the next log-in, for which strangers' wrong
    tries then do not count. It opens nothing by itself."""


def code_sent(sent: Challenge) -> CodeSent:
    """The answer of whatever sends a code."""
    return CodeSent(sent.request, sent.expires_at)


def session_opened(opened: LoggedIn) -> CitizenSession:
    """The answer of whatever opens a session."""
    sure = assurance(opened.account.level, opened.way)
    return CitizenSession(
        token=opened.token,
        expires_at=opened.expires_at,
        idle_seconds=int(IDLE.total_seconds()),
        way=opened.way,
        assurance=sure,
        acr=acr(sure),
        amr=list(LOG_INS[opened.way].amr),
        password_expires_at=opened.password_expires_at,
        password_days_left=opened.password_days_left,
        device=opened.device,
    )


def acr(sure: Assurance) -> str:
    """The name of a level; empty for none."""
    return ACR.get(sure, "")
