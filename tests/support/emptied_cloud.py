"""A cloud with the resources of the template and nothing in them, emptied again before each use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moto import mock_aws
from moto.kms.models import kms_backends

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.settings import Settings
from infra.local.deployer import deploy
from infra.local.kms_correction import correct_kms
from tests.support.moto_state import ACCOUNT, MotoState
from tests.support.straight_dynamodb import straight
from tests.support.world import fake_credentials


@contextmanager
def deployed_once(settings: Settings) -> Iterator[Callable[[], None]]:
    """The cloud, for the duration of a block; what it yields makes it as it was when just deployed."""
    fake_credentials()
    correct_kms()
    with mock_aws(), straight():
        deploy(settings.stage)
        cloud = Cloud(settings, InProcessFunctions({}))
        state, keys = MotoState.take(cloud), kms_backends[ACCOUNT][settings.region].keys
        of_the_stack = set(keys)

        def empty() -> None:
            state.put_back(cloud)
            for made_since in keys.keys() - of_the_stack:
                del keys[made_since]  # and with it its aliases

        yield empty
