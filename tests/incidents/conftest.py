"""The incident tests use the worlds of the rooms they are about, and one whose calls can be made to fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pki.conftest import status_cloud, world
from tests.support.faults import Faults
from tests.support.moto_state import moto_cloud
from tests.support.world import World, make_world

__all__ = ["broken", "status_cloud", "world"]


@pytest.fixture
def broken() -> Iterator[tuple[World, Faults]]:
    """An authority, and what can go wrong at each of its calls."""
    faults = Faults()
    with moto_cloud():
        yield make_world(functions=faults), faults
