"""Metrics in CloudWatch's embedded metric format: a line of log for each, and no call to anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from chalicelib.aws.functions import running

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def emit(cloud: Cloud, **values: float) -> None:
    """Write these figures of the function that is running. Names are those of infra/alarms.yaml."""
    if not values:
        return
    # Everything is given: the library keeps what it is not given in variables of its own, for all callers.
    line = AmazonCloudWatchEMFProvider(
        metric_set={},
        dimension_set={},
        metadata_set={},
        default_dimensions={},
        namespace=f"Clavero/{cloud.settings.stage}",
        service=running.get(),
    )
    for name, value in values.items():
        line.add_metric(name, MetricUnit.Count, value)
    line.flush_metrics()
