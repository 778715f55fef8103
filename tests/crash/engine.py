"""Fail at every call that an operation makes, ask again as its client would, and look at everything.

For each call of each operation: it never arrives, it is refused, it takes effect and the answer is lost, or
the function that makes it is killed before or after it. Every case begins from the same world, with the
cold memory of a new container.
"""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from chalicelib.notices.jobs import send_outbox
from chalicelib.settings import Settings
from tests.crash.operation import Again, Case, Operation, stands_alone
from tests.support import tally
from tests.support.faults import Fault, Faults, Killed
from tests.support.invariants import check_accounts
from tests.support.moto_state import MotoState, every_item, rows_of
from tests.support.world import World

ATTEMPTS = 4


@dataclass(frozen=True)
class Start:
    """Where every case of an operation begins."""

    state: MotoState
    signed: Counter[str]
    codes: list[str]
    clock: datetime
    settings: Settings

    @staticmethod
    def take(world: World, faults: Faults) -> Start:
        signed, codes = Counter(faults.signed), list(faults.codes)
        return Start(MotoState.take(world.cloud), signed, codes, world.clock.at, world.cloud.settings)

    def put_back(self, world: World, faults: Faults) -> None:
        faults.rest()
        self.state.put_back(world.cloud)
        faults.signed = Counter(self.signed)
        faults.codes = list(self.codes)
        faults.started = []
        world.clock.at = self.clock
        world.cloud.settings = self.settings
        world.cloud.memory.clear()


Beginning = tuple[World, Faults, Start]


def break_everywhere(operation: Operation, beginning: Beginning) -> None:
    """Try every crash point of an operation.

    Raises:
        AssertionError: naming those after which something was not as it should be.
    """
    world, faults, start = beginning
    start.put_back(world, faults)
    case = Case(world, faults)
    case.kept = kept = operation.before(case)
    start = Start.take(world, faults)

    start.put_back(world, faults)
    faults.watch()
    got = operation.act(case)
    calls = list(zip(faults.calls, faults.came_from, strict=True))
    _finish(operation, case, got)
    assert calls, "an operation that calls nothing writes nothing"

    tried, wrong = 0, []
    for number, (call, came_from) in enumerate(calls):
        for fault in operation.faults_at(call, came_from):
            tried += 1
            start.put_back(world, faults)
            try:
                _one(operation, Case(world, faults, kept), number, fault)
            except Exception:
                wrong.append(f"call {number} ({call}) {fault.value}:\n{traceback.format_exc(limit=-4)}")
    start.put_back(world, faults)
    tally.add("crash", operation.name, tried, faults.crossed)
    faults.crossed.clear()
    told = "\n".join(wrong[:6])
    assert tried, f"nothing to break in {operation.only}"
    assert not wrong, f"{len(wrong)} of {tried} crash points of {operation.name}:\n{told}"


def _one(operation: Operation, case: Case, number: int, fault: Fault) -> None:
    case.faults.watch(number, fault)
    for _ in range(ATTEMPTS):
        try:
            got = operation.act(case)
        except (Again, Killed):
            case.again = True
            case.world.clock.turn(seconds=2)
            continue
        finally:
            assert not case.faults.armed, "this crash point was not reached"
        _finish(operation, case, got)
        return
    raise AssertionError(f"not done after {ATTEMPTS} attempts")


def _finish(operation: Operation, case: Case, got: object) -> None:
    """What was started runs, the outbox is emptied, and then all must be as it should."""
    world, faults = case.world, case.faults
    faults.run_started(world.cloud)
    empty_outbox(world)
    operation.check(case, got)
    faults.run_started(world.cloud)
    empty_outbox(world)
    check_accounts(world, faults.signed, rows_of(world.cloud))
    for table, text in every_item(world.cloud):
        for code in faults.codes:
            assert code not in text, f"a code in clear in {table}"
        for secret in case.secrets:
            assert not stands_alone(secret, text), f"a secret in clear in {table}"


def empty_outbox(world: World) -> None:
    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
