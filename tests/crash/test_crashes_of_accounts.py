"""Passwords, activation codes, changes and ends of accounts: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import ACCOUNTS


@pytest.mark.parametrize("operation", ACCOUNTS, ids=lambda operation: operation.name)
def test_account_survives_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
