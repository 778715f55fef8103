"""Certificates on line, renewals, own revocations, suspensions, key reports, the jobs: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import PERSONAL_AREA


@pytest.mark.parametrize("operation", PERSONAL_AREA, ids=lambda operation: operation.name)
def test_the_personal_area_survives_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
