"""The packaged zip under Lambda's own runtime: a citizen's story through six functions (`make deployed`)."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.errors import NotFound
from infra.package.emulator import TOOLS
from tests.deployment import journeys
from tests.deployment.shape import Remote, Shape, deployed
from tests.support.citizens import register
from tests.support.world import World

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.skipif(
        platform.system() != "Linux" or not TOOLS.exists(),
        reason="needs Linux and `make .tools/lambda/installed`",
    ),
]


@pytest.fixture(scope="module")
def shape(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    """All functions of the package, started."""
    with deployed(package, tmp_path_factory.mktemp("deployed")) as shape:
        yield shape


@pytest.fixture(scope="module")
def world(shape: Shape) -> World:
    return shape.world()


def test_the_whole_story(shape: Shape, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The ceremony (the deployed authority certified the responder), identification, download, revocation."""
    journeys.identify_in_all_ways(world)
    certificate = journeys.download_in_all_ways(world, ec.generate_private_key(ec.SECP256R1()))
    journeys.look_around(world, certificate)
    journeys.desk(world, certificate)
    for job in journeys.JOBS:
        shape.start(world.cloud, job)
    journeys.status_of(world, certificate)
    assert isinstance(world.app, Remote)
    with capsys.disabled():
        print(f"\n{world.app.requests} requests under the Lambda runtime")
        for function, emulator in shape.emulators.items():
            print(f"{function:<18} init {emulator.init_ms():6.0f} ms  memory {emulator.peak_mb():4.0f} MB")
    assert world.app.requests > 20


def test_a_citizen_registers_and_logs_in(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """At an office, with a PIN, with a password: Argon2id and the receipts' PDF run in the package."""
    assert isinstance(world.app, Remote)
    before = world.app.requests
    person = register(world, 40)
    session = person.log_in_with_pin()
    assert session.get("/v1/me").json["level"] == "advanced"
    assert person.activate().status == 204
    assert person.try_password("wrong wrong wrong").status == 401
    assert person.logged_in(person.try_password()).get("/v1/me/can").status == 200
    with capsys.disabled():
        print(f"\n{world.app.requests - before} more requests under the Lambda runtime")


def test_the_authority_takes_no_other_operation(shape: Shape, world: World) -> None:
    with pytest.raises(NotFound):
        shape.invoke(world.cloud, "authority", {"operation": "sign"})


def test_logs_are_one_json_object_a_line_and_hold_no_number_of_a_person(shape: Shape, world: World) -> None:
    for function, emulator in shape.emulators.items():
        assert emulator.log.exists(), function
        assert "12345678Z" not in Path(emulator.log).read_text(errors="replace")
