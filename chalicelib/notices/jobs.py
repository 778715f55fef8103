"""Scheduled work of the notices: sending what could not be sent at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.log import JobLine, log_job
from chalicelib.notices.outbox import send_due

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def send_outbox(cloud: Cloud) -> None:
    """Send what is due."""
    log_job(JobLine("send_outbox", dict(send_due(cloud))))
