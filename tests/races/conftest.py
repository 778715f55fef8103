"""An authority on engines that judge races: DynamoDB Local for the tables, the local cloud for the rest.

It is made for each file, since whoever comes next must not find the environment pointing at it.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.deployer import deploy
from infra.local.dynamodb_local import DynamoDbLocal, available
from tests.support.faults import Faults
from tests.support.races import Arena, received
from tests.support.world import SETTINGS, STAGE, make_world

# An officer's hourly cap is no part of these races.
BUSY = dataclasses.replace(
    SETTINGS,
    officer_hourly_cap=9999,
    bucket="clavero-test-status-000000000000",
    private_bucket="clavero-test-private-000000000000",
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """For each module, since while it stands the whole process speaks to its engines."""
    if reason := available():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("races")
    before = dict(os.environ)
    cloud = LocalCloud(folder)
    with DynamoDbLocal() as tables:
        cloud.start()
        try:
            cloud.configure(os.environ)
            deploy(STAGE, only=("kms", "s3", "sns"))
            deploy(STAGE, endpoint_url=tables.endpoint_url, only=("dynamodb",))
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = tables.endpoint_url
            faults = Faults()
            world = make_world(functions=faults, phone=received(folder / "phone.jsonl"), settings=BUSY)
            arena = Arena(world, faults)
            arena.publish()
            yield arena
        finally:
            os.environ.clear()
            os.environ.update(before)
            cloud.stop()
