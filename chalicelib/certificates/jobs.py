"""Scheduled work of certificates: telling people of what ends soon, and going on with mass revocations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chalicelib.aws.log import JobLine, log_job
from chalicelib.aws.metrics import emit
from chalicelib.certificates import due_scan
from chalicelib.certificates.mass import plans
from chalicelib.certificates.mass.work import work
from chalicelib.errors import Problem

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def find_due(cloud: Cloud) -> None:
    """Tell of what enters a window; a run that does not finish starts the next."""
    done = due_scan.find_due(cloud)
    log_job(JobLine("find_due", {"told": done.told, "found": done.found, "unfinished": int(done.more)}))
    emit(cloud, DeadlineDaysBehind=done.days_behind, DeadlinesTold=done.told)
    if done.more:
        cloud.start("find_due")


class MassRevocationIncomplete(Problem):
    """Certificates of a plan could not be revoked, or their holders told. The next run tries again."""

    slug = "mass-revocation-incomplete"
    title = "Part of a mass revocation failed"


def revoke_planned(cloud: Cloud) -> None:
    """Go on with every mass revocation that was approved.

    Raises:
        MassRevocationIncomplete: something failed; an alarm sees it.
    """
    run = work(cloud)
    now = cloud.now()
    under_way = [each for each in plans.every() if each.plan.state == "approved"]
    if run != type(run)() or under_way:
        log_job(JobLine("revoke_planned", {**msgspec.structs.asdict(run), "under_way": len(under_way)}))
    late = [now - begins for each in under_way if (begins := each.begins_at()) and begins <= now]
    late += [now - each.plan.due_at for each in under_way if each.plan.due_at and each.plan.due_at <= now]
    if under_way:
        emit(cloud, MassRevocationHoursLate=max((span.total_seconds() / 3600 for span in late), default=0))
    if run.failed or run.damaged:
        raise MassRevocationIncomplete
