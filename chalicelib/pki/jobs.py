"""Scheduled work of the CA: publishing CRLs, renewing the certificates of the OCSP responders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.aws.log import JobLine, log_failure, log_job
from chalicelib.aws.metrics import emit
from chalicelib.errors import Problem
from chalicelib.pki import publication, responders
from chalicelib.pki.expiry import figures_of_crls, figures_of_responders
from chalicelib.pki.issuers import forget

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


class JobIncomplete(Problem):
    """Part of a job failed. It did the rest, and fails so that an alarm sees it."""

    slug = "job-incomplete"
    title = "Part of a scheduled job failed"


def publish_crls(cloud: Cloud) -> None:
    """Have the authority decide what is due, and publish every CRL that is.

    Raises:
        JobIncomplete: a decision or a shard failed, a row is damaged, or a wrong object was in a CRL's place.
    """
    undecided = _decide(cloud)
    report = publication.publish_due(cloud)
    counts = {
        "published": report.published,
        "failed": report.failed,
        "damaged": report.damaged,
        "foreign": report.foreign,
        "left": report.left,
        "stale": list(publication.stale(cloud)),
        "undecided": undecided,
    }
    log_job(JobLine("publish_crls", counts))
    emit(cloud, **figures_of_crls(cloud))
    if report.failed or report.damaged or report.foreign or undecided:
        raise JobIncomplete


def _decide(cloud: Cloud) -> int:
    """How many decisions failed. What does not come about now waits, and CRLs do not wait for it."""
    try:
        return int(cloud.invoke("authority", {"operation": "decide_due"})["failed"])
    except Problem as problem:
        log_failure(problem)
        return 1


def renew_responders(cloud: Cloud) -> None:
    """Renew every responder certificate of which less than a third of its life is left.

    Raises:
        JobIncomplete: one could not be renewed.
    """
    failed = []
    waiting = responders.due(cloud)
    for issuer_id in waiting:
        try:
            cloud.invoke("authority", {"operation": "renew_responder", "issuer": issuer_id})
        except Problem as problem:
            log_failure(problem)
            failed.append(issuer_id)
    log_job(JobLine("renew_responders", {"due": len(waiting), "failed": failed}))
    forget(cloud)
    emit(cloud, **figures_of_responders(cloud))
    if failed:
        raise JobIncomplete
