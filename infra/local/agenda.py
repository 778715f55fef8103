"""What the passing of time brings in a local authority: the next moment at which a scheduled job has work.

Three years have a million and a half runs of the outbox alone, and nearly all find nothing. Those that do are
found here from what the jobs themselves go by:

- `send_outbox` at each moment at which a waiting message falls due;
- `find_due` on each morning on which somebody is to be told of something that ends. Its cursor is moved over
  the days on which nothing is due, where each run would only have moved it;
- `revoke_planned` when an approved mass revocation begins;
- `publish_crls` when a suspension's time is over, since it is that job that has what is due decided;
- `publish_crls` one refresh before the arrival (and at it), if anything that was revoked has expired, which
  so has been in a CRL after its expiry and has left the next, as RFC 5280 wants it.

No other CRL of the way is ever seen, and no responder certificate, since nobody asks on the way: at the
arrival all jobs run (travel.py), and renew what has become old.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.aws.tables import change, listed
from chalicelib.certificates.deadlines import SOURCES, kind_of
from chalicelib.certificates.due_scan import CURSOR
from chalicelib.certificates.mass import plans
from chalicelib.certificates.tables import CursorRow
from chalicelib.civil_time import date_in_madrid
from chalicelib.notices.tables import MessageRow
from chalicelib.pki import crl
from chalicelib.pki.tables import OPEN, HoldRow, RevocationRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MORNING: Final = time(7, tzinfo=UTC)
"""When find_due runs in AWS (app.py)."""


class Stop(NamedTuple):
    """A moment on the way, and the job that has work then."""

    at: datetime
    job: str


class Agenda:
    """The stops of one journey to a moment."""

    def __init__(self, cloud: Cloud, to: datetime) -> None:
        self._cloud = cloud
        self._to = to

    def following(self, now: datetime) -> Stop | None:
        """The first stop after now and before the arrival; None if nothing happens until then."""
        now = now.replace(microsecond=0)
        found = [stop for stop in self._stops(now) if now < stop.at < self._to]
        return min(found, default=None)

    def _stops(self, now: datetime) -> Iterator[Stop]:
        waiting = MessageRow.due.query(
            "due", MessageRow.due_at > now, limit=1, attributes_to_get=["id", "due_at"]
        )
        yield from (Stop(row.due_at, "send_outbox") for row in listed(waiting))
        yield from (Stop(datetime.combine(day, MORNING), "find_due") for day in self._days())
        begins = (each.begins_at() for each in plans.every() if each.plan.state == "approved")
        yield from (Stop(at, "revoke_planned") for at in begins if at is not None)
        held = HoldRow.waiting.query(OPEN, HoldRow.until >= now, limit=1)
        # The time is over after its last second.
        yield from (Stop(row.until + timedelta(seconds=1), "publish_crls") for row in listed(held))
        last = self._to - crl.REFRESH
        if now < last and any(row.not_after < last for row in listed(RevocationRow.scan())):
            yield Stop(last, "publish_crls")

    def _days(self) -> set[date]:
        """The days on which somebody has to be told of something."""
        days = set()
        for name, index in SOURCES.items():
            for item in listed(index.scan()):
                kind, ends = kind_of(name, item), date.fromisoformat(str(item.ends_on).partition("#")[0])
                days |= {ends - timedelta(days=before) for before in kind.notices} if kind else set()
        return days

    def pass_quiet_days(self) -> None:
        """Move the daily job's cursor to today, or over it, if it has done its work up to its last stop.

        What a run on each of these days would do: nothing is due on them, by the above.
        """
        row, today = CursorRow.find(CURSOR), date_in_madrid(self._cloud.now())
        following = (today if today in self._days() else today + timedelta(days=1)).isoformat()
        if row is None or row.day >= following or int(row.task) or row.start:
            return
        actions = [CursorRow.day.set(following), CursorRow.version.set(int(row.version) + 1)]
        change(row, actions, CursorRow.version == int(row.version))
