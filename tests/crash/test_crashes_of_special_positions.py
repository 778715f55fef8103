"""Reports, and powers that end: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import SPECIAL_POSITIONS


@pytest.mark.parametrize("operation", SPECIAL_POSITIONS, ids=lambda operation: operation.name)
def test_special_positions_survive_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
