"""Registration officers: what each may do, where, and how often in an hour (R25)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.tables import Transaction
from chalicelib.errors import Forbidden, Problem
from chalicelib.registry.points import RegistrationPoint
from chalicelib.registry.tables import OfficerRow, PointRow

if TYPE_CHECKING:
    from datetime import datetime

MAY: Final = MappingProxyType(
    {
        "registration-officer": frozenset(
            {"identification", "card-loading", "revocation", "phone", "video-review"}
        ),
        "revocation-officer": frozenset({"revocation", "phone"}),
        "supervisor": frozenset({"revocation", "phone", "video-review"}),
    }
)
"""What each role may do, by the service of the point where it is done."""

COUNTED: Final = ("identifications", "revocations", "searches")
"""What is counted by the hour, each apart; the names of OfficerRow's counters."""


class OfficerSuspended(Problem):
    """The officer was suspended."""

    slug = "officer-suspended"
    status = 403
    title = "This officer is suspended"


class HourlyCapReached(Problem):
    """More acts in an hour than an officer makes by hand."""

    slug = "hourly-cap-reached"
    status = 429
    title = "This officer has reached the number of acts allowed in an hour"


class Officer(msgspec.Struct, frozen=True):
    """An officer at work."""

    row: OfficerRow
    session: str = ""
    """The id of the session that the officer works in."""

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def name(self) -> str:
        """How events name the officer."""
        return f"officer:{self.row.id}"

    def at(self, point_id: str, service: str) -> RegistrationPoint:
        """The officer's own point, if the officer may do this there.

        Raises:
            Forbidden: another point, another role, or a point without this service.
        """
        if point_id != self.row.point or service not in MAY[self.row.role]:
            raise Forbidden
        row = PointRow.find(point_id)
        point = msgspec.json.decode(row.point, type=RegistrationPoint) if row else None
        if point is None or not point.active or service not in point.services:
            raise Forbidden("This point does not offer the service.")
        return point


def count_act(transaction: Transaction, officer: Officer, act: str, cap: int, now: datetime) -> None:
    """Count an act (one of COUNTED) in the transaction of its effect; one too many fails the label `cap`.

    Raises:
        HourlyCapReached: the row as read says so already.
    """
    row, hour = officer.row, int(now.timestamp()) // 3600
    column = getattr(OfficerRow, act)
    unsuspended = OfficerRow.suspended_at.does_not_exist()
    if int(row.hour) == hour:
        if int(getattr(row, act)) >= cap:
            raise HourlyCapReached(retry_after=(hour + 1) * 3600 - int(now.timestamp()))
        transaction.update(
            "cap", row, [column.add(1)], (OfficerRow.hour == hour) & (column < cap) & unsuspended
        )
        return
    others = [getattr(OfficerRow, name).set(0) for name in COUNTED if name != act]
    transaction.update(
        "cap",
        row,
        [OfficerRow.hour.set(hour), column.set(1), *others],
        (OfficerRow.hour == int(row.hour)) & unsuspended,
    )
