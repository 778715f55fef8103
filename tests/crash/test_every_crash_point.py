"""Fail at every call that an operation makes, ask again as its client would, and look at everything.

For each call of each operation: it never arrives, it is refused, it takes effect and the answer is lost, or
the function that makes it is killed before or after it. Every case begins from the same world, with the
cold memory of a new container.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chalicelib.notices.jobs import send_outbox
from chalicelib.pki.jobs import publish_crls
from tests.crash.operations import OPERATIONS, Again, Case, Operation
from tests.support import tally
from tests.support.faults import Fault, Faults, Killed, faults_at, only_reads
from tests.support.invariants import check_accounts
from tests.support.moto_state import MotoState, every_item, moto_cloud, rows_of
from tests.support.world import World, make_world

ATTEMPTS = 4


@dataclass(frozen=True)
class Start:
    """Where every case of an operation begins."""

    state: MotoState
    faults: dict[str, object]
    clock: object

    @staticmethod
    def take(world: World, faults: Faults) -> Start:
        kept = {"signed": Counter(faults.signed), "codes": list(faults.codes), "started": []}
        return Start(MotoState.take(world.cloud), kept, world.clock.at)

    def put_back(self, world: World, faults: Faults) -> None:
        faults.rest()
        self.state.put_back(world.cloud)
        faults.signed = Counter(self.faults["signed"])  # type: ignore[call-overload]
        faults.codes = list(self.faults["codes"])  # type: ignore[call-overload]
        faults.started = []
        world.clock.at = self.clock  # type: ignore[assignment]
        world.cloud.memory.clear()


@pytest.fixture(scope="module")
def beginning() -> Iterator[tuple[World, Faults, Start]]:
    faults = Faults()
    with moto_cloud():
        world = make_world(functions=faults)
        faults.codes.clear()  # the officer's, spent
        publish_crls(world.cloud)
        _empty_outbox(world)
        yield world, faults, Start.take(world, faults)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_crash_point(operation: Operation, beginning: tuple[World, Faults, Start]) -> None:
    world, faults, start = beginning
    start.put_back(world, faults)
    case = Case(world, faults)
    case.kept = kept = operation.before(case)
    start = Start.take(world, faults)

    start.put_back(world, faults)
    faults.watch()
    _finish(operation, case, operation.act(case))
    calls = _calls_of(operation, case, start)
    assert calls, "an operation that calls nothing writes nothing"

    tried, wrong = 0, []
    for number, call in enumerate(calls):
        for fault in faults_at(call) if operation.reads or not only_reads(call) else ():
            tried += 1
            start.put_back(world, faults)
            case.kept = kept
            try:
                _one(operation, case, number, fault)
            except Exception:
                wrong.append(f"call {number} ({call}) {fault.value}:\n{traceback.format_exc(limit=-4)}")
    tally.add("crash", operation.name, tried)
    told = "\n".join(wrong[:6])
    assert not wrong, f"{len(wrong)} of {tried} crash points of {operation.name}:\n{told}"


def _calls_of(operation: Operation, case: Case, start: Start) -> list[str]:
    start.put_back(case.world, case.faults)
    case.faults.watch()
    operation.act(case)
    return list(case.faults.calls)


def _one(operation: Operation, case: Case, number: int, fault: Fault) -> None:
    case.faults.watch(number, fault)
    for _ in range(ATTEMPTS):
        try:
            got = operation.act(case)
        except (Again, Killed):
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
    _empty_outbox(world)
    operation.check(case, got)
    faults.run_started(world.cloud)
    _empty_outbox(world)
    check_accounts(world, faults.signed, rows_of(world.cloud))
    for table, text in every_item(world.cloud):
        for code in faults.codes:
            assert code not in text, f"a code in clear in {table}"


def _empty_outbox(world: World) -> None:
    world.clock.turn(seconds=61)
    send_outbox(world.cloud)
