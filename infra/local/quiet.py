"""Only what goes wrong is logged on one machine: lines for CloudWatch would bury what a person is to read."""

from __future__ import annotations

import os

from chalicelib.aws.log import logger


def hush() -> None:
    """Log warnings and failures only, unless POWERTOOLS_LOG_LEVEL says otherwise, and write no metrics."""
    os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
    if "POWERTOOLS_LOG_LEVEL" not in os.environ:
        logger.setLevel("WARNING")
