"""Registration by video: every crash point."""

from __future__ import annotations

import pytest

from tests.crash.engine import Beginning, break_everywhere
from tests.crash.operation import Operation
from tests.crash.operations import VIDEO


@pytest.mark.parametrize("operation", VIDEO, ids=lambda operation: operation.name)
def test_video_survives_every_crash(operation: Operation, beginning: Beginning) -> None:
    break_everywhere(operation, beginning)
