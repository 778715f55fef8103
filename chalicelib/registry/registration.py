"""Registration of an identification: who a person is becomes evidence, once for each request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict, Problem
from chalicelib.registry.evidence import Evidence, IdentificationRequest, canonical_form, evidence_digest
from chalicelib.registry.identification import identify
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own, numbers_in
from chalicelib.registry.special import add_special
from chalicelib.registry.tables import IdentificationRow, PersonRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

CONDITIONS_VERSION = "2026-11"
"""The version of the conditions of use that applicants sign."""


class IdempotencyKeyReused(Problem):
    """The key belongs to another request."""

    slug = "idempotency-key-reused"
    status = 422
    title = "This Idempotency-Key was used for another request"


def register(
    cloud: Cloud, officer: Officer, point_id: str, request: IdentificationRequest, key: str
) -> IdentificationRow:
    """Write an identification, or find the one that the same request wrote before.

    Args:
        key: the officer's own idempotency key.

    Raises:
        IdempotencyKeyReused, OwnCase, HourlyCapReached, Conflict, and the problems of the rules.
    """
    now = cloud.now()
    row_id = row_id_of(officer, key)
    digest = hashlib.sha256(point_id.encode() + canonical_form(request)).hexdigest()
    if (before := written_before(row_id, digest)) is not None:
        return before
    evidence = identify(
        request, officer_id=officer.id, point_id=point_id, now=now, conditions_version=CONDITIONS_VERSION
    )
    not_own(officer, *numbers_in(evidence))
    transaction = Transaction()
    holder = person_of(cloud, transaction, evidence.nif)
    row = put_identification(transaction, row_id, evidence, holder, digest)
    add_special(cloud, transaction, row, evidence, officer.name)
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    event = Event(
        "person.identified",
        f"identification:{row.id}",
        officer.name,
        now,
        evidence=row.evidence_digest,
        details={"point": point_id, "person": row.holder, "document": evidence.document.kind},
    )
    record(transaction, event, cloud.entropy(12))
    try:
        transaction.commit()
    except ConditionFailed as failed:
        # The same request at the same time wrote it; or somebody met this person, or counted an act,
        # between our read and our write: all of them are seen by the next attempt.
        if (same := written_before(row_id, digest)) is not None:
            return same
        raise Conflict(retry_after=1) from failed
    return row


def row_id_of(officer: Officer, key: str) -> str:
    """Where an identification is written: the same for the same officer and key."""
    return hashlib.sha256(f"{officer.id}\n{key}".encode()).hexdigest()[:32]


def written_before(row_id: str, digest: str) -> IdentificationRow | None:
    """The identification that the same request wrote.

    Raises:
        IdempotencyKeyReused
    """
    row = IdentificationRow.find(row_id)
    if row is not None and row.request_digest != digest:
        raise IdempotencyKeyReused
    return row


def put_identification(
    transaction: Transaction, row_id: str, evidence: Evidence, holder: str, request_digest: str
) -> IdentificationRow:
    """Add the row of an identification at an office, which nobody may have written before."""
    row = IdentificationRow(
        row_id,
        evidence=canonical_form(evidence).decode(),
        evidence_digest=evidence_digest(evidence),
        holder=holder,
        officer=evidence.officer_id,
        point=evidence.point_id,
        identified_at=evidence.identified_at,
        request_digest=request_digest,
    )
    transaction.put_new("identification", row)
    return row


def person_of(cloud: Cloud, transaction: Transaction, nif: str) -> str:
    """The opaque id of this person, drawn when the person is met for the first time."""
    known = PersonRow.find(nif)
    if known is not None:
        return str(known.id)
    person = PersonRow(nif, id=f"person:{cloud.entropy(16).hex()}")
    transaction.put_new("person", person)
    return str(person.id)
