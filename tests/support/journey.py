"""Journeys through time in tests: the local authority's own, over a world whose clock a test turns."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from chalicelib.aws.functions import SCHEDULED
from infra.local.gateway import Context
from infra.local.travel import TimeTravel
from tests.support.world import World


@dataclass
class Way:
    """A world's clock and jobs, as time travel wants them."""

    world: World

    def __call__(self) -> datetime:
        return self.world.clock.at

    def move_to(self, at: datetime) -> None:
        assert at >= self.world.clock.at, "time only passes"
        self.world.clock.at = at

    def call(self, name: str) -> None:
        """A job that fails fails the test."""
        self.world.app.handler_map[name](dict(SCHEDULED), Context("a-journey", function_name=name))

    def paused(self) -> nullcontext[None]:
        return nullcontext()


def travel(world: World, to: datetime) -> None:
    """Go to a moment, with all that is due on the way."""
    way = Way(world)
    TimeTravel(world.cloud, way, way).travel(to)
