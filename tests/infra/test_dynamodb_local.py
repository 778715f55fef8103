"""The real engine takes the project's tables, and keeps its word where the imitations do not."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local import dynamodb_local
from infra.local.deployer import REGION, deploy
from infra.local.dynamodb_local import DynamoDbLocal, available

TABLE = "clavero-test-codes"


@pytest.fixture(scope="module")
def engine() -> Iterator[DynamoDbLocal]:
    if reason := available():
        pytest.skip(reason)
    with DynamoDbLocal() as engine:
        yield engine


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


def _client(engine: DynamoDbLocal) -> Any:
    return boto3.client("dynamodb", region_name=REGION, endpoint_url=engine.endpoint_url)


def test_the_tables_of_the_template_are_made_there_once(engine: DynamoDbLocal) -> None:
    assert deploy("test", endpoint_url=engine.endpoint_url, only=("dynamodb",))
    assert deploy("test", endpoint_url=engine.endpoint_url, only=("dynamodb",)) == []
    ttl = _client(engine).describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_of_many_transactions_spending_one_code_exactly_one_succeeds(engine: DynamoDbLocal) -> None:
    deploy("test", endpoint_url=engine.endpoint_url, only=("dynamodb",))
    dynamodb = _client(engine)
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "code"}})
    # boto3 makes these classes at first use, and two threads would each make one.
    cancelled = dynamodb.exceptions.TransactionCanceledException
    winners: list[int] = []

    def spend(number: int) -> None:
        update = {
            "TableName": TABLE,
            "Key": {"id": {"S": "code"}},
            "UpdateExpression": "SET spent = :by",
            "ConditionExpression": "attribute_not_exists(spent)",
            "ExpressionAttributeValues": {":by": {"N": str(number)}},
        }
        with contextlib.suppress(cancelled):
            dynamodb.transact_write_items(TransactItems=[{"Update": update}])
            winners.append(number)

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    assert dynamodb.get_item(TableName=TABLE, Key={"id": {"S": "code"}})["Item"]["spent"] == {
        "N": str(winners[0])
    }


def test_a_database_on_disk_survives_a_restart(engine: DynamoDbLocal, tmp_path: Path) -> None:
    for put in (True, False):
        with DynamoDbLocal(tmp_path) as kept:
            deploy("test", endpoint_url=kept.endpoint_url, only=("dynamodb",))
            if put:
                _client(kept).put_item(TableName=TABLE, Item={"id": {"S": "kept"}})
            else:
                assert "Item" in _client(kept).get_item(TableName=TABLE, Key={"id": {"S": "kept"}})


def test_without_java_or_npm_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dynamodb_local, "FOLDER", tmp_path / "none")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert available() == "Java is not installed"
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "java" else None)
    assert available() == "npm is not installed"
