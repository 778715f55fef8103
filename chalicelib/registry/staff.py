"""Who works at which point: points entered, officers appointed and suspended, by an operator (R25)."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.notices.outbox import Message, queue, withdraw
from chalicelib.registry.accounts import enter_nobody, read_account
from chalicelib.registry.appointment import Appointment, AppointmentRequest, appoint
from chalicelib.registry.evidence import canonical_form, evidence_digest
from chalicelib.registry.identified import identified
from chalicelib.registry.points import RegistrationPoint, check_point
from chalicelib.registry.tables import IdentificationRow, OfficerRow, PointRow
from chalicelib.registry.withdrawal import withdraw_proofs

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


TOLD_WITHIN = timedelta(days=15)
"""After that the news is old."""


class OfficerExists(Problem):
    """An officer's id is never given to another person, nor an appointment rewritten."""

    slug = "officer-exists"
    status = 409
    title = "There is already an officer with this id"


def save_point(cloud: Cloud, point: RegistrationPoint, by: str) -> None:
    """Enter a registration point, or correct it. From the first one on there is somebody to ask about.

    Raises:
        ProvinceInvalid, PostcodeInvalid
    """
    check_point(point)
    enter_nobody()
    transaction = Transaction()
    text = msgspec.json.encode(point).decode()
    transaction.update("point", PointRow(point.id), [PointRow.point.set(text)])
    record(transaction, Event("point.saved", f"point:{point.id}", by, cloud.now()), cloud.entropy(12))
    transaction.commit()


def appoint_officer(cloud: Cloud, request: AppointmentRequest, by: str) -> OfficerRow:
    """Appoint an officer, whose certificate is then obtained with a generation code like anybody's.

    Asking again, after an answer was lost, finds the same appointment.

    Raises:
        NotFound: no such point.
        OfficerExists, and the problems of the rules.
    """
    if PointRow.find(request.point_id) is None:
        raise NotFound("There is no such registration point.")
    now = cloud.now()
    appointment = appoint(request, appointed_by=by, now=now)
    row = OfficerRow(
        appointment.officer_id,
        evidence=canonical_form(appointment).decode(),
        evidence_digest=evidence_digest(appointment),
        holder=f"officer:{appointment.officer_id}",
        point=appointment.point_id,
        role=appointment.role,
        appointed_at=now,
    )
    transaction = Transaction()
    transaction.put_new("officer", row)
    event = Event(
        "officer.appointed",
        row.holder,
        by,
        now,
        evidence=row.evidence_digest,
        details={"point": row.point, "role": row.role},
    )
    record(transaction, event, cloud.entropy(12))
    queue(cloud, transaction, _appointed(cloud, appointment), by_schedule=True)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        before = OfficerRow.find(appointment.officer_id)
        if before is None or not _same_appointment(before, appointment):
            raise OfficerExists from failed
        return before
    return row


def _same_appointment(row: OfficerRow, appointment: Appointment) -> bool:
    """Whether this is what the row says, whenever it was said."""
    then = structs.replace(appointment, appointed_at=row.appointed_at)
    return row.withdrawn_at is None and row.evidence_digest == evidence_digest(then)


def suspend_officer(cloud: Cloud, officer_id: str, by: str) -> list[IdentificationRow]:
    """Stop an officer at once, and list all that the officer approved, for review.

    Open sessions stop too, since every request looks at the officer's row.

    Raises:
        NotFound
    """
    if OfficerRow.find(officer_id) is None:
        raise NotFound
    now = cloud.now()
    transaction = Transaction()
    transaction.update(
        "suspension",
        OfficerRow(officer_id),
        [OfficerRow.suspended_at.set(now)],
        OfficerRow.suspended_at.does_not_exist(),
    )
    record(transaction, Event("officer.suspended", f"officer:{officer_id}", by, now), cloud.entropy(12))
    # Suspended before: the list is still wanted.
    with contextlib.suppress(ConditionFailed):
        transaction.commit()
    return listed(IdentificationRow.by_officer.query(officer_id))


def withdraw_identification(cloud: Cloud, identification_id: str, by: str) -> None:
    """Let an identification justify nothing more: its unspent code becomes worthless, and the proof in the
    person's account carries no level any longer.

    Doing so twice is no error: the first time counts.

    Raises:
        NotFound
        Conflict: the account changed at the same moment.
    """
    row = IdentificationRow.find(identification_id)
    if row is None:
        raise NotFound
    now = cloud.now()
    transaction = Transaction()
    transaction.update(
        "withdrawal",
        IdentificationRow(identification_id),
        [IdentificationRow.withdrawn_at.set(now)],
        IdentificationRow.id.exists() & IdentificationRow.withdrawn_at.does_not_exist(),
    )
    event = Event("identification.withdrawn", f"identification:{identification_id}", by, now)
    record(transaction, event, cloud.entropy(12))
    if row.live_message:
        withdraw(transaction, row.live_message)
    if not withdraw_proofs(cloud, transaction, read_account(str(row.holder)), f"identification:{row.id}"):
        queue(cloud, transaction, _code_void(cloud, row), by_schedule=True)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        # Withdrawn before: the first time counts.
        if "withdrawal" not in failed.labels:
            raise Conflict(retry_after=1) from failed


def _appointed(cloud: Cloud, appointment: Appointment) -> Message:
    point = PointRow.find(appointment.point_id)
    name = msgspec.json.decode(point.point, type=RegistrationPoint).name if point else appointment.point_id
    return Message(
        id=f"appointed:{appointment.officer_id}",
        channel="email",
        to=appointment.email,
        template="officer-appointed",
        language=appointment.language,
        give_up_at=appointment.appointed_at + TOLD_WITHIN,
        values={
            "organisation": cloud.settings.organisation,
            "point": name,
            "role": appointment.role,
            "appointed_at": appointment.appointed_at,
            "phone": cloud.settings.help_phone,
        },
    )


def _code_void(cloud: Cloud, row: IdentificationRow) -> Message:
    evidence = identified(row)
    return Message(
        id=f"withdrawn:{row.id}",
        channel="email",
        to=evidence.email,
        template="code-void",
        language=evidence.language,
        give_up_at=cloud.now() + TOLD_WITHIN,
        values={"organisation": cloud.settings.organisation, "phone": cloud.settings.help_phone},
    )
