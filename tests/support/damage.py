"""Records that nobody can read: somebody wrote past us, or a disk did."""

from __future__ import annotations

import boto3

from tests.support.world import SETTINGS


def make_unreadable(certificate_id: str) -> None:
    """Write a certificate's record with a date that is none."""
    boto3.client("dynamodb", region_name=SETTINGS.region).update_item(
        TableName="clavero-test-certificates",
        Key={"id": {"S": certificate_id}},
        UpdateExpression="SET not_after = :bad",
        ExpressionAttributeValues={":bad": {"S": "then"}},
    )
