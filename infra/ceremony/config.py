"""What a key ceremony is to make: a TOML file, reviewed by two people and read strictly."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from chalicelib.errors import Problem
from chalicelib.pki.catalogue import CITIZENS, REGISTRATION_OFFICER
from chalicelib.pki.key_types import KeyType
from chalicelib.pki.names import authority_name

PROFILES = CITIZENS | {REGISTRATION_OFFICER}

REASONS = frozenset({"cACompromise", "keyCompromise", "superseded", "cessationOfOperation"})


class BadCeremony(ValueError):
    """The configuration cannot be carried out as it stands, or contradicts what an earlier run made."""


@dataclass(frozen=True)
class Roles:
    """Which role alone may sign with which key (ARNs)."""

    account: str
    ceremony: str
    authority: str
    status: str


@dataclass(frozen=True)
class Root:
    """The root CA. Its key signs issuing CAs and its own CRL, at ceremonies only."""

    name: str
    subject: x509.Name
    key: KeyType
    years: int
    crl_days: int


@dataclass(frozen=True)
class Issuing:
    """An issuing CA with its OCSP responder."""

    name: str
    subject: x509.Name
    key: KeyType
    years: int
    crl_shards: int
    profiles: frozenset[str]
    responder_key: KeyType
    revoked_at: datetime | None = None
    """Set when the CA itself is revoked: the root's CRL then lists it, and it goes on serving status."""
    revocation_reason: str | None = None
    """RFC 5280 name, such as "cACompromise"."""

    @property
    def responder(self) -> str:
        return f"{self.name}-ocsp"


@dataclass(frozen=True)
class Ceremony:
    """Everything a ceremony needs to know beside the clock, the entropy and the cloud."""

    sha256: str
    """Of the file: the transcript says by which configuration it was held."""
    stage: str
    attendees: tuple[str, ...]
    roles: Roles | None
    root: Root
    issuing: tuple[Issuing, ...]


def read_ceremony(path: Path) -> Ceremony:
    """Read a configuration.

    Raises:
        BadCeremony: a key is missing, unknown or has a wrong value.
    """
    octets = path.read_bytes()
    try:
        document = tomllib.loads(octets.decode())
        return _ceremony(document, hashlib.sha256(octets).hexdigest())
    except KeyError as missing:
        raise BadCeremony(f"{missing} is missing") from missing
    except (TypeError, ValueError, Problem) as error:
        raise BadCeremony(str(error)) from error


def _ceremony(document: dict[str, Any], sha256: str) -> Ceremony:
    organisation, organisation_id = document.pop("organisation"), document.pop("organisation_id")

    def subject(common_name: str) -> x509.Name:
        return authority_name(
            organisation=organisation, organisation_id=organisation_id, common_name=common_name
        )

    root, issuing = document.pop("root"), document.pop("issuing")
    roles = document.pop("roles", None)
    made = Ceremony(
        sha256=sha256,
        stage=document.pop("stage"),
        attendees=tuple(document.pop("attendees")),
        roles=Roles(**roles) if roles else None,
        root=Root(**_typed(root, subject)),
        issuing=tuple(Issuing(**_typed(entry, subject)) for entry in issuing),
    )
    if document:
        raise BadCeremony(f"unknown: {', '.join(document)}")
    _check(made)
    return made


def _typed(entry: Mapping[str, Any], subject: Any) -> dict[str, Any]:
    values = dict(entry)
    values["subject"] = subject(values.pop("common_name"))
    for name in ("key", "responder_key"):
        if name in values:
            values[name] = KeyType(values[name])
    if "profiles" in values:
        values["profiles"] = frozenset(values["profiles"])
    return values


def _check(ceremony: Ceremony) -> None:
    if len({name.strip() for name in ceremony.attendees if name.strip()}) < 2:
        raise BadCeremony("a ceremony has two people: one acts, the other watches")
    if ceremony.roles is None and ceremony.stage not in ("local", "test"):
        raise BadCeremony("roles are missing: every key would be open to the whole account")
    names = [ceremony.root.name, *(entry.name for entry in ceremony.issuing)]
    names += [entry.responder for entry in ceremony.issuing]
    if len(set(names)) != len(names) or not all(re.fullmatch(r"[a-z][a-z0-9-]{2,40}", n) for n in names):
        raise BadCeremony("names are lower case, of letters, digits and hyphens, and each is used once")
    subjects = [ceremony.root.subject, *(entry.subject for entry in ceremony.issuing)]
    if len(set(subjects)) != len(subjects):
        raise BadCeremony("two authorities have one name")
    if not 30 <= ceremony.root.crl_days <= 400:
        raise BadCeremony("the root's CRL lives 30 to 400 days")
    for entry in ceremony.issuing:
        if not 1 <= entry.crl_shards <= 1000:
            raise BadCeremony("an issuing CA has 1 to 1,000 CRL shards")
        if entry.revoked_at is not None and entry.revoked_at.utcoffset() is None:
            raise BadCeremony("a revocation has a time with its zone, such as 2030-01-31T09:00:00Z")
        if (entry.revoked_at is None) != (entry.revocation_reason is None):
            raise BadCeremony("a revocation has a time and a reason")
        if entry.revocation_reason not in (None, *REASONS):
            raise BadCeremony(f"reasons to revoke a CA: {', '.join(sorted(REASONS))}")
        if not entry.profiles or entry.profiles - PROFILES:
            raise BadCeremony(f"profiles of an issuing CA: {', '.join(sorted(PROFILES))}")
