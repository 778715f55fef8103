"""What is asked for again: an issuance that died and is finished, an answer that was lost and is told anew.

The crash points of the first request are those of other operations; here the second one is broken as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.crash import certificates, passwords, registrations, renewal, status
from tests.crash.operation import Again, Case, Operation, acts
from tests.support.faults import Fault, Killed

OF = {
    each.name: each
    for room in (certificates, passwords, registrations, renewal, status)
    for each in room.OPERATIONS
}


def _done(operation: Operation) -> Callable[[Case], Any]:
    """The operation was done, and whoever asked for it did not hear so."""

    def before(case: Case) -> Any:
        case.kept = operation.before(case)
        operation.act(case)
        case.world.clock.turn(seconds=2)
        return case.kept

    return before


def _died(operation: Operation) -> Callable[[Case], Any]:
    """The certificate was recorded and not signed."""

    def before(case: Case) -> Any:
        case.kept = operation.before(case)
        case.faults.watch_for("kms.Sign", Fault.KILLED_BEFORE)
        with suppress(Again, Killed):
            operation.act(case)
        case.world.clock.turn(seconds=2)
        return case.kept

    return before


def _again(name: str, only: str, once: str = "") -> Operation:
    """Args:
    once: the act of which there is one event, where the first operation shows what else came of it.
    """
    first = OF[name]
    check = _once(once) if once else first.check
    return Operation(f"{name}, again", _done(first), first.act, check, only=only)


def _once(act: str) -> Callable[[Case, Any], None]:
    def check(case: Case, _: Any) -> None:
        assert acts(act) == 1

    return check


def _finished(name: str, only: str) -> Operation:
    first = OF[name]
    return Operation(f"{name}, after it died", _died(first), first.act, first.check, only=only)


OPERATIONS = (
    _finished("download", only="issuance.py:finish"),
    _again("download", only="emergency/code.py:renew_code"),
    _finished("load a card", only="issuance.py:_store"),
    _finished("renew a certificate on line", only="issuance.py:_store"),
    _finished("renew a responder", only="issuance.py:_store"),
    _again("register in person", only="registrations.py:repeat_registration"),
    _again("activate a password", only="bound.py:note_right", once="password-activated"),
    _again("change a password", only="password_life.py:change_password", once="password-changed"),
    _again("remove a password", only="receipts.py:repeat_receipt", once="password-removed"),
)
