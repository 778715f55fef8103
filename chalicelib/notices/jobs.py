"""Scheduled work of the notices: sending what could not be sent at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.log import JobLine, log_job
from chalicelib.aws.metrics import emit
from chalicelib.notices.outbox import longest_wait, send_due, send_queued

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def send_outbox(cloud: Cloud, message: str = "") -> None:
    """Send what is due; or one message, at once, for a request whose answer must not tell if there is one."""
    if message:
        sent = send_queued(cloud, message)
        log_job(JobLine("send_outbox", {"sent": int(sent)}))
        return
    counts = send_due(cloud)
    log_job(JobLine("send_outbox", dict(counts)))
    emit(
        cloud,
        OldestMessageSeconds=longest_wait(cloud).total_seconds(),
        MessagesFailed=counts["failed"],
        MessagesGivenUp=counts["given_up"],
    )
