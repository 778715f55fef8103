"""Withdrawal of an identification as a consequence that is told with its cause, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.errors import Conflict
from chalicelib.notices.outbox import withdraw
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.identified import identified
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def for_a_certificate(row: IdentificationRow) -> bool:
    """Those of a registration carry an account, and are withdrawn by operators (registry/staff.py)."""
    value = identified(row)
    return not isinstance(value, Evidence) or value.service == "certificate"


def withdraw_quietly(cloud: Cloud, row: IdentificationRow, details: dict[str, str]) -> None:
    """Make its unspent code worthless, and keep a message with it from leaving. The first time counts.

    Raises:
        Conflict
    """
    now = cloud.now()
    transaction = Transaction()
    transaction.update(
        "withdrawal",
        IdentificationRow(row.id),
        [IdentificationRow.withdrawn_at.set(now)],
        IdentificationRow.withdrawn_at.does_not_exist(),
    )
    event = Event("identification.withdrawn", f"identification:{row.id}", "authority", now, details=details)
    record(transaction, event, cloud.entropy(12))
    if row.live_message:
        withdraw(transaction, row.live_message)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if "withdrawal" not in failed.labels:
            raise Conflict(retry_after=1) from failed
