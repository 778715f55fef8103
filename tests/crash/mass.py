"""Mass revocations: every write of planning, approving, telling, revoking and ending."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.certificates.jobs import MassRevocationIncomplete, revoke_planned
from chalicelib.certificates.mass import plans
from chalicelib.certificates.tables import AloneItem, MassItem
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.selection import Selection
from chalicelib.pki.tables import CertificateRow
from tests.crash.operation import Again, Case, Operation, acts, run
from tests.crash.people import settle
from tests.crash.status import record_of

MINUTES = 12
"""Past any lease or rest."""


def _selection(case: Case) -> Selection:
    row = record_of(case.world.certificate_of())
    return Selection(ids=(row.id,))


def _written(case: Case, reason: str) -> str:
    plan, _ = plans.write(case.world.cloud, _selection(case), reason, "operator:one")
    return plan


def _plan(case: Case) -> str:
    cloud = case.world.cloud
    plan: str = run("operator", lambda: plans.write(cloud, case.kept, "superseded", "operator:one")[0])
    return plan


def _planned(case: Case, plan: str) -> None:
    assert plans.read(plan).plan.state == "written"
    assert acts("mass-revocation.planned") == len(plans.every()) <= 1 + case.again
    assert acts("certificate.revoked") == 0


def _begin(case: Case) -> None:
    run("operator", lambda: plans.approve(case.world.cloud, case.kept, "operator:one"))


def _begun(case: Case, _: None) -> None:
    found = plans.read(case.kept)
    assert (found.plan.state, len(found.parts), acts("mass-revocation.approved")) == ("approved", 1, 1)
    (alone,) = [row for row in MassItem.scan() if isinstance(row, AloneItem)]
    assert int(alone.certificates) == 1, "what an operator begins alone is counted once"


def _approved(case: Case, reason: str) -> str:
    plan = _written(case, reason)
    plans.approve(case.world.cloud, plan, "operator:two")
    case.faults.started.clear()
    case.world.clock.turn(minutes=2)
    return plan


def _job(case: Case) -> None:
    """One run of the schedule; what it could not do the next does, when leases and rests are over."""

    def job() -> tuple[str, str]:
        revoke_planned(case.world.cloud)
        found = plans.read(case.kept)
        return found.plan.reason, found.parts[0].phase

    try:
        done = run("revoke_planned", job)
    except (MassRevocationIncomplete, Again) as failed:
        case.world.clock.turn(minutes=MINUTES)
        raise Again from failed
    if done not in {("superseded", "revoking"), ("keyCompromise", "done")}:
        case.world.clock.turn(minutes=MINUTES)
        raise Again


def _told(case: Case, _: None) -> None:
    found = plans.read(case.kept)
    assert (found.told, found.revoked, acts("certificate.revocation-announced")) == (1, 0, 1)
    (row,) = [row for row in MessageRow.scan() if row.template == "certificate-will-be-revoked"]
    assert row.sent_at
    begins = found.begins_at()
    assert begins is not None
    assert begins - row.sent_at >= timedelta(days=5) - timedelta(minutes=MINUTES + 2)


def _revoked(case: Case, _: None) -> None:
    case.world.clock.turn(minutes=MINUTES)
    run("revoke_planned", lambda: revoke_planned(case.world.cloud))
    found = plans.read(case.kept)
    assert (found.plan.state, found.revoked, acts("mass-revocation.done")) == ("done", 1, 1)
    assert acts("certificate.revoked") == acts("key.compromised") + 1 == 1
    assert len([row for row in MessageRow.scan() if row.template == "certificate-revoked"]) == 1
    assert {row.reason for row in CertificateRow.scan() if row.revoked_at} == {"keyCompromise"}


def _to_call_off(case: Case) -> str:
    """One that has told one holder, whose notice was sent."""
    plan = _approved(case, "superseded")
    revoke_planned(case.world.cloud)
    settle(case)
    return plan


def _call_off(case: Case) -> None:
    """By the operator, and then by the schedule until everybody knows."""
    run("operator", lambda: plans.call_off(case.world.cloud, case.kept, "operator:two"))
    try:
        run("revoke_planned", lambda: revoke_planned(case.world.cloud))
    except (MassRevocationIncomplete, Again) as failed:
        case.world.clock.turn(minutes=MINUTES)
        raise Again from failed
    if plans.read(case.kept).plan.done_at is None:
        case.world.clock.turn(minutes=MINUTES)
        raise Again


def _called_off(case: Case, _: None) -> None:
    found = plans.read(case.kept)
    assert (found.plan.state, found.told, found.withdrawn, found.reassured) == ("called-off", 1, 0, 1)
    (row,) = [row for row in MessageRow.scan() if row.template == "revocation-called-off"]
    assert row.sent_at
    steps = ("mass-revocation.called-off", "certificate.revocation-called-off", "mass-revocation.taken-back")
    assert [acts(step) for step in steps] == [1, 1, 1]
    assert acts("certificate.revoked") == 0


def _to_tell(case: Case) -> str:
    return _approved(case, "superseded")


def _to_revoke(case: Case) -> str:
    return _approved(case, "keyCompromise")


def _to_begin(case: Case) -> str:
    return _written(case, "superseded")


def _stop(case: Case) -> None:
    run("operator", lambda: plans.stop(case.world.cloud, case.kept, "operator:one"))


def _stopped(case: Case, _: None) -> None:
    run("revoke_planned", lambda: revoke_planned(case.world.cloud))
    found = plans.read(case.kept)
    assert (found.plan.state, found.told, acts("mass-revocation.stopped")) == ("stopped", 0, 1)


def _stopped_before(case: Case) -> str:
    case.kept = plan = _to_tell(case)
    _stop(case)
    return plan


def _resume(case: Case) -> None:
    run("operator", lambda: plans.resume(case.world.cloud, case.kept, "operator:two"))


def _resumed(case: Case, _: None) -> None:
    assert (plans.read(case.kept).plan.state, acts("mass-revocation.resumed")) == ("approved", 1)


OPERATIONS = (
    Operation("plan a mass revocation", _selection, _plan, _planned, reads=False),
    Operation("begin a mass revocation", _to_begin, _begin, _begun, reads=False),
    Operation("tell before a mass revocation", _to_tell, _job, _told, reads=False),
    Operation("call a mass revocation off", _to_call_off, _call_off, _called_off, reads=False),
    Operation("carry out a mass revocation", _to_revoke, _job, _revoked, reads=False),
    Operation("stop a mass revocation", _to_tell, _stop, _stopped, only="plans.py:stop"),
    Operation("resume a mass revocation", _stopped_before, _resume, _resumed, only="plans.py:resume"),
)
