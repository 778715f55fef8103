"""Log-in, step-up and log-out: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import LOG_INS


@pytest.mark.parametrize("operation", LOG_INS, ids=lambda operation: operation.name)
def test_log_in_survives_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
