"""Certificates, their status, revocation and operators: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import CERTIFICATES


@pytest.mark.parametrize("operation", CERTIFICATES, ids=lambda operation: operation.name)
def test_every_crash_point(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
