"""What follows from an identification of somebody in a special position, in its own transaction.

A person who is barred is not identified. A proxy's power is entered, or must stand. A minor's coming of age
and a change of data leave a duty under their day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import Transaction
from chalicelib.civil_time import date_in_madrid, first_second_of
from chalicelib.codes.kinds import GENERATION, expires_at
from chalicelib.errors import Problem
from chalicelib.notices.outbox import WORTH_TELLING, Message, queue
from chalicelib.registry import duties
from chalicelib.registry.account_tables import BarItem
from chalicelib.registry.accounts import BAR
from chalicelib.registry.changed_data import note_change
from chalicelib.registry.evidence import Evidence, ProxyPresence
from chalicelib.registry.guardianship import BIRTHDAY, of_age_at
from chalicelib.registry.identified import Identified
from chalicelib.registry.powers import note_act, use_in
from chalicelib.registry.reachable import told_before
from chalicelib.registry.tables import IdentificationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

DATA_CHANGE: Final = "data-change"
"""The kind of duty."""
UNTRUE_FOR: Final = timedelta(days=5)
"""How long a certificate may say what is no longer true, once we know: the most that the S/MIME Baseline
Requirements give for inaccurate information (4.9.1.1). The download of the new one ends it before."""


class PersonBarred(Problem):
    """A report of death or incapacity stands."""

    slug = "person-barred"
    status = 409
    title = "A report of death or incapacity stands for this person; nothing is done until it is lifted"


def require_free(transaction: Transaction, holder: str) -> None:
    """Let a transaction succeed only while nothing bars the person.

    Raises:
        PersonBarred: something does already.
    """
    bar = BarItem.find(holder, BAR)
    if bar is not None and bar.reports:
        raise PersonBarred
    check_free(transaction, holder)


def check_free(transaction: Transaction, holder: str) -> None:
    """As `require_free`, for whoever need not know before; it fails by the label `barred`."""
    transaction.check("barred", BarItem, holder, BarItem.absent(), BAR)


def add_special(
    cloud: Cloud, transaction: Transaction, row: IdentificationRow, evidence: Evidence, actor: str
) -> None:
    """Add to an identification what follows from it.

    Raises:
        PersonBarred, PowerEnded, PowerSuspended, ProxyPowerInsufficient
    """
    holder = str(row.holder)
    require_free(transaction, holder)
    if isinstance(evidence.presence, ProxyPresence):
        power = use_in(cloud, transaction, holder, evidence.presence, actor)
        contact = (evidence.email, str(evidence.language))
        note_act(
            cloud, transaction, power, "obtain", actor, about=f"identification:{row.id}", otherwise=contact
        )
    elif evidence.changes is None:
        _tell_before(cloud, transaction, row, evidence)
    if evidence.guardian is not None:
        duties.enter(transaction, BIRTHDAY, holder, of_age_at(evidence.birth_date))
    add_change(cloud, transaction, row, evidence)


def add_change(
    cloud: Cloud,
    transaction: Transaction,
    row: IdentificationRow,
    evidence: Identified,
    *,
    registers: bool = False,
) -> None:
    """What a change of data brings, whoever saw it: the registration follows it, a day is set on which
    older certificates end, and the person is told.

    Args:
        registers: whether this transaction writes the registration, with its name, anyway.
    """
    if evidence.changes is None:
        return
    if not registers:
        note_change(cloud, transaction, row, evidence)
    ends = untrue_until(evidence)
    duties.enter(transaction, DATA_CHANGE, str(row.id), ends)
    queue(cloud, transaction, _told(cloud, row, evidence, ends), by_schedule=True)


def untrue_until(evidence: Identified) -> datetime:
    """When certificates that are no longer true end at the latest."""
    return evidence.identified_at + UNTRUE_FOR


def _tell_before(cloud: Cloud, transaction: Transaction, row: IdentificationRow, evidence: Evidence) -> None:
    """Whoever we knew by another address or number hears of it at that address: who deceived an officer is
    seen by the victim. There is no code in it."""
    before = told_before(str(row.holder))
    if before is None:
        return
    other_mobile = evidence.mobile and before.mobile and evidence.mobile != before.mobile
    if not other_mobile and _same(evidence.email, before.email):
        return
    expires = expires_at(GENERATION, evidence.identified_at)
    message = Message(
        id=f"identified:{row.id}",
        channel="email",
        to=before.email,
        template="identified-with-another-contact",
        language=before.language,
        give_up_at=expires,
        values={
            "organisation": cloud.settings.organisation,
            "expires": expires,
            "phone": cloud.settings.help_phone,
        },
    )
    queue(cloud, transaction, message, by_schedule=True)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _told(cloud: Cloud, row: IdentificationRow, evidence: Identified, ends: datetime) -> Message:
    before = told_before(str(row.holder))
    return Message(
        id=f"data-changed:{row.id}",
        channel="email",
        to=evidence.email,
        also=before.email if before is not None and not _same(before.email, evidence.email) else "",
        template="data-changed",
        language=evidence.language,
        give_up_at=ends + WORTH_TELLING,
        values={
            "organisation": cloud.settings.organisation,
            # Found on its day, at whatever hour: until that day begins nothing ends but by the download.
            "expires": first_second_of(date_in_madrid(ends)),
            "host": cloud.settings.web_host,
            "phone": cloud.settings.help_phone,
        },
    )
