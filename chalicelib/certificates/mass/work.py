"""Carrying out plans of mass revocations, part by part, so that it may be killed anywhere and gone on with
(R29).

A part is a segment of the table with a cursor. Whoever works on it has leased it, and every write of its
worker is one transaction that also counts in the part's row and holds only while the lease does. So counts
are exact, two workers never do the same, and what a killed one left is done by the next: a notice has the
certificate's id and cannot be written twice, a revocation is final and cannot be made twice.

Of a plan that was called off every part is walked once more: a notice that nobody has begun to send is taken
back, and whoever was or may have been told is told that nothing comes of it. Nothing of the outbox is read
for that: both are conditions of the transaction.

The last walk over a part is one that found nothing to do: what failed, or was reserved while the plan was
written, is found by the next walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.audit.events import Event, record
from chalicelib.aws.log import log_failure
from chalicelib.aws.tables import ConditionFailed, Transaction, change
from chalicelib.certificates.mass import plans
from chalicelib.certificates.mass.notices import ahead_id, announcement, reassurance
from chalicelib.certificates.mass.policy import NOTICES_A_MINUTE
from chalicelib.certificates.reaching import accounts_of, reach
from chalicelib.certificates.revocation import revoke_one_of_many
from chalicelib.certificates.tables import PartItem, PlanItem
from chalicelib.errors import Conflict, Problem, Unavailable
from chalicelib.notices.outbox import queue, withdraw_begun, withdraw_waiting
from chalicelib.pki.issuance import profiles
from chalicelib.pki.reasons import read_reason
from chalicelib.pki.selection import Page, Selection, pages
from chalicelib.pki.tables import CertificateRow, Outline
from chalicelib.registry.reachable import Known

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

BUDGET = timedelta(minutes=4)
"""A run begins no more certificates then; another run starts every minute, so at most five work at once."""
LEASE = timedelta(seconds=90)
LOOK = 25
"""Certificates between two looks at the plan: an operator who stops it waits for so many at most, per
worker.
"""
READ_TOGETHER = 50
"""Accounts that one call reads: an address that was changed a moment ago is the one that is used."""
PATIENCE = 5
"""Times in a row that AWS did not answer after which a run leaves a part to the next."""
REST = timedelta(minutes=10)
"""How long a part rests after a walk on which nothing went well."""
SETTLED = timedelta(minutes=1)
"""What was being reserved when the plan was written is in the table by then, so that it is told too."""


class Left(Exception):
    """This run does no more of this part: it was stopped, leased by another, or out of time or luck."""


class Run(msgspec.Struct):
    """What one run did."""

    told: int = 0
    revoked: int = 0
    failed: int = 0
    damaged: int = 0
    withdrawn: int = 0
    reassured: int = 0
    done: int = 0
    """Plans that it finished."""


def work(cloud: Cloud, budget: timedelta = BUDGET) -> Run:
    """Go on with every plan that was approved, or called off.

    Raises:
        Unavailable
    """
    run, deadline = Run(), cloud.clock() + budget
    for progress in plans.every():
        if progress.plan.state in ("approved", plans.CALLED_OFF) and progress.plan.done_at is None:
            _work_on(cloud, progress.plan.plan, run, deadline)
    if run.done:
        # Meanwhile the schedule publishes every five minutes, once per list however many were revoked.
        cloud.start("publish_crls")
    return run


def _work_on(cloud: Cloud, plan: str, run: Run, deadline: datetime) -> None:
    progress = plans.read(plan)
    phase = _phase(progress, cloud.now())
    if phase is None:
        return
    for part in progress.parts:
        if part.phase == phase:
            _PartWork(cloud, progress.plan, part, run, deadline).go()
    progress = plans.read(plan)
    if all(part.phase == "done" for part in progress.parts):
        run.done += plans.close(cloud, progress)


def _phase(progress: plans.Progress, now: datetime) -> str | None:
    """What may be done now."""
    if progress.plan.state == plans.CALLED_OFF:
        return "calling-off"
    if progress.plan.state != "approved":
        return None
    if any(part.phase == "telling" for part in progress.parts):
        return "telling" if now >= progress.plan.written_at + SETTLED else None
    begins = progress.begins_at()
    return "revoking" if begins is not None and now >= begins else None


class _PartWork:
    """One worker on one part."""

    def __init__(self, cloud: Cloud, plan: PlanItem, part: PartItem, run: Run, deadline: datetime) -> None:
        self.cloud, self.plan, self.part, self.run, self.deadline = cloud, plan, part, run, deadline
        self.selection = msgspec.json.decode(plan.selection, type=Selection)
        self.worker = cloud.entropy(8).hex()
        self.pace = timedelta(minutes=int(plan.parts) / NOTICES_A_MINUTE)
        self.unlucky = 0

    def go(self) -> None:
        """Lease the part, and work on it until it is done or may not be worked on any more."""
        now = self.cloud.now()
        free = PartItem.lease_until.does_not_exist() | (PartItem.lease_until < now)
        # The row as it is after this write is what is worked from.
        actions = [PartItem.worker.set(self.worker), PartItem.lease_until.set(now + LEASE)]
        if not change(self.part, actions, free & (PartItem.phase == self.part.phase)):
            return
        try:
            if self.part.phase == "telling":
                self._tell()
            elif self.part.phase == "calling-off":
                self._call_off()
            else:
                self._revoke()
        except Left:
            self._give_back()
        except Problem as problem:
            log_failure(problem)
            self.run.failed += 1
            self._give_back()

    def _give_back(self) -> None:
        """Let the next run have the part; if this fails, it has it when the lease is over."""
        with suppress(Left, Problem):
            self._keep(PartItem.lease_until.remove())

    def _tell(self) -> None:
        for page in self._pages():
            silent = sum(not self._announce(found, known) for found, known in self._each(page))
            # Only when all of the page were told: there is no second walk that would find who was left out.
            counted = [PartItem.silent.add(silent)] if silent else []
            if page.cursor:
                self._checkpoint(page, *counted)
            else:
                end = [PartItem.phase.set("revoking"), PartItem.cursor.set(""), PartItem.lease_until.remove()]
                self._keep(*end, *counted)

    def _revoke(self) -> None:
        while True:
            for page in self._pages():
                self.run.damaged += len(page.damaged)
                failed = len(page.damaged)
                for found, known in self._each(page):
                    failed += not self._revoke_one(found, known)
                self._checkpoint(page, *([PartItem.walk_failed.add(failed)] if failed else []))
            again = [PartItem.cursor.set(""), PartItem.walk_revoked.set(0), PartItem.walk_failed.set(0)]
            if not self.part.walk_revoked:
                break
            self._keep(*again)
        if self.part.walk_failed:
            self._keep(*again, PartItem.lease_until.set(self.cloud.now() + REST))
        else:
            self._keep(PartItem.phase.set("done"), *again, PartItem.lease_until.remove())

    def _call_off(self) -> None:
        for page in self._pages():
            for found, known in self._each(page):
                if found.not_after > self.cloud.now():
                    self._take_back(found, known)
            self._checkpoint(page)
        self._keep(PartItem.phase.set("done"), PartItem.cursor.set(""), PartItem.lease_until.remove())

    def _pages(self) -> Iterator[Page]:
        number = int(self.part.item.partition("#")[2])
        for page in pages(
            self.selection, segment=number, segments=int(self.plan.parts), cursor=self.part.cursor
        ):
            self._look()
            yield page

    def _each(self, page: Page) -> Iterator[tuple[Outline, Known | None]]:
        """Each certificate, and what its holder's account says: of so many at once, since a read for each
        would be a third more to do."""
        for start in range(0, len(page.found), READ_TOGETHER):
            together = page.found[start : start + READ_TOGETHER]
            accounts = accounts_of([found.holder for found in together])
            for position, found in enumerate(together, start):
                if position % LOOK == LOOK - 1:
                    self._look()
                yield found, accounts.get(found.holder)

    def _look(self) -> None:
        """Whether to go on.

        Raises:
            Left
        """
        if self.cloud.clock() >= self.deadline or plans.read(self.plan.plan).plan.state != self.plan.state:
            raise Left

    def _announce(self, found: Outline, known: Known | None) -> bool:
        """Tell one holder when the certificate will be revoked, once; False where there is nobody to tell."""
        cloud, now = self.cloud, self.cloud.now()
        who = reach(found.holder, found.evidence, known)
        if who.told is None:
            return False
        due = self._next_notice(now)
        message = announcement(cloud, self.plan, found, who.told, who, due)
        event = Event(
            "certificate.revocation-announced",
            f"certificate:{found.id}",
            self._actor,
            now,
            evidence=found.evidence_digest,
            details={"mass-revocation": self.plan.plan},
        )
        transaction = Transaction()
        queue(cloud, transaction, message, not_before=due)
        next_notice = PartItem.next_notice.set(due + self.pace)
        self._count(transaction, PartItem.told.add(1), PartItem.told_until.set(due), next_notice)
        record(transaction, event, cloud.entropy(12))
        if self._done(transaction):  # or the worker before told it, who did not come to note the page
            self.part.next_notice = due + self.pace
            self.run.told += 1
        return True

    def _take_back(self, found: Outline, known: Known | None) -> None:
        """Take the notice of one certificate back, or tell its holder that nothing comes of it; once."""
        transaction = Transaction()
        withdraw_waiting(transaction, ahead_id(self.plan, found))
        self._count(transaction, PartItem.withdrawn.add(1))
        if self._done(transaction):
            self.run.withdrawn += 1
            return
        # Sent, or being sent at this moment; or never written, or taken back by a run before this one.
        who = reach(found.holder, found.evidence, known)
        if who.told is None:
            return
        cloud, due = self.cloud, self._next_notice(self.cloud.now())
        message = reassurance(cloud, self.plan, found, who.told, who, due)
        event = Event(
            "certificate.revocation-called-off",
            f"certificate:{found.id}",
            str(self.plan.called_off_by),
            cloud.now(),
            evidence=found.evidence_digest,
            details={"mass-revocation": self.plan.plan},
        )
        transaction = Transaction()
        withdraw_begun(transaction, ahead_id(self.plan, found))
        queue(cloud, transaction, message, not_before=due)
        self._count(transaction, PartItem.reassured.add(1), PartItem.next_notice.set(due + self.pace))
        record(transaction, event, cloud.entropy(12))
        if self._done(transaction):
            self.part.next_notice = due + self.pace
            self.run.reassured += 1

    def _done(self, transaction: Transaction) -> bool:
        """Write, if what was written before lets it be.

        Raises:
            Left: the part is another's by now.
        """
        try:
            transaction.commit()
        except ConditionFailed as failed:
            if "part" in failed.labels:
                raise Left from failed
            return False
        return True

    def _revoke_one(self, found: Outline, known: Known | None) -> bool:
        """Revoke one certificate; False leaves it to the next walk."""
        due = self._next_notice(self.cloud.now())

        def counted(transaction: Transaction, _: CertificateRow) -> None:
            self._count(
                transaction,
                PartItem.revoked.add(1),
                PartItem.walk_revoked.add(1),
                PartItem.next_notice.set(due + self.pace),
            )

        try:
            allowed = profiles(self.cloud)[found.profile.split("/")[0]].revocation_reasons
            revoked = revoke_one_of_many(
                self.cloud,
                CertificateRow(found.id, spki=found.spki),
                read_reason(self.plan.reason, allowed),
                actor=self._actor,
                details={"mass-revocation": self.plan.plan},
                recording=counted,
                known=known,
                notice_at=due,
            )
        except Problem as problem:
            cause = problem.__cause__
            if (
                isinstance(problem, Conflict)
                and isinstance(cause, ConditionFailed)
                and "part" in cause.labels
            ):
                raise Left from problem
            return self._failure(problem)
        self.unlucky = 0
        if revoked.now:
            self.part.next_notice = due + self.pace
            self.part.walk_revoked = int(self.part.walk_revoked) + 1
            self.run.revoked += 1
        return True

    def _failure(self, problem: Problem) -> bool:
        log_failure(problem)
        self.run.failed += 1
        # What fails by itself must keep nobody from its turn; where nothing answers, nobody's turn helps.
        self.unlucky += isinstance(problem, Unavailable)
        if self.unlucky >= PATIENCE:
            raise Left from problem
        return False

    @property
    def _actor(self) -> str:
        """In whose name: of whoever let it begin."""
        return str(self.plan.approved_by)

    def _next_notice(self, now: datetime) -> datetime:
        return max(now, self.part.next_notice or now)

    def _count(self, transaction: Transaction, *counts: Any) -> None:
        """Count in the transaction of the effect, which then holds only while the part is ours."""
        lease = PartItem.lease_until.set(self.cloud.now() + LEASE)
        transaction.update("part", self._row(), [*counts, lease], self._ours)

    def _checkpoint(self, page: Page, *more: Any) -> None:
        """Note that a page was gone through."""
        if page.cursor:
            self._keep(
                PartItem.cursor.set(page.cursor), PartItem.lease_until.set(self.cloud.now() + LEASE), *more
            )
        elif more:
            self._keep(*more)

    def _keep(self, *actions: Any) -> None:
        """Write the part, and know it as it is then.

        Raises:
            Left: it is another's by now.
        """
        if not change(self.part, actions, self._ours):
            raise Left

    def _row(self) -> PartItem:
        return PartItem(self.part.plan, self.part.item)

    @property
    def _ours(self) -> Any:
        return PartItem.worker == self.worker
