"""What is written more directly is read the same."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from tests.support import plain_values
from tests.support.world import fake_credentials

ITEM: dict[str, Any] = {
    "id": {"S": 'ñ€ "quoted"'},
    "empty": {"S": ""},
    "number": {"N": "-12.50"},
    "octets": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"B": b"\x01"}, {"M": {"S": {"S": "a key named like a kind"}}}]},
    "map": {"M": {"inner": {"BOOL": True}, "deeper": {"L": []}}},
}


def read() -> list[Any]:
    fake_credentials()
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-south-2")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="t", Item=ITEM)
        key = {"id": ITEM["id"]}
        return [
            dynamodb.get_item(TableName="t", Key=key)["Item"],
            dynamodb.scan(TableName="t")["Items"],
            dynamodb.batch_get_item(RequestItems={"t": {"Keys": [key]}})["Responses"],
            dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "t", "Key": key}}])["Responses"],
            dynamodb.update_item(
                TableName="t",
                Key=key,
                UpdateExpression="SET #n = :n",
                ExpressionAttributeNames={"#n": "number"},
                ExpressionAttributeValues={":n": {"N": "7"}},
                ReturnValues="ALL_NEW",
            )["Attributes"],
        ]


def test_items_are_read_as_moto_itself_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", plain_values._looked_for)
    as_moto_does = read()
    plain_values.write_plain_values()
    assert read() == as_moto_does
    assert as_moto_does[0] == ITEM
