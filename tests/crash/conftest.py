"""One world for each file: made once, put back for every crash point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.pki.jobs import publish_crls
from tests.crash.engine import Beginning, Start, empty_outbox
from tests.support.faults import Faults
from tests.support.moto_state import moto_cloud
from tests.support.world import make_world


@pytest.fixture(scope="module")
def beginning() -> Iterator[Beginning]:
    faults = Faults()
    with moto_cloud():
        world = make_world(functions=faults)
        faults.codes.clear()  # the officer's, spent
        publish_crls(world.cloud)
        empty_outbox(world)
        yield world, faults, Start.take(world, faults)
