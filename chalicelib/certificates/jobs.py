"""Scheduled work of certificates: telling people of what ends soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.log import JobLine, log_job
from chalicelib.aws.metrics import emit
from chalicelib.certificates import due_scan

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def find_due(cloud: Cloud) -> None:
    """Tell of what enters a window; a run that does not finish starts the next."""
    done = due_scan.find_due(cloud)
    log_job(JobLine("find_due", {"told": done.told, "found": done.found, "unfinished": int(done.more)}))
    emit(cloud, DeadlineDaysBehind=done.days_behind, DeadlinesTold=done.told)
    if done.more:
        cloud.start("find_due")
