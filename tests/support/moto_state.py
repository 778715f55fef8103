"""moto's memory, taken and put back: a hundred tests of one kind begin from one world, made once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
from moto import mock_aws
from moto.dynamodb import models as dynamodb
from moto.dynamodb.models.table import Table as MotoTable
from moto.s3.models import FakeKey

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.tables import Table
from infra.local.deployer import deploy
from infra.local.kms_correction import correct_kms
from tests.support.straight_dynamodb import is_watching, straight, written
from tests.support.world import SETTINGS, STAGE, fake_credentials

ACCOUNT = "123456789012"


standing: list[ExitStack] = []
"""The cloud that is left open between the tests of a module, if there is one."""


def leave_standing() -> None:
    """Close it, so that another can begin empty."""
    while standing:
        standing.pop().close()


class _CopyOnce:
    """For moto, which copies a table once for each item of a transaction: once for each table is enough."""

    copy = staticmethod(copy.copy)

    def __init__(self) -> None:
        self._copies: dict[int, Any] = {}

    def deepcopy(self, found: Any) -> Any:
        if not isinstance(found, MotoTable):
            return copy.deepcopy(found)
        if id(found) not in self._copies:
            self._copies[id(found)] = copy.deepcopy(found)
        return self._copies[id(found)]


def _transact_with_fewer_copies(self: dynamodb.DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    module: Any = dynamodb  # its name for the standard module, which it exports to nobody
    module.copy = _CopyOnce()
    try:
        _transact(self, transact_items)
    finally:
        module.copy = copy


_transact = dynamodb.DynamoDBBackend.transact_write_items


@contextmanager
def moto_cloud() -> Iterator[None]:
    """An empty cloud in process: (corrected) moto, with the resources of the template."""
    leave_standing()
    _there[0] = None
    fake_credentials()
    correct_kms()
    dynamodb.DynamoDBBackend.transact_write_items = _transact_with_fewer_copies  # type: ignore[method-assign]
    with mock_aws(), straight():
        deploy(STAGE)
        ses = boto3.client("ses", region_name=SETTINGS.region)
        ses.verify_email_identity(EmailAddress=SETTINGS.email_sender)
        yield


@dataclass(frozen=True)
class MotoState:
    """All tables, objects and messages at one time. Keys are not in it: they never change."""

    tables: Any
    objects: dict[tuple[str, str], tuple[bytes, str]]
    """By bucket and key."""
    tags: Any
    """Of the objects: how long each is kept."""
    sms: Any
    emails: list[Any]

    @staticmethod
    def take(cloud: Cloud) -> MotoState:
        """What is there now."""
        backends = _backends(cloud)
        state = MotoState(
            copy.deepcopy(backends["dynamodb"].tables),
            _objects(cloud),
            copy.deepcopy(backends["s3"].tagger),
            copy.copy(backends["sns"].sms_messages),
            list(backends["ses"].sent_messages),
        )
        state._is_there()
        return state

    def put_back(self, cloud: Cloud) -> None:
        """Make everything as it was."""
        backends = _backends(cloud)
        tables = backends["dynamodb"].tables
        for name in written if self is _there[0] else self.tables:
            tables[name] = copy.deepcopy(self.tables[name])
        self._is_there()
        backends["sns"].sms_messages = copy.copy(self.sms)
        backends["ses"].sent_messages[:] = self.emails
        for bucket, key in _keys(cloud).keys() - self.objects.keys():
            cloud.s3.delete_object(Bucket=bucket, Key=key)
        there = _keys(cloud)
        for (bucket, key), (body, etag) in self.objects.items():
            if there.get((bucket, key)) != etag:
                cloud.s3.put_object(Bucket=bucket, Key=key, Body=body)
        backends["s3"].tagger = copy.deepcopy(self.tags)

    def _is_there(self) -> None:
        """From now on only what is written differs from it."""
        _there[0] = self if is_watching() else None
        written.clear()


_there: list[MotoState | None] = [None]
"""The state that was taken or put back last."""

_Row = TypeVar("_Row", bound=Table)


def rows_of(cloud: Cloud) -> Callable[[type[_Row]], list[_Row]]:
    """All rows of a table, without the answers that moto takes its time to write."""
    tables = _backends(cloud)["dynamodb"].tables

    def rows(table: type[_Row]) -> list[_Row]:
        items = tables[cloud.settings.prefix + table.name].all_items()
        return [table.from_raw_data(item.to_json()["Attributes"]) for item in items]

    return rows


def every_item(cloud: Cloud) -> list[tuple[str, str]]:
    """Every item of every table, as (table, text)."""
    tables = _backends(cloud)["dynamodb"].tables
    return [
        (name.removeprefix(cloud.settings.prefix), repr(item.to_json()))
        for name, table in tables.items()
        for item in table.all_items()
    ]


def _backends(cloud: Cloud) -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends
    from moto.s3.models import s3_backends
    from moto.ses.models import ses_backends
    from moto.sns.models import sns_backends

    region = cloud.settings.region
    return {
        "dynamodb": dynamodb_backends[ACCOUNT][region],
        "s3": s3_backends[ACCOUNT]["aws"],
        "sns": sns_backends[ACCOUNT][region],
        "ses": ses_backends[ACCOUNT][region],
    }


def _keys(cloud: Cloud) -> dict[tuple[str, str], str]:
    buckets = _backends(cloud)["s3"].buckets
    return {
        (bucket, key.name): key.etag
        for bucket in (cloud.settings.bucket, cloud.settings.private_bucket)
        for key in buckets[bucket].keys.values()
        if isinstance(key, FakeKey)  # the others say that one was deleted
    }


def _objects(cloud: Cloud) -> dict[tuple[str, str], tuple[bytes, str]]:
    got: dict[tuple[str, str], tuple[bytes, str]] = {}
    for (bucket, key), etag in _keys(cloud).items():
        got[bucket, key] = (cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read(), etag)
    return got
