"""Finding what ends soon among many certificates: `python -m infra.bench renewal_scan`.

At one, two and four times SIZE certificates (50,000 where nothing is said), whose ends are spread evenly over
three years, one day's work of `find_due` is measured on DynamoDB Local: what is due, how many items DynamoDB
read for each of them (of the index, of holders' accounts, and the cursor), calls and seconds. Work that grew
with the table instead of with what is due would show in the first. Last, a run is killed after a third of its
messages and another goes on: how many people were told twice, and how many not at all.

The rows are written beforehand, in batches and without their certificates; every holder who is told has an
account, so that both indexes and the accounts are read as in life.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

from chalicelib.aws import due_days
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import Table, connection
from chalicelib.certificates import due_scan
from chalicelib.certificates.deadlines import NOTICES
from chalicelib.certificates.tables import CursorRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.account_tables import RegistrationItem
from infra.bench.authority import new_cloud

SIZE = 50_000
DAYS = 1096
BATCH = 25
WRITERS = 4


class Killed(BaseException):
    """The function is gone, as when Lambda ends it."""


class ItemsRead:
    """How many items DynamoDB read, by its own account of each query."""

    def __init__(self) -> None:
        self.items = self.calls = 0
        connection().client.meta.events.register("after-call.dynamodb.*", self._note)

    def _note(self, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        self.items += parsed.get("ScannedCount", 1 if "Item" in parsed else 0)


def measure(size: int = SIZE) -> dict[str, Any]:
    """The figures of `renewal_scan`."""
    cloud = new_cloud()
    CertificateRow.exists()  # opens the client that is listened to
    figures: dict[str, Any] = {"sizes": []}
    there = 0
    read = ItemsRead()
    for factor in (1, 2, 4):
        _write(cloud, there, size * factor)
        there = size * factor
        _forget()
        due = _due(cloud)
        read.items = read.calls = 0
        began = time.perf_counter()
        done = due_scan.find_due(cloud, budget=timedelta(days=1))
        figures["sizes"].append(
            {
                "certificates": there,
                "due": due,
                "told": done.told,
                "items_read": read.items,
                "items_read_per_due": round(read.items / due, 2),
                "calls": read.calls,
                "seconds": round(time.perf_counter() - began, 1),
            }
        )
    figures["killed"] = _killed(cloud)
    return figures


def _killed(cloud: Cloud) -> dict[str, int]:
    """A run dies after a third of its messages; the next one goes on."""
    _forget()
    due, sent = _due(cloud), 0
    whole: Any = vars(due_scan)["queue"]

    def dying(*given: Any, **options: Any) -> MessageRow:
        nonlocal sent
        sent += 1
        if sent > due // 3:
            raise Killed
        made: MessageRow = whole(*given, **options)
        return made

    vars(due_scan)["queue"] = dying
    try:
        due_scan.find_due(cloud, budget=timedelta(days=1))
    except Killed:
        pass
    finally:
        vars(due_scan)["queue"] = whole
    before = _emails()
    done = due_scan.find_due(cloud, budget=timedelta(days=1))
    after = _emails()
    return {
        "due": due,
        "told_before": before,
        "told_after": done.told,
        "twice": before + done.told - after,
        "lost": due - after,
    }


def _emails() -> int:
    return sum(str(row.id).endswith(":email") for row in MessageRow.scan(attributes_to_get=["id"]))


def _forget() -> None:
    """No message was written and no day worked through."""
    keys = [row.id for row in MessageRow.scan(attributes_to_get=["id"])]
    with MessageRow.batch_write() as batch:
        for key in keys:
            batch.delete(MessageRow(key))
    for row in list(CursorRow.scan()):
        row.delete()


def _ends(number: int, today: date) -> date:
    return today + timedelta(days=number % DAYS - 2)


def _due(cloud: Cloud) -> int:
    """How many are due today, counted by the rule and not by the index."""
    today = date_in_madrid(cloud.now())
    days = {today + timedelta(days=each) for each in NOTICES}
    return sum(_ends(number, today) in days for number in _written)


_written: list[int] = []


def _write(cloud: Cloud, first: int, last: int) -> None:
    today = date_in_madrid(cloud.now())
    due = {today + timedelta(days=each) for each in NOTICES}
    rows: list[Table] = []
    for number in range(first, last):
        ends = _ends(number, today)
        rows.append(_certificate(cloud, number, ends))
        if ends in due:
            rows.append(_account(cloud, number))
    _written.extend(range(first, last))
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(_put, batches))


def _put(rows: list[Table]) -> None:
    client: Any = connection().client
    wanted: dict[str, list[Any]] = {}
    for row in rows:
        put = {"PutRequest": {"Item": row.to_dynamodb_dict()}}
        wanted.setdefault(str(type(row).Meta.table_name), []).append(put)
    while wanted:
        wanted = client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]


def _certificate(cloud: Cloud, number: int, ends: date) -> CertificateRow:
    row_id = f"0123456789abcdef#{number:x}"
    midday = cloud.now().replace(hour=12, year=ends.year, month=ends.month, day=ends.day)
    return CertificateRow(
        row_id,
        state="issued",
        holder=f"person:{number}",
        profile="citizen-software/1",
        spki=f"{number:064x}",
        evidence=f"identification:{number}",
        key_origin="holder",
        tbs=b"-",
        reserved_at=midday - timedelta(days=DAYS),
        not_after=midday,
        proof="in-person",
        proven_at=cloud.now(),
        ends_on=due_days.key(midday, row_id),
    )


def _account(cloud: Cloud, number: int) -> RegistrationItem:
    return RegistrationItem(
        f"person:{number}",
        "registration",
        nif=f"{number:08d}T",
        state="registered",
        given_name="María",
        surname1="Núñez",
        birth_date="1985-02-28",
        contrast="-",
        mobile=f"+346{number:08d}",
        email=f"person-{number}@example.org",
        language="es",
        conditions="2026-11",
        registered_at=cloud.now(),
    )


def alone() -> dict[str, Any]:
    """The figures, on engines of their own: how far reading grows with the table, and what a kill costs."""
    from infra.bench.engines import Engines

    with Engines() as engines:
        if engines.without_dynamodb is not None:
            why = f"no DynamoDB Local: {engines.without_dynamodb}"
            return {"skipped": {"items_read_per_due": why}}
        found = measure()
    rates = [each["items_read_per_due"] for each in found["sizes"]]
    return {
        "certificates": ", ".join(f"{each['certificates']:,}" for each in found["sizes"]),
        "due": ", ".join(f"{each['due']:,}" for each in found["sizes"]),
        "items_read_per_due": ", ".join(f"{rate:.2f}" for rate in rates),
        "seconds": ", ".join(f"{each['seconds']:.1f}" for each in found["sizes"]),
        "growth": round(max(rates) - min(rates), 2),
        "forgotten": sum(each["due"] - each["told"] for each in found["sizes"]),
        "killed_after": found["killed"]["told_before"],
        "told_twice": found["killed"]["twice"],
        "lost": found["killed"]["lost"],
    }
