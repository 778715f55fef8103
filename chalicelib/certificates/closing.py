"""What a report of death or incapacity leads to: every certificate revoked, every unspent code worthless.

The person is barred already, in the write that made the report count, so nothing new begins. Each step here
is safe to repeat, and the record of the report says which are done: the same request, another officer's or
the next morning's job goes on where a crash stopped it. On that morning the steps are gone through once more,
since an index may show a certificate late.

Death is told to nobody: whoever has the telephone now is not the holder. Incapacity is told to the
representative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.audit.events import Event, record
from chalicelib.aws.tables import ConditionFailed, Transaction, change, listed
from chalicelib.certificates.revocation import revoke_certificate
from chalicelib.certificates.withdrawal import for_a_certificate, withdraw_quietly
from chalicelib.errors import Conflict, NotFound, Problem
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.reports import POLICIES, add_move, read_report
from chalicelib.registry.tables import IdentificationRow, ReportRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

_Item = TypeVar("_Item")


def carry_out(cloud: Cloud, report_id: str, *, look_again: bool = False) -> ReportRow:
    """Do what is left to do of a report that counts; of any other nothing.

    Args:
        look_again: whether this is the morning after, which closes the report.

    Raises:
        NotFound, Conflict, and what a revocation raises; asking again goes on from there.
    """
    row = _read(report_id)
    if row.state == states.CARRYING_OUT:
        _each([name for name in STEPS if name not in (row.progress or ())], partial(_step, cloud, row))
        _end(cloud, row, "carried-out")
        row = _read(report_id)
    if look_again and row.state == states.DONE:
        _each(list(STEPS), lambda name: STEPS[name](cloud, row))
        _end(cloud, row, "looked-again")
        row = _read(report_id)
    return row


def _step(cloud: Cloud, row: ReportRow, name: str) -> None:
    STEPS[name](cloud, row)
    change(row, [ReportRow.progress.add({name})], ReportRow.state == states.CARRYING_OUT)


def _revoke_all(cloud: Cloud, report: ReportRow) -> None:
    """Every certificate of the person, from the reservation of its number on."""
    found = [row for row in _certificates(report) if row.revoked_at is None and row.not_after > cloud.now()]

    def revoke(row: CertificateRow) -> None:
        revoke_certificate(
            cloud,
            row,
            POLICIES[report.kind].reason,
            actor="authority",
            details={"channel": "report", "report": str(report.id)},
            publish=False,
            silent=True,
        )

    try:
        _each(found, revoke)
    finally:
        if found:
            cloud.start("publish_crls")


def _certificates(report: ReportRow) -> list[CertificateRow]:
    return listed(CertificateRow.by_holder.query(str(report.holder)))


def _void_codes(cloud: Cloud, report: ReportRow) -> None:
    """Let every identification justify nothing more, and no code leave that is still to be sent."""

    def withdraw(row: IdentificationRow) -> None:
        if row.withdrawn_at is None and for_a_certificate(row):
            withdraw_quietly(cloud, row, {"report": str(report.id)})

    _each(listed(IdentificationRow.by_person.query(str(report.holder))), withdraw)


def _each(items: list[_Item], do: Callable[[_Item], None]) -> None:
    """Do it to each; one that fails protects no other, and is told at the end."""
    failed: Problem | None = None
    for item in items:
        try:
            do(item)
        except Problem as problem:
            failed = problem
    if failed is not None:
        raise failed


STEPS: Final[Mapping[str, Callable[[Cloud, ReportRow], None]]] = MappingProxyType(
    {"certificates": _revoke_all, "codes": _void_codes}
)
"""What follows from a report that counts, in order; what cannot be done keeps nothing else from it."""


def _end(cloud: Cloud, row: ReportRow, event: str) -> None:
    """Note that the report was carried out, or closed; who else did it at the same moment did the same."""
    state = states.move(states.REPORT_MOVES, str(row.state), event)
    transaction = Transaction()
    add_move(transaction, row, state, [])
    done = Event(f"report.{event}", f"report:{row.id}", "authority", cloud.now(), evidence=str(row.digest))
    record(transaction, done, cloud.entropy(12))
    if (message := _told(cloud, row)) is not None and event == "carried-out":
        queue(cloud, transaction, message, by_schedule=True)
    try:
        transaction.commit()
    except ConditionFailed as failed:
        if _read(str(row.id)).state == row.state:
            raise Conflict(retry_after=1) from failed


def _told(cloud: Cloud, row: ReportRow) -> Message | None:
    """To the legal representative alone, of incapacity alone."""
    who = read_report(row).representative
    if who is None:
        return None
    return Message(
        id=f"represented:{row.id}",
        channel="email",
        to=who.email,
        template="represented",
        language=who.language,
        give_up_at=cloud.now() + WORTH_TELLING,
        values={
            "organisation": cloud.settings.organisation,
            "changed_at": cloud.now(),
            "phone": cloud.settings.help_phone,
        },
    )


def _read(report_id: str) -> ReportRow:
    row = ReportRow.find(report_id)
    if row is None:
        raise NotFound
    return row
