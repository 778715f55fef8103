"""The issuing CAs of this deployment: which one issues, which ones still serve status (rollover)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.errors import NotFound, Problem
from chalicelib.pki.tables import IssuerRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

REFRESH = timedelta(seconds=60)
"""How long a container believes what it read: a new issuer or responder certificate is seen this soon."""


class NoIssuer(Problem):
    """No active CA may issue this profile: the key ceremony was not held, or all have retired."""

    slug = "no-issuer"
    status = 503
    title = "No certification authority is active for this"


class Issuer(msgspec.Struct, frozen=True):
    """A CA certificate of ours and what this deployment knows of it."""

    id: str
    """The first 16 hexadecimal digits of its subject key identifier; it stands in its status URLs."""
    title: str
    key_id: str
    certificate: x509.Certificate
    parent: str
    crl_shards: int
    profiles: frozenset[str]
    activated_at: datetime
    retired_at: datetime | None
    responder_key_id: str
    responder_certificate: x509.Certificate | None

    def may_issue(self, profile: str, now: datetime) -> bool:
        """Whether it is active for this profile at this time."""
        retired = self.retired_at is not None and self.retired_at <= now
        return profile in self.profiles and self.activated_at <= now and not retired


class Issuers(msgspec.Struct, frozen=True):
    """All of them, as read at one time."""

    all: tuple[Issuer, ...]
    read_at: datetime

    def get(self, issuer_id: str) -> Issuer | None:
        """The issuer of this id."""
        return next((issuer for issuer in self.all if issuer.id == issuer_id), None)

    def active(self, profile: str, now: datetime) -> Issuer:
        """The issuer for new certificates of this profile: the one activated last.

        Raises:
            NoIssuer: there is none.
        """
        able = [issuer for issuer in self.all if issuer.may_issue(profile, now)]
        if not able:
            raise NoIssuer
        return max(able, key=lambda issuer: issuer.activated_at)

    def chain(self, issuer: Issuer) -> list[x509.Certificate]:
        """The issuer's certificate and those above it, without the root."""
        chain = []
        step: Issuer | None = issuer
        while step is not None and step.parent:
            chain.append(step.certificate)
            step = self.get(step.parent)
        return chain


def issuers(cloud: Cloud) -> Issuers:
    """The issuers, from memory while fresh: in steady state this reads nothing."""
    known: Issuers | None = cloud.memory.get("issuers")
    now = cloud.now()
    if known is None or abs(now - known.read_at) > REFRESH:
        known = Issuers(tuple(_issuer(row) for row in listed(IssuerRow.scan(consistent_read=True))), now)
        cloud.memory["issuers"] = known
    return known


def retire(cloud: Cloud, issuer_id: str, by: str) -> None:
    """Let a CA issue nothing from now on; its CRLs and OCSP go on. Twice is no error: the first date stays.

    Raises:
        NotFound
    """
    now = cloud.now()
    transaction = Transaction()
    transaction.update(
        "issuer",
        IssuerRow(issuer_id),
        [IssuerRow.retired_at.set(now)],
        IssuerRow.id.exists() & IssuerRow.retired_at.does_not_exist(),
    )
    record(transaction, Event("issuer.retired", f"issuer:{issuer_id}", by, now), cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if IssuerRow.find(issuer_id) is None:
            raise NotFound from failed
    forget(cloud)


def forget(cloud: Cloud) -> None:
    """Read the issuers again at the next use: after a ceremony or a renewed responder."""
    cloud.memory.pop("issuers", None)


def _issuer(row: IssuerRow) -> Issuer:
    responder = row.responder_certificate
    return Issuer(
        id=row.id,
        title=row.title,
        key_id=row.key_id,
        certificate=x509.load_der_x509_certificate(row.certificate),
        parent=row.parent,
        crl_shards=int(row.crl_shards),
        profiles=frozenset(row.profiles or ()),
        activated_at=row.activated_at,
        retired_at=row.retired_at,
        responder_key_id=row.responder_key_id,
        responder_certificate=x509.load_der_x509_certificate(responder) if responder else None,
    )
