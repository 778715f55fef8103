"""DynamoDB's requests go straight to moto's handlers: a third of the time of tests went into detours.

For each request moto makes one of werkzeug's, tries the addresses of all services, parses and serializes by
the service's model, and lists the methods of a class. The handler that it then calls wants the body alone,
which is JSON already, and answers with what JSON can hold.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.signers import RequestSigner
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import normalize_request
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

METHODS = {
    "GetItem": "get_item",
    "BatchGetItem": "batch_get_item",
    "TransactGetItems": "transact_get_items",
    "Query": "query",
    "Scan": "scan",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "BatchWriteItem": "batch_write_item",
    "TransactWriteItems": "transact_write_items",
}
"""The operations on items, and what moto calls them. All others go moto's way."""
HOST = re.compile(r"https://dynamodb\.([a-z0-9-]+)\.amazonaws\.com/")
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})

written: set[str] = set()
"""The tables whose items were written since somebody cleared this."""

_motos_way = BotocoreStubber.__call__
_botocores_way = RequestSigner.sign


@contextmanager
def straight() -> Iterator[None]:
    """Answer the operations on items directly, and do not sign what nobody will verify."""
    BotocoreStubber.__call__ = _answer  # type: ignore[method-assign]
    RequestSigner.sign = _sign  # type: ignore[method-assign]
    try:
        yield
    finally:
        BotocoreStubber.__call__ = _motos_way  # type: ignore[method-assign]
        RequestSigner.sign = _botocores_way  # type: ignore[method-assign]


def is_watching() -> bool:
    """Whether `written` is told of every item that is written."""
    return BotocoreStubber.__call__ is _answer


def _operation(request: Any) -> str:
    """That goes straight to moto's handler, or nothing."""
    target: Any = request.headers.get("X-Amz-Target", b"")
    _, _, operation = (target.decode() if isinstance(target, bytes) else target).partition(".")
    return operation if operation in METHODS and HOST.match(request.url) else ""


def _sign(self: RequestSigner, operation_name: str, request: Any, *args: Any, **kwargs: Any) -> None:
    if not _operation(request):
        _botocores_way(self, operation_name, request, *args, **kwargs)


class _Handler(DynamoHandler):
    """moto's handler of one request, told what it would have found out."""

    def __init__(self, region: str, body: dict[str, Any]) -> None:
        super().__init__()
        self.body = body
        self._backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][region]

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._backend


def _answer(
    self: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **kwargs: Any
) -> AWSResponse | None:
    operation = _operation(request) if self.enabled else ""
    if not operation:
        return _motos_way(self, event_name, request, **kwargs)
    region = HOST.match(request.url)[1]  # type: ignore[index]
    asked: Any = request.body
    handler = _Handler(region, body := json.loads(asked, object_hook=_with_octets))
    if operation in WRITES:
        written.update(_tables(body))
    status: Any
    headers: Any
    told: Any
    try:
        result: ActionResult = getattr(handler, METHODS[operation])()
    except ServiceException as error:  # told as moto does it: there are few
        handler.setup_class(normalize_request(request))
        status, headers, told = handler.serialized(ActionResult(error))
    except HTTPException as error:
        status, headers, told = error.code, {}, error.description
    else:
        status, headers, told = 200, {}, json.dumps(result.result, default=_as_text)
    return AWSResponse(request.url, int(status), headers, MockRawResponse(told))


def _tables(body: dict[str, Any]) -> Iterator[str]:
    """Of a request that writes."""
    if "TableName" in body:
        yield body["TableName"]
    yield from body.get("RequestItems", ())
    for item in body.get("TransactItems", ()):
        yield from (change["TableName"] for change in item.values())


def _with_octets(found: dict[str, Any]) -> dict[str, Any]:
    """An AttributeValue of octets, which JSON carries as base64; all else as it is."""
    if len(found) == 1:
        if isinstance(octets := found.get("B"), str):
            return {"B": base64.b64decode(octets)}
        if isinstance(several := found.get("BS"), list):
            return {"BS": [base64.b64decode(one) for one in several]}
    return found


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value))
