"""Payments and orders: every crash point."""

from __future__ import annotations

import pytest

from chalicelib.payments import tariff
from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import PAYMENTS, VIDEO_FEES
from tests.support.payments import ALL_PAY


@pytest.mark.parametrize("operation", PAYMENTS, ids=lambda operation: operation.name)
def test_payments_survive_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)


@pytest.mark.parametrize("operation", VIDEO_FEES, ids=lambda operation: operation.name)
def test_the_fee_of_a_video_survives_every_crash(
    operation: Operation, beginning: Beginning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tariff, "TARIFF", ALL_PAY)
    break_everywhere(operation, beginning)
