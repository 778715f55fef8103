"""Payments and orders: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import PAYMENTS


@pytest.mark.parametrize("operation", PAYMENTS, ids=lambda operation: operation.name)
def test_payments_survive_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
