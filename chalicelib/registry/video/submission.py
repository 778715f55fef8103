"""What the applicant sends in a case: the submission of what was uploaded, and an appeal (F18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.errors import Problem
from chalicelib.registry.accounts import read_account
from chalicelib.registry.civil_register import CivilRegister, TableRegister
from chalicelib.registry.registration import person_of
from chalicelib.registry.states import MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence, registering
from chalicelib.registry.video.case import (
    OPEN,
    REJECTED,
    REVIEWING,
    TO_REVIEW,
    WAITING,
    commit,
    move_case,
    read_case,
    tell,
)
from chalicelib.registry.video.checks import (
    AutomaticCheck,
    Findings,
    Submitted,
    automatic_check,
    leaves_nothing_open,
)
from chalicelib.registry.video.opening import SUBMIT_WITHIN
from chalicelib.registry.video.purposes import purpose_of

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

Fee = Callable[["Cloud", Transaction, VideoCaseRow], dict[str, str]]

APPEAL_WITHIN: Final = timedelta(days=30)
KEPT_CLOSED: Final = timedelta(days=90)
"""How long a case that ended unseen is kept: a real one is decided by then, so that its end tells nothing."""


class AppealTooLate(Problem):
    """A rejection is appealed once, within 30 days."""

    slug = "appeal-not-possible"
    status = 409
    title = "This decision can no longer be appealed"


def submit(cloud: Cloud, row: VideoCaseRow, fee: Fee, register: CivilRegister | None = None) -> VideoCaseRow:
    """Look at what was uploaded, let the automatic check see it, and queue the case for review.

    Sent again after a lost answer it finds what the first did.

    Args:
        fee: settles what the case costs in its transaction, and says what the event tells of it: a case whose
            fee is not settled is not submitted.

    Raises:
        UploadMissing, UploadNotAsClaimed, MoveNotAllowed: too late.
        Conflict, PhoneTaken, and what `fee` raises.
    """
    if row.state != OPEN:
        return row
    now = cloud.now()
    if row.opened_at + SUBMIT_WITHIN < now:
        raise MoveNotAllowed
    files, beginning = evidence.inspect(cloud, evidence.read_files(row.files))
    hashes = {f"sha256_{name}": file.sha256 for name, file in files.items()}
    found = (register or TableRegister()).find(row.nif)
    account = read_account(row.holder)
    transaction = Transaction()
    settled = fee(cloud, transaction, row)
    if found is None or not purpose_of(row).admits(row, found, account, now):
        changes: dict[str, Any] = {
            "files": msgspec.json.encode(files).decode(),
            "expires": now + KEPT_CLOSED,
        }
        move_case(cloud, transaction, row, "closed", "system", changes, hashes)
        tell(cloud, transaction, row, "video-received", decoy=True)
        # Before the case is closed, since nothing comes back to one that is: it would be kept too long.
        evidence.retain(cloud, files, "rejected")
        commit(transaction)
        return read_case(row.id)
    check = automatic_check(cloud)
    findings = check.check(cloud, Submitted(files, beginning, found))
    changes = {
        "files": msgspec.json.encode(files).decode(),
        "findings": msgspec.json.encode(findings).decode(),
        "queue": TO_REVIEW,
        "queued_at": now,
        "expires": None,
    }
    certified = leaves_nothing_open(check, findings)
    if certified:
        changes["product"] = check.certificate
    granted = registering.granted(row, account, certified)
    if granted:
        changes["granted_at"] = now
        changes["holder"] = person_of(cloud, transaction, row.nif)
    move_case(
        cloud, transaction, row, "submitted", "system", changes, hashes | _told(findings, check) | settled
    )
    tell(cloud, transaction, row, "video-received")
    if granted:
        registering.grant_basic(cloud, transaction, row, found, str(changes["holder"]))
    else:
        commit(transaction)
    # As they are tagged already: a stranger's case is tagged here, and this takes as long (6.6).
    evidence.retain(cloud, files, "undecided")
    return read_case(row.id)


def appeal(cloud: Cloud, row: VideoCaseRow, reason: str) -> VideoCaseRow:
    """Have a rejection looked at again, by others than those who decided; once (F18).

    Sent again after a lost answer it finds what the first did.

    Raises:
        AppealTooLate, MoveNotAllowed, Conflict
    """
    now = cloud.now()
    if row.appealed_at is not None and row.appeal == reason and row.state in {WAITING, REVIEWING}:
        return row
    if row.state == REJECTED and (
        row.appealed_at is not None or row.decided_at is None or row.decided_at + APPEAL_WITHIN < now
    ):
        raise AppealTooLate
    transaction = Transaction()
    changes = {"appeal": reason, "appealed_at": now, "queue": TO_REVIEW, "queued_at": now, "reviewer": None}
    move_case(cloud, transaction, row, "appealed", "applicant", changes)
    tell(cloud, transaction, row, "video-received")
    commit(transaction)
    return read_case(row.id)


def _told(findings: Findings, check: AutomaticCheck) -> dict[str, str]:
    names = {"passed": findings.passed, "failed": findings.failed, "unknown": findings.unknown}
    return {name: " ".join(found) for name, found in names.items()} | {"product": check.certificate}
