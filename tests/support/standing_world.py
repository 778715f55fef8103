"""One authority for all tests of a module, put back as it was made before each: making it takes a second."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from app import FUNCTIONS, create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from tests.support.client import Client
from tests.support.moto_state import ACCOUNT, MotoState, moto_cloud, standing
from tests.support.world import Clock, World, make_world, moto_phone


@dataclass(frozen=True)
class Made:
    """The authority when it had just been made."""

    world: World
    state: MotoState
    keys: dict[str, tuple[Any, dict[str, Any]]]
    """KMS keys with their attributes."""


_made: list[Made] = []


def world_as_made() -> World:
    """The authority, as if made just now: other clients, an empty memory, a clock at the beginning."""
    if not standing:
        _made[:] = [_make()]
    made = _made[0]
    before = made.world
    clock = Clock()
    cloud = Cloud(before.cloud.settings, InProcessFunctions(FUNCTIONS), clock=clock)
    cloud.session = before.cloud.session  # it has read the services' models
    made.state.put_back(cloud)
    keys = _keys_of(cloud)
    keys.clear()
    for name, (key, attributes) in made.keys.items():
        key.__dict__ = attributes | {"aliases": dict(attributes["aliases"])}
        keys[name] = key
    app = create_app(cloud)
    officer = Client(
        app, source=before.officer.source, certificate=before.officer.certificate, token=before.officer.token
    )
    return World(cloud, app, clock, moto_phone(), officer, Client(app))


def _make() -> Made:
    mock = ExitStack()
    mock.enter_context(moto_cloud())
    standing.append(mock)
    world = make_world()
    keys = {
        name: (key, key.__dict__ | {"aliases": dict(key.aliases)})
        for name, key in _keys_of(world.cloud).items()
    }
    return Made(world, MotoState.take(world.cloud), keys)


def _keys_of(cloud: Cloud) -> Any:
    from moto.kms.models import kms_backends

    return kms_backends[ACCOUNT][cloud.settings.region].keys
