"""Travelling in time: moves a local authority's clock, and lets jobs do what was due on the way.

One journey at a time. Requests that come meanwhile wait for the arrival: nobody sees a moment on the way, at
which a CRL is old because no run that would have published it was worth making (agenda.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from infra.local.agenda import Agenda

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

FARTHEST: Final = timedelta(days=5 * 366)
"""In one journey. The local issuing CA lives for twelve years, and issues for nine of them."""
PATIENCE: Final = 600.0
"""Seconds that a request waits for the end of a journey."""
DEPARTURE: Final = ("find_due", "send_outbox")
"""What runs first, so that the daily job has done its work up to now."""
ARRIVAL: Final = ("find_due", "send_outbox", "renew_responders", "publish_crls")
"""What runs last, in this order: notices are written, and then sent."""


class MovableClock(Protocol):
    """A clock that can be moved forward."""

    def __call__(self) -> datetime: ...

    def move_to(self, at: datetime) -> None: ...


class Jobs(Protocol):
    """The scheduled jobs."""

    def call(self, name: str) -> None:
        """Run one; a failure is logged and not raised."""

    def paused(self) -> AbstractContextManager[object]:
        """While this is held, none runs that is not called here."""
        ...


class CannotTravelError(Exception):
    """There is no way to that moment; the message says why."""


class TimeTravel:
    """Journeys of one authority."""

    def __init__(
        self,
        cloud: Cloud,
        clock: MovableClock,
        jobs: Jobs,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            tend: what people do who run an authority, once they have arrived.
        """
        self._cloud, self._clock, self._jobs, self._tend = cloud, clock, jobs, tend
        self._one = threading.Lock()
        self._still = threading.Event()
        self._still.set()

    def wait_until_still(self) -> None:
        """Return when no journey is under way."""
        self._still.wait(PATIENCE)

    def travel(self, to: datetime) -> int:
        """Go to a moment; how many stops there were on the way.

        Raises:
            CannotTravelError: it has passed, or is too far.
        """
        with self._one:
            if to <= (now := self._clock()):
                raise CannotTravelError(f"it is {now:%Y-%m-%d %H:%M:%S} UTC already; time only passes")
            if to - now > FARTHEST:
                raise CannotTravelError(f"at most {FARTHEST.days} days at once")
            self._still.clear()
            try:
                with self._jobs.paused():
                    return self._travel(to)
            finally:
                self._still.set()

    def _travel(self, to: datetime) -> int:
        agenda, stops = Agenda(self._cloud, to), 0
        for job in DEPARTURE:
            self._jobs.call(job)
        while (stop := agenda.following(self._clock())) is not None:
            self._clock.move_to(stop.at)
            if stop.job == "find_due":
                agenda.pass_quiet_days()
            self._jobs.call(stop.job)
            stops += 1
        self._clock.move_to(to)
        agenda.pass_quiet_days()
        for job in ARRIVAL:
            self._jobs.call(job)
        self._tend()
        return stops
