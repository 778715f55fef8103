"""A world for the status service's tests: one cloud for a module's tests, one authority for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra.local.deployer import deploy
from infra.local.kms_correction import correct_kms
from tests.pki.status_world import World, clear
from tests.support.straight_dynamodb import straight


@pytest.fixture(scope="module")
def status_cloud() -> Iterator[None]:
    correct_kms()
    with pytest.MonkeyPatch.context() as environment, mock_aws(), straight():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        deploy("test")
        yield


@pytest.fixture
def world(status_cloud: None) -> World:
    clear()
    return World()
