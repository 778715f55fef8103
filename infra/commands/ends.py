"""Entering what ends into the index of ends, after an upgrade from a release that had no such index (F03).

Certificates, proofs and credentials written by that release are found by no daily run, so that nobody is told
of their end. Each is entered under the condition that it has not been and is as it was read; how far the
command has come is written down after each page, so that after a stop it goes on from there. Run to its end
again it begins anew, and finds what functions of the old release wrote while they were being replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError, PynamoDBException
from pynamodb.expressions.update import Action

from chalicelib.aws import due_days
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import Table, change
from chalicelib.certificates.tables import CursorRow
from chalicelib.errors import Unavailable
from chalicelib.login.proof_chain import proven_for
from chalicelib.pki.catalogue import CITIZEN_SOFTWARE
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import AccountItem, CredentialItem, ProofItem
from chalicelib.registry.accounts import ACTIVATION, NOBODY, PASSWORD
from chalicelib.registry.assurance import METHODS, STRONG_YEARS, years_later

PAGE = 500


class Entry(NamedTuple):
    """What is to be written of one row, and what must still be so."""

    actions: list[Action]
    condition: Any


class Done(NamedTuple):
    """What a run did."""

    read: int
    entered: int
    damaged: int


def enter(cloud: Cloud, *, page: int = PAGE) -> int:
    """Go through certificates and accounts; 1 if a row could not be read."""
    damaged = 0
    for table, entry in SOURCES:
        done = _enter(cloud, table, entry, page)
        print(
            f"{table.name}: {done.read} without an end read, {done.entered} entered, {done.damaged} damaged"
        )
        damaged += done.damaged
    return 1 if damaged else 0


def _enter(cloud: Cloud, table: Any, entry: Callable[[Any, datetime], Entry | None], page: int) -> Done:
    done, now = Done(0, 0, 0), cloud.now()
    for items, following in _pages(table, page):
        for item in items:
            wanted = None
            try:
                row = table.from_raw_data(item)
                wanted = entry(row, now)
            except (AttributeDeserializationError, AttributeNullError, ValueError, TypeError, KeyError):
                print(f"{table.name}: damaged: {json.dumps(_key(table, item))}")
                done = done._replace(damaged=done.damaged + 1)
            entered = wanted is not None and change(row, wanted.actions, wanted.condition)
            done = done._replace(entered=done.entered + entered)
        done = done._replace(read=done.read + len(items))
        _remember(table, following, now.date())
        if following:
            print(f"{table.name}: {done.read} read, {done.entered} entered ...", flush=True)
    return done


def _pages(table: Any, page: int) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any] | None]]:
    """What has no end entered, from where the last run came to; as DynamoDB has it, damaged or not."""
    kept = CursorRow.find(_cursor(table))
    start = json.loads(kept.start) if kept is not None and kept.start else None
    while True:
        try:
            found = table._get_connection().scan(
                filter_condition=table.ends_on.does_not_exist(),
                limit=page,
                exclusive_start_key=start,
                consistent_read=True,
            )
        except PynamoDBException as error:
            raise Unavailable from error
        start = found.get("LastEvaluatedKey")
        yield found["Items"], start
        if start is None:
            return


def _remember(table: type[Table], start: dict[str, Any] | None, today: date) -> None:
    """How far it is; nothing at the end, so that the next run begins anew."""
    started = CursorRow.start.set(json.dumps(start)) if start else CursorRow.start.remove()
    change(
        CursorRow(_cursor(table)),
        [started, CursorRow.day.set(today.isoformat()), CursorRow.task.set(0), CursorRow.version.set(1)],
    )


def _cursor(table: type[Table]) -> str:
    return f"enter_ends:{table.name}"


def _key(table: Any, item: dict[str, Any]) -> dict[str, Any]:
    names = [
        attribute.attr_name
        for attribute in (table._hash_key_attribute(), table._range_key_attribute())
        if attribute
    ]
    return {name: item.get(name) for name in names}


def _certificate(row: CertificateRow, now: datetime) -> Entry | None:
    """A citizen's that has not ended; with how its holder was identified, which its notices speak of."""
    citizens = row.profile.partition("/")[0] == CITIZEN_SOFTWARE
    if not citizens or row.revoked_at is not None or row.not_after <= now:
        return None
    actions: list[Action] = [CertificateRow.ends_on.set(due_days.key(row.not_after, row.id))]
    if row.proof is None and (proven := proven_for(row)) is not None:
        actions += [CertificateRow.proof.set(proven.method), CertificateRow.proven_at.set(proven.at)]
    unchanged = CertificateRow.ends_on.does_not_exist() & (CertificateRow.not_after == row.not_after)
    return Entry(actions, unchanged)


def _account_item(item: AccountItem, now: datetime) -> Entry | None:
    """A strong proof that stands, a credential that ends."""
    if item.holder == NOBODY:
        return None
    if isinstance(item, ProofItem) and METHODS[item.method].strong and item.withdrawn_at is None:
        ends, unchanged = years_later(item.at, STRONG_YEARS), ProofItem.at == item.at
    elif isinstance(item, CredentialItem) and _ending(item):
        ends, unchanged = item.expires_at, CredentialItem.expires_at == item.expires_at
    else:
        return None
    if ends <= now:
        return None
    actions: list[Action] = [AccountItem.ends_on.set(due_days.key(ends, str(item.holder)))]
    return Entry(actions, AccountItem.ends_on.does_not_exist() & unchanged)


def _ending(item: CredentialItem) -> bool:
    named = str(item.item).startswith((ACTIVATION, PASSWORD))
    return named and item.expires_at is not None and item.state != states.ABSENT


SOURCES: tuple[tuple[Any, Callable[[Any, datetime], Entry | None]], ...] = (
    (CertificateRow, _certificate),
    (AccountItem, _account_item),
)
