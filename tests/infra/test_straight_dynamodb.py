"""What goes straight to moto's handlers is answered as moto answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.straight_dynamodb import METHODS, straight, written
from tests.support.world import fake_credentials

ITEM: dict[str, Any] = {
    "id": {"S": 'ñ€ "quoted"'},
    "kind": {"S": "one"},
    "empty": {"S": ""},
    "number": {"N": "-12.50"},
    "octets": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "several": {"BS": [b"\x01", b"\x02"]},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"B": b"\x01"}, {"M": {"S": {"S": "a key named like a kind"}}}]},
    "map": {"M": {"inner": {"BOOL": True}, "deeper": {"L": []}, "B": {"S": "a key named like octets"}}},
}
KEY = {"id": ITEM["id"]}
OTHER = {"id": {"S": "other"}, "kind": {"S": "one"}, "octets": {"B": b""}}
GONE = {"id": {"S": "gone"}}
UPDATE: dict[str, Any] = {
    "TableName": "t",
    "Key": KEY,
    "UpdateExpression": "SET #n = :n",
    "ExpressionAttributeNames": {"#n": "number"},
    "ExpressionAttributeValues": {":n": {"N": "7"}},
}
NEVER = {
    "ConditionExpression": "attribute_not_exists(id)",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}
BY_KIND: dict[str, Any] = {
    "TableName": "t",
    "IndexName": "kinds",
    "KeyConditionExpression": "kind = :k",
    "ExpressionAttributeValues": {":k": {"S": "one"}},
}


def requests(dynamodb: Any) -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    """Every operation, as it succeeds and as it is refused."""
    yield dynamodb.put_item, {"TableName": "t", "Item": ITEM}
    yield dynamodb.put_item, {"TableName": "t", "Item": ITEM, **NEVER}
    yield dynamodb.put_item, {"TableName": "none", "Item": ITEM}
    yield dynamodb.put_item, {"TableName": "t", "Item": {"id": {"S": ""}}}
    yield dynamodb.batch_write_item, {"RequestItems": {"t": [{"PutRequest": {"Item": OTHER}}]}}
    yield dynamodb.get_item, {"TableName": "t", "Key": KEY, "ConsistentRead": True}
    yield dynamodb.get_item, {"TableName": "t", "Key": GONE, "ReturnConsumedCapacity": "TOTAL"}
    yield dynamodb.get_item, {"TableName": "t", "Key": {"wrong": {"S": "x"}}}
    yield dynamodb.batch_get_item, {"RequestItems": {"t": {"Keys": [KEY, GONE]}}}
    yield dynamodb.transact_get_items, {"TransactItems": [{"Get": {"TableName": "t", "Key": KEY}}]}
    yield dynamodb.scan, {"TableName": "t", "Limit": 1}
    yield dynamodb.query, BY_KIND
    yield dynamodb.query, {**BY_KIND, "Limit": 1}
    yield dynamodb.query, {**BY_KIND, "KeyConditionExpression": "kind > :k"}
    for returned in ("NONE", "ALL_NEW", "UPDATED_OLD"):
        yield dynamodb.update_item, {**UPDATE, "ReturnValues": returned}
    yield dynamodb.update_item, {**UPDATE, **NEVER}
    yield (
        dynamodb.transact_write_items,
        {"TransactItems": [{"Update": UPDATE}, {"Put": {"TableName": "t", "Item": GONE}}]},
    )
    yield (
        dynamodb.transact_write_items,
        {
            "TransactItems": [
                {"Delete": {"TableName": "t", "Key": GONE}},
                {"Put": {"TableName": "t", "Item": ITEM, **NEVER}},
            ]
        },
    )
    yield dynamodb.delete_item, {"TableName": "t", "Key": GONE, "ReturnValues": "ALL_OLD"}
    yield dynamodb.delete_item, {"TableName": "t", "Key": KEY, **NEVER}
    yield dynamodb.scan, {"TableName": "t"}


def answers(way: AbstractContextManager[None]) -> list[Any]:
    fake_credentials()
    with mock_aws(), way:
        dynamodb: Any = boto3.client("dynamodb", region_name="eu-south-2")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "kinds",
                    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        return [answer(call, request) for call, request in requests(dynamodb)]


def answer(call: Callable[..., Any], request: dict[str, Any]) -> Any:
    try:
        told = call(**request)
    except ClientError as error:
        told = dict(error.response)
        told["status"] = told["ResponseMetadata"]["HTTPStatusCode"]
    told.pop("ResponseMetadata")
    return call.__name__, told


def test_every_operation_is_answered_as_moto_itself_does() -> None:
    as_moto_does = answers(nullcontext())
    written.clear()
    assert answers(straight()) == as_moto_does
    assert {name for name, _ in as_moto_does} == set(METHODS.values())
    assert sum("Error" in told for _, told in as_moto_does) == 8
    assert as_moto_does[5][1]["Item"] == ITEM
    assert written == {"t", "none"}
