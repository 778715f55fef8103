"""A world for the status service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from infra.local.deployer import deploy
from infra.local.kms_correction import correct_kms
from tests.pki.status_world import World


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    correct_kms()
    with mock_aws():
        deploy("test")
        yield


@pytest.fixture
def world(aws: None) -> World:
    return World()
