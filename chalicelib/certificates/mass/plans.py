"""Plans of mass revocations: written by one operator, approved by another; any stops or calls off (R29)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, listed
from chalicelib.certificates.mass.forecast import Forecast, forecast
from chalicelib.certificates.mass.policy import ALONE, notice_for, spread
from chalicelib.certificates.tables import AloneItem, MassItem, PartItem, PlanItem
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.pki.issuance import profiles
from chalicelib.pki.reasons import read_reason
from chalicelib.pki.selection import Selection

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PARTS = 8
"""Segments of the table, each with a cursor of its own; fewer may be worked on at once (work.py)."""
PLAN = "plan"
CALLED_OFF = "called-off"
OVER = ("done", CALLED_OFF)
FUNCTION = "revoke_planned"


class NothingToRevoke(Problem):
    """The selection takes no certificate that is valid."""

    slug = "nothing-to-revoke"
    status = 409
    title = "No valid certificate fits"


class SecondOperatorRequired(Problem):
    """Whoever wrote a plan for many certificates, or for few many times a day, may not let it begin."""

    slug = "second-operator-required"
    status = 403
    title = "Another operator must approve this plan"


class PlanOver(Problem):
    """A plan that is done or called off cannot be approved, stopped or resumed."""

    slug = "plan-over"
    status = 409
    title = "The plan has been carried out, or was called off"


class Progress(msgspec.Struct, frozen=True):
    """A plan and how far it has come."""

    plan: PlanItem
    parts: list[PartItem]

    @property
    def told(self) -> int:
        return sum(int(part.told) for part in self.parts)

    @property
    def revoked(self) -> int:
        return sum(int(part.revoked) for part in self.parts)

    @property
    def withdrawn(self) -> int:
        return sum(int(part.withdrawn) for part in self.parts)

    @property
    def reassured(self) -> int:
        return sum(int(part.reassured) for part in self.parts)

    def begins_at(self) -> datetime | None:
        """When revoking may begin; None while it is not approved or people are still being told.

        Never sooner than people were told, and never sooner after the last notice than the policy says,
        however late that notice went.
        """
        if self.plan.due_at is None or any(part.phase == "telling" for part in self.parts):
            return None
        late = [
            part.told_until + timedelta(seconds=int(self.plan.notice))
            for part in self.parts
            if part.told_until
        ]
        return max([self.plan.due_at, *late])


def write(
    cloud: Cloud,
    selection: Selection,
    reason: str,
    by: str,
    *,
    notice: timedelta | None = None,
    parts: int = PARTS,
) -> tuple[str, Forecast]:
    """Write a plan after a dry run; nothing begins before it is approved.

    Args:
        selection: as asked; it is frozen here.
        notice: longer than the policy's.

    Raises:
        SelectionRefused, NoticeRefused, NothingToRevoke
        ReasonNotAllowed: not for the profile of one of the certificates.
    """
    now = cloud.now()
    frozen = selection.frozen(now)
    wait = notice_for(reason, notice)
    found = forecast(cloud, frozen, reason)
    if not found.valid:
        raise NothingToRevoke
    for profile in found.by_profile:
        read_reason(reason, profiles(cloud)[profile.split("/")[0]].revocation_reasons)
    plan = cloud.entropy(8).hex()
    transaction = Transaction()
    transaction.put_new(
        PLAN,
        PlanItem(
            plan,
            PLAN,
            state="written",
            selection=msgspec.json.encode(frozen).decode(),
            reason=reason,
            expected=found.valid,
            parts=parts if frozen.walks else 1,
            notice=int(wait.total_seconds()),
            written_by=by,
            written_at=now,
        ),
    )
    told = {"reason": reason, "certificates": str(found.valid), "notice": str(int(wait.total_seconds()))}
    _record(cloud, transaction, "planned", plan, by, now, told)
    transaction.commit()
    return plan, found


def read(plan: str) -> Progress:
    """A plan with its parts, as they are now.

    Raises:
        NotFound
    """
    rows = listed(MassItem.query(plan, consistent_read=True))
    found = next((row for row in rows if isinstance(row, PlanItem)), None)
    if found is None:
        raise NotFound
    return Progress(found, [row for row in rows if isinstance(row, PartItem)])


def every() -> list[Progress]:
    """All plans: there are few, ever."""
    rows = listed(MassItem.scan(consistent_read=True))
    plans = sorted((row for row in rows if isinstance(row, PlanItem)), key=lambda row: row.written_at)
    return [
        Progress(plan, [row for row in rows if isinstance(row, PartItem) and row.plan == plan.plan])
        for plan in plans
    ]


def approve(cloud: Cloud, plan: str, by: str) -> Progress:
    """Let a plan begin. Asked again it is no error: the first approval and its dates stay.

    Raises:
        NotFound, SecondOperatorRequired, PlanOver, Conflict
    """
    found = read(plan).plan
    if found.state == "written":
        _require_another(found, by)
        now = cloud.now()
        notice = timedelta(seconds=int(found.notice))
        due = now + (spread(int(found.expected)) + notice if notice else timedelta(0))
        transaction = Transaction()
        transaction.update(
            PLAN,
            PlanItem(plan, PLAN),
            [
                PlanItem.state.set("approved"),
                PlanItem.approved_by.set(by),
                PlanItem.approved_at.set(now),
                PlanItem.due_at.set(due),
            ],
            PlanItem.state == "written",
        )
        for number in range(int(found.parts)):
            phase = "telling" if notice else "revoking"
            transaction.put_new("part", PartItem(plan, part_item(number), phase=phase))
        told = {"due_at": f"{due:%Y-%m-%dT%H:%M:%SZ}"}
        if found.written_by == by:
            told["alone"] = str(found.expected)
            _count_alone(transaction, by, int(found.expected), now)
        _record(cloud, transaction, "approved", plan, by, now, told)
        try:
            _commit(transaction, plan, "approved")
        except Conflict as failed:
            if isinstance(failed.__cause__, ConditionFailed) and "alone" in failed.__cause__.labels:
                raise SecondOperatorRequired from failed
            raise
    elif found.state != "approved":
        raise PlanOver if found.state in OVER else Conflict("The plan was stopped: resume it")
    cloud.start(FUNCTION)
    return read(plan)


def stop(cloud: Cloud, plan: str, by: str) -> Progress:
    """Let a plan go no further: any operator may, at any time. What was revoked stays revoked, and notices
    that were written go out, since it may be resumed, and its time is counted from them.

    Raises:
        NotFound, PlanOver, Conflict
    """
    found = read(plan).plan
    if found.state in OVER:
        raise PlanOver
    if found.state != "stopped":
        # One that was never approved is over for good: there is nothing to resume.
        transaction = Transaction()
        transaction.update(
            PLAN,
            PlanItem(plan, PLAN),
            [PlanItem.state.set("stopped"), PlanItem.stopped_by.set(by)],
            PlanItem.state == found.state,
        )
        _record(cloud, transaction, "stopped", plan, by, cloud.now(), {})
        _commit(transaction, plan, "stopped")
    return read(plan)


def call_off(cloud: Cloud, plan: str, by: str) -> Progress:
    """Give a plan up for good: any operator may. Asked again, nothing changes.

    Its parts are taken from whoever works on them in this very transaction: from here on nothing is revoked
    and nobody is told of a revocation. The schedule then takes back what was not sent, and tells whoever was
    told that nothing comes of it (work.py). Whoever still wants the revocation writes another plan, which
    tells people anew.

    Raises:
        NotFound, PlanOver, Conflict
    """
    progress = read(plan)
    found = progress.plan
    if found.state == "done":
        raise PlanOver
    if found.approved_at is None:
        raise Conflict("Nobody was told: stop it")
    if found.state != CALLED_OFF:
        transaction = Transaction()
        transaction.update(
            PLAN,
            PlanItem(plan, PLAN),
            [PlanItem.state.set(CALLED_OFF), PlanItem.called_off_by.set(by)],
            PlanItem.state == found.state,
        )
        anew = [PartItem.phase.set("calling-off"), PartItem.cursor.set("")]
        taken = [PartItem.worker.set(""), PartItem.lease_until.remove()]
        for part in progress.parts:
            transaction.update("part", PartItem(plan, part.item), [*anew, *taken], PartItem.phase.exists())
        told = {"told": str(progress.told), "revoked": str(progress.revoked)}
        _record(cloud, transaction, CALLED_OFF, plan, by, cloud.now(), told)
        _commit(transaction, plan, CALLED_OFF)
    cloud.start(FUNCTION)
    return read(plan)


def resume(cloud: Cloud, plan: str, by: str) -> Progress:
    """Go on with a plan: one that was stopped, after another look; one that is under way, at once.

    Raises:
        NotFound, SecondOperatorRequired, PlanOver, Conflict
    """
    found = read(plan).plan
    if found.state in OVER:
        raise PlanOver
    if found.approved_at is None:
        raise Conflict("The plan was never approved")
    if found.state == "stopped":
        _require_another(found, by)
        transaction = Transaction()
        transaction.update(
            PLAN,
            PlanItem(plan, PLAN),
            [PlanItem.state.set("approved"), PlanItem.stopped_by.remove()],
            PlanItem.state == "stopped",
        )
        _record(cloud, transaction, "resumed", plan, by, cloud.now(), {})
        _commit(transaction, plan, "approved")
    cloud.start(FUNCTION)
    return read(plan)


def close(cloud: Cloud, progress: Progress) -> bool:
    """Note that a plan was carried out, or that everybody knows that it is not; False when somebody did so,
    or stopped it, first."""
    plan, now = progress.plan.plan, cloud.now()
    before, after, act = ("approved", "done", "done")
    told = {"revoked": str(progress.revoked), "told": str(progress.told)}
    if progress.plan.state == CALLED_OFF:
        before, after, act = CALLED_OFF, CALLED_OFF, "taken-back"
        told |= {"withdrawn": str(progress.withdrawn), "reassured": str(progress.reassured)}
    transaction = Transaction()
    transaction.update(
        PLAN,
        PlanItem(plan, PLAN),
        [PlanItem.state.set(after), PlanItem.done_at.set(now)],
        (PlanItem.state == before) & PlanItem.done_at.does_not_exist(),
    )
    _record(cloud, transaction, act, plan, f"function:{FUNCTION}", now, told)
    try:
        transaction.commit()
    except ConditionFailed:
        return False
    return True


def part_item(number: int) -> str:
    """The range key of a part."""
    return f"part#{number:02d}"


def _require_another(plan: PlanItem, by: str) -> None:
    if int(plan.expected) > ALONE and plan.written_by == by:
        raise SecondOperatorRequired


def _count_alone(transaction: Transaction, by: str, certificates: int, now: datetime) -> None:
    """Count in the transaction of an approval what was planned by the same operator; where the day has no
    room for it, the transaction fails by the label `alone`."""
    counted, room = AloneItem.certificates, ALONE - certificates
    day = AloneItem(f"alone#{by}", f"{date_in_madrid(now):%Y-%m-%d}")
    actions = [AloneItem.kind.set(AloneItem), counted.add(certificates)]
    transaction.update("alone", day, actions, counted.does_not_exist() | (counted <= room))


def _record(
    cloud: Cloud, transaction: Transaction, act: str, plan: str, by: str, now: datetime, told: dict[str, str]
) -> None:
    record(
        transaction,
        Event(f"mass-revocation.{act}", f"mass-revocation:{plan}", by, now, details=told),
        cloud.entropy(12),
    )


def _commit(transaction: Transaction, plan: str, wanted: str) -> None:
    """Write, unless somebody else has brought the plan there.

    Raises:
        Conflict
    """
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if read(plan).plan.state != wanted:
            raise Conflict(retry_after=1) from failed
