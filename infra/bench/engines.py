"""What the measurements run on: ministack for KMS, S3 and messages, and DynamoDB Local for the tables.

Both are processes of their own, so that their work is not counted as ours. ministack writes every change of
a table to disk before it answers, which is what a laptop's authority needs and no measure of anything; the
tables are therefore in DynamoDB Local, in memory. Where that cannot be had, ministack keeps them too, and
what would measure the engine instead of the authority is skipped.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from infra.local import dynamodb_local
from infra.local.cloud import LocalCloud
from infra.local.deployer import deploy
from infra.local.dynamodb_local import DynamoDbLocal
from infra.local.instance import STAGE

PLENTY = "9999"
STATUS_URL = "http://status.clavero.example"


class Engines:
    """The engines, running; every AWS client made meanwhile speaks to them. `with` starts and stops them.

    Args:
        lasting: whether there is work of many minutes.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self._stack = ExitStack()
        self._lasting = lasting
        self.without_dynamodb: str | None = dynamodb_local.available()
        """Why there is no DynamoDB Local."""

    def __enter__(self) -> Engines:
        with self._stack as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clavero-bench-")))
            cloud = LocalCloud(folder)
            cloud.start()
            stack.callback(cloud.stop)
            cloud.configure(os.environ)
            os.environ.update(
                CLAVERO_STAGE=STAGE, CLAVERO_STATUS_URL=STATUS_URL, CLAVERO_OFFICER_HOURLY_CAP=PLENTY
            )
            if self.without_dynamodb:
                deploy(STAGE, endpoint_url=cloud.endpoint_url)
            else:
                tables = stack.enter_context(DynamoDbLocal(lasting=self._lasting))
                deploy(STAGE, endpoint_url=tables.endpoint_url, only=("dynamodb",))
                deploy(STAGE, endpoint_url=cloud.endpoint_url, only=("kms", "s3", "sns"))
                os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = tables.endpoint_url
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
