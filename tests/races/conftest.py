"""An authority on engines that judge races: DynamoDB Local for the tables, the local cloud for the rest."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.deployer import deploy
from infra.local.dynamodb_local import DynamoDbLocal, available
from tests.support.faults import Faults
from tests.support.races import Arena, received
from tests.support.world import SETTINGS, STAGE, make_world

OUT = Path(__file__).parent.parent.parent / "out" / "races.json"
# An officer's hourly cap is no part of these races.
BUSY = dataclasses.replace(SETTINGS, officer_hourly_cap=9999, bucket="clavero-test-status-000000000000")
ROUNDS: Counter[str] = Counter()
"""How many rounds of each race were run."""


@pytest.fixture
def rounds() -> Counter[str]:
    return ROUNDS


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ROUNDS:
        return
    told = ", ".join(f"{name} {count}" for name, count in ROUNDS.items())
    terminalreporter.write_line(f"race rounds on DynamoDB Local: {told}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"rounds": dict(ROUNDS)}, indent=2) + "\n")
