"""The purpose `registration` of a video (C15, Ley 6/2020 art. 7.2): who may, and what each decision does.

A certified product's word gives the basic level at once; a rejection takes back exactly that, and never what
the person had from elsewhere (Q20).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.civil_time import date_in_madrid
from chalicelib.errors import Conflict
from chalicelib.registry.accounts import Account, read_account
from chalicelib.registry.civil_register import CivilRecord
from chalicelib.registry.receipts import Receipt, make_receipt
from chalicelib.registry.registrations import Registrant, issue_activation_code, register_person
from chalicelib.registry.states import BARRED, RENOUNCED, UNREGISTERED, MoveNotAllowed
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.acceptance import Accepted
from chalicelib.registry.video.case import ACCEPTED, REGISTRATION, add_event, commit, evidence_of
from chalicelib.registry.withdrawal import take_back_proofs

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

COLLECT_WITHIN: Final = timedelta(days=15)
"""How long the proof of registration can be fetched, again if an answer was lost."""


def may_register(row: VideoCaseRow, found: CivilRecord, account: Account, now: datetime) -> bool:
    """Whether the video can lead anywhere: right data, of age (C09, C12), not renounced (2.17) nor barred."""
    return (
        bool(row.matched) and found.is_adult(date_in_madrid(now)) and account.state not in (RENOUNCED, BARRED)
    )


def registrant(row: VideoCaseRow, found: CivilRecord, account: Account) -> Registrant:
    """Who is registered. A video does not change how a registered person is reached (2.8)."""
    kept = account.registration if account.registered else None
    return Registrant(
        nif=row.nif,
        given_name=found.given_name,
        surname1=found.surname1,
        surname2=found.surname2,
        birth_date=found.birth_date.isoformat(),
        contrast=row.contrast,
        mobile=kept.mobile if kept else row.mobile,
        email=kept.email if kept else row.email,
        language=kept.language if kept else row.language,
        conditions=row.conditions,
    )


def granted(row: VideoCaseRow, account: Account, certified: bool) -> bool:
    """Whether the basic level follows at once: on a certified product's word, to whoever has nothing yet."""
    return certified and account.state == UNREGISTERED and row.purpose == REGISTRATION


def grant_basic(
    cloud: Cloud, transaction: Transaction, row: VideoCaseRow, found: CivilRecord, holder: str
) -> None:
    """The basic level at once; the review still follows.

    Raises:
        PhoneTaken, Conflict
    """
    account = read_account(holder)
    try:
        register_person(
            cloud,
            holder,
            registrant(row, found, account),
            method="video-automatic",
            evidence=evidence_of(row),
            transaction=transaction,
            account=account,
        )
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def accept(cloud: Cloud, transaction: Transaction, accepted: Accepted) -> None:
    """Advanced, on the word of people.

    Raises:
        PhoneTaken, Conflict
    """
    row, account = accepted.row, accepted.account
    try:
        register_person(
            cloud,
            accepted.holder,
            registrant(row, accepted.found, account),
            method="video-reviewed",
            evidence=evidence_of(row),
            officer=accepted.officer.name,
            transaction=transaction,
            account=account,
        )
    except ConditionFailed as failed:
        raise Conflict(retry_after=1) from failed


def take_back(cloud: Cloud, transaction: Transaction, row: VideoCaseRow) -> None:
    """What a product had granted before people looked ends with their rejection, and nothing else (Q20)."""
    if row.granted_at is not None:
        take_back_proofs(cloud, transaction, read_account(str(row.holder)), evidence_of(row))


def collect(cloud: Cloud, row: VideoCaseRow) -> tuple[Account, Receipt]:
    """The proof of registration, with a fresh activation code; the one before is worthless (C19).

    Raises:
        MoveNotAllowed: there is nothing to fetch yet, or no longer.
        Conflict
    """
    now = cloud.now()
    since = _proven_at(row)
    # Before any account is read: a case that waits and one that ended unseen do the same work (6.6).
    if since is None or since + COLLECT_WITHIN < now:
        raise MoveNotAllowed
    account = read_account(row.holder)
    if not account.registered:
        raise MoveNotAllowed
    if row.state == ACCEPTED:
        # Once more: the function may have ended between the decision and the lock.
        evidence.lock(cloud, evidence.read_files(row.files), since)
    transaction = Transaction()
    code = issue_activation_code(cloud, transaction, account)
    receipt = make_receipt(
        cloud,
        transaction,
        kind="registration",
        holder=account.holder,
        nif=row.nif,
        language=row.language,
        activation_code=code,
        method="video-reviewed" if row.state == ACCEPTED else "video-automatic",
    )
    add_event(cloud, transaction, row, "receipt-collected", account.holder)
    commit(transaction)
    return account, receipt


def _proven_at(row: VideoCaseRow) -> datetime | None:
    """Since when there is something to fetch. A rejection has taken back what a product granted."""
    if row.purpose != REGISTRATION:
        return None
    return row.decided_at if row.state == ACCEPTED else row.granted_at


def receipt_ready(row: VideoCaseRow) -> bool:
    """Whether there is a proof of registration to fetch."""
    return _proven_at(row) is not None
