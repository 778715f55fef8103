"""Apps and authenticators: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import SECOND_FACTORS


@pytest.mark.parametrize("operation", SECOND_FACTORS, ids=lambda operation: operation.name)
def test_second_factors_survive_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
