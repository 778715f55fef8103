"""Worlds for the tests: an authority on (corrected) moto, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infra.local.deployer import deploy
from infra.local.kms_correction import correct_kms
from tests.support.world import SETTINGS, STAGE, World, fake_credentials, make_world


@pytest.fixture
def authority() -> Iterator[World]:
    """An authority with an officer at work."""
    fake_credentials()
    correct_kms()
    with mock_aws():
        deploy(STAGE)
        boto3.client("ses", region_name=SETTINGS.region).verify_email_identity(
            EmailAddress=SETTINGS.email_sender
        )
        yield make_world()
