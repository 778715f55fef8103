"""What a person may do, what is missing, the quickest way to it, and until when it holds (F02).

One table says what each service needs, and one what each way of getting it takes. Everything else is
computed from the proofs in the ledger and the session's log-in, each time it is asked: so nobody learns
too late that a level was too low (Q09), or that a five-year term has passed (Q14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from chalicelib.registry.assurance import (
    ASSURANCES,
    LEVELS,
    LOG_INS,
    Assurance,
    Level,
    Proof,
    level,
    strong_until,
)

Lack = Literal[
    "level",
    "strong-proof",
    "strong-proof-expired",
    "activation-code",
    "password",
    "log-in",
    "new-number",
    "proof-chain",
    "of-age",
    "one-name",
]
Way = Literal["e-id", "certificate", "in-person", "activation-code", "password", "log-in", "wait"]


class Service(msgspec.Struct, frozen=True):
    """One thing that a registered person may want to do, and what it takes."""

    name: str
    level: Level
    strong: bool = False
    """Whether it needs a strong proof of the last five years (X08)."""
    log_in: Assurance = "none"
    """How sure the log-in must be."""
    ways: tuple[str, ...] = ()
    """The log-ins it takes, where the sureness alone is not enough (2.8)."""
    credential: Literal["", "activation-code", "password"] = ""
    """What must be active."""
    settled: tuple[str, ...] = ()
    """The log-ins for which the mobile number must not be new or disputed (F14)."""
    anew: bool = False
    """Whether the log-in itself must prove the identity anew (X19): it is no proof to repeat an old one."""
    of_age: bool = False
    """Whether it is for adults alone: with minors somebody comes along, and to an office (X04)."""
    one_name: bool = False
    """Whether certificate and registration must name the person alike: on line nobody sees which is true."""


ALL: Final = tuple(LOG_INS)
BY_TELEPHONE: Final = ("pin",)
"""What nothing but the telephone opens."""

SERVICES: Final = MappingProxyType(
    {
        service.name: service
        for service in (
            Service("pin", "basic"),
            Service("password-activation", "basic", credential="activation-code", settled=ALL),
            Service("password", "basic", credential="password"),
            # 2.3, X06: the second factor by SMS is for the advanced level.
            Service("password-step-up", "advanced", credential="password", settled=ALL),
            # Whoever stole a password must not get with it the code by which it is recovered.
            Service(
                "new-activation-code",
                "basic",
                log_in="low",
                ways=tuple(way for way in LOG_INS if way != "password"),
                settled=BY_TELEPHONE,
            ),
            # Another second factor than the telephone (F13); whoever enrols it is as sure as it makes.
            Service("authenticator", "advanced", log_in="substantial"),
            Service("app", "advanced", log_in="substantial"),
            Service("change-email", "basic", log_in="low", settled=BY_TELEPHONE),
            Service(
                "change-mobile", "advanced", log_in="substantial", ways=("certificate", "e-id"), settled=ALL
            ),
            # 2.14, P01, X08.
            Service("cloud-signature", "advanced", strong=True, log_in="substantial", credential="password"),
            # A08, A29, X19: what the log-in was made with is the proof of identity for the certificate.
            Service(
                "certificate-online",
                "advanced",
                log_in="substantial",
                ways=("certificate", "e-id"),
                anew=True,
                of_age=True,
                one_name=True,
            ),
            # Whoever holds a certificate may always end it.
            Service("revocation", "basic", log_in="low"),
            Service("suspension", "basic", log_in="low"),
            # Whoever stole the telephone must not have it back (F20).
            Service(
                "suspension-lift",
                "advanced",
                log_in="substantial",
                ways=("certificate", "e-id"),
            ),
            Service("renunciation", "basic", log_in="low", settled=BY_TELEPHONE),
        )
    }
)

QUICKEST: Final[Mapping[Lack, tuple[Way, ...]]] = MappingProxyType(
    {
        # Minutes with a card or a certificate at home; an office takes an appointment (C06).
        "level": ("certificate", "e-id", "in-person"),
        "strong-proof": ("e-id", "in-person"),
        "strong-proof-expired": ("e-id", "in-person"),
        "activation-code": ("activation-code",),
        "password": ("password",),
        "log-in": ("log-in",),
        "new-number": ("wait",),
        "proof-chain": ("e-id", "in-person"),
        "of-age": ("in-person",),
        "one-name": ("in-person",),
    }
)
"""The ways out of each lack, the quickest first."""


class Standing(msgspec.Struct, frozen=True):
    """All that decides: the proofs, what is active, and the log-in."""

    proofs: tuple[Proof, ...]
    registered: bool
    activation_code: bool
    password: bool
    assurance: Assurance
    way: str
    settled: bool = True
    """Whether the mobile number is neither new nor disputed."""
    apps_settled: bool = True
    """Whether no app is in its first day."""
    proves_until: datetime | None = None
    """Until when what the log-in was made with proves an identity anew; None if it does not (X19)."""
    of_age: bool = True
    one_name: bool = True

    @property
    def level(self) -> Level:
        return level(self.proofs) if self.registered else "none"


class Right(msgspec.Struct, frozen=True):
    """One service as it stands for one person at one time."""

    service: str
    may: bool
    missing: tuple[Lack, ...]
    quickest: tuple[Way, ...]
    until: datetime | None
    """When it ends by itself, if it does."""


def rights(standing: Standing, now: datetime) -> list[Right]:
    """Every service of the table."""
    return [right(service, standing, now) for service in SERVICES.values()]


def right(service: Service, standing: Standing, now: datetime) -> Right:
    """Whether the person may use a service, and if not, why and what to do."""
    carries = strong_until(standing.proofs) if standing.registered else None
    missing: list[Lack] = []
    if LEVELS.index(standing.level) < LEVELS.index(service.level):
        missing.append("level")
    if service.strong and carries is None:
        missing.append("strong-proof")
    if service.strong and carries is not None and carries <= now:
        missing.append("strong-proof-expired")
    if service.credential == "activation-code" and not standing.activation_code:
        missing.append("activation-code")
    if service.credential == "password" and not standing.password:
        missing.append("password")
    proves = standing.proves_until
    if not _log_in_is_enough(service, standing):
        missing.append("log-in")
    by_new_app = service.settled == BY_TELEPHONE and not standing.apps_settled
    if standing.way in service.settled and (by_new_app or not standing.settled):
        missing.append("new-number")
    if "log-in" not in missing and service.anew and (proves is None or proves <= now):
        missing.append("proof-chain")
    if service.of_age and not standing.of_age:
        missing.append("of-age")
    if service.one_name and not standing.one_name:
        missing.append("one-name")
    ways = _common(missing)
    until = carries if service.strong else proves if service.anew else None
    return Right(service.name, not missing, tuple(missing), ways, until)


def _log_in_is_enough(service: Service, standing: Standing) -> bool:
    sure = ASSURANCES.index(standing.assurance) >= ASSURANCES.index(service.log_in)
    return sure and (not service.ways or standing.way in service.ways)


def _common(missing: list[Lack]) -> tuple[Way, ...]:
    """What to do, in order, once each: one strong proof also raises the level."""
    strong = [lack for lack in missing if lack.startswith("strong-proof")]
    steps: list[Way] = []
    for lack in missing:
        if lack == "level" and strong:
            continue
        quickest = QUICKEST[lack][0]
        if quickest not in steps:
            steps.append(quickest)
    return tuple(steps)
