"""Registration in person (C17): at an office, by an officer, always with the person concerned (C12, C28)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict
from chalicelib.registry.accounts import read_account
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.evidence import Evidence, IdentificationRequest, canonical_form
from chalicelib.registry.identification import identify
from chalicelib.registry.officers import Officer, count_act
from chalicelib.registry.own_case import not_own, numbers_in
from chalicelib.registry.receipts import REPEATED_WITHIN
from chalicelib.registry.registration import (
    CONDITIONS_VERSION,
    IdempotencyKeyReused,
    person_of,
    put_identification,
    row_id_of,
    written_before,
)
from chalicelib.registry.registrations import Registered, Registrant, register_person, repeat_registration
from chalicelib.registry.special import add_change

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class InPersonRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the officer saw, and the datum by which the person is contrasted later."""

    identification: IdentificationRequest
    contrast: Contrast


def register_in_person(
    cloud: Cloud, officer: Officer, point_id: str, request: InPersonRequest, key: str
) -> Registered:
    """Register a person who stands before the officer, renew the registration, or raise its level.

    A change of data that the officer declares ends older certificates as one declared for a certificate does.

    Sent again within the hour, its answer lost, it adds nothing: it gives another receipt, with a fresh
    activation code, since the one before was perhaps seen by nobody.

    Args:
        key: the officer's own idempotency key.

    Raises:
        IdempotencyKeyReused, OwnCase, PhoneTaken, HourlyCapReached, Conflict, and the problems of the rules.
    """
    now = cloud.now()
    row_id = row_id_of(officer, key)
    digest = hashlib.sha256(point_id.encode() + canonical_form(request)).hexdigest()
    if (before := written_before(row_id, digest)) is not None:
        if before.identified_at + REPEATED_WITHIN <= now:
            raise IdempotencyKeyReused
        account = read_account(str(before.holder))
        return repeat_registration(cloud, account, method="in-person", actor=officer.name)
    evidence = identify(
        structs.replace(request.identification, delivery="paper"),
        officer_id=officer.id,
        point_id=point_id,
        now=now,
        conditions_version=CONDITIONS_VERSION,
        service="registration",
    )
    not_own(officer, *numbers_in(evidence))
    transaction = Transaction()
    holder = person_of(cloud, transaction, evidence.nif)
    count_act(transaction, officer, "identifications", cloud.settings.officer_hourly_cap, now)
    row = put_identification(transaction, row_id, evidence, holder, digest)
    add_change(cloud, transaction, row, evidence, registers=True)
    try:
        return register_person(
            cloud,
            holder,
            registrant(evidence, contrast_digest(cloud, evidence.nif, request.contrast)),
            method="in-person",
            evidence=f"identification:{row_id}",
            officer=officer.name,
            transaction=transaction,
        )
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def registrant(evidence: Evidence, contrast: str) -> Registrant:
    """Who is registered on this evidence."""
    return Registrant(
        nif=evidence.nif,
        given_name=evidence.given_name,
        surname1=evidence.surname1,
        surname2=evidence.surname2,
        birth_date=evidence.birth_date.isoformat(),
        contrast=contrast,
        mobile=evidence.mobile or "",
        email=evidence.email,
        language=evidence.language,
        conditions=evidence.conditions_accepted,
    )
