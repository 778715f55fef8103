"""Registration by every channel: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import REGISTRATIONS


@pytest.mark.parametrize("operation", REGISTRATIONS, ids=lambda operation: operation.name)
def test_registration_survives_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
