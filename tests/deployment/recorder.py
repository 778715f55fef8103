"""Records every AWS call with the function that makes it, as what IAM would be asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from app import FUNCTIONS, create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions, running
from infra.local.deployer import REGION
from infra.package.template import extras
from tests.deployment.iam import ACCOUNT, Asked, key_arn
from tests.support.client import Client
from tests.support.world import SETTINGS, STAGE, World

# In a transaction IAM asks for the right to each item's operation.
TRANSACTION = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
TABLES = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"

HASH_KEYS = {
    each["Properties"]["TableName"]["Fn::Sub"].rpartition("-")[2]: key["AttributeName"]
    for each in extras()["Resources"].values()
    if each.get("Type") == "AWS::DynamoDB::Table"
    for key in each["Properties"]["KeySchema"]
    if key["KeyType"] == "HASH"
}
"""The partition key of each table."""


class RecordingFunctions(InProcessFunctions):
    """The door in process, noting what Lambda Invoke would need."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(FUNCTIONS)
        self._recorder = recorder
        self._memories: dict[str, dict[str, Any]] = {}

    def invoke(self, cloud: Cloud, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        name = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{cloud.settings.prefix}{function}"
        self._recorder.add("lambda:Invoke", [Asked("lambda:InvokeFunction", name)])
        # Functions share no memory: what one has read another must read for itself.
        kept, cloud.memory = cloud.memory, self._memories.setdefault(function, {})
        try:
            return super().invoke(cloud, function, payload)
        finally:
            cloud.memory = kept


class Recorder:
    """What was called: by function, operation and need."""

    def __init__(self) -> None:
        self.operations: Counter[tuple[str, str]] = Counter()
        self.asked: list[tuple[str, Asked]] = []
        self.raw: list[tuple[str, str, str, dict[str, Any]]] = []
        """Function, service, operation and parameters of each call to AWS."""
        self._aliases: dict[str, str] = {}

    def watch(self, world: World) -> World:
        """The same authority, its clients made anew so that all their calls are heard."""
        old = world.cloud
        for entry in old.kms.list_aliases()["Aliases"]:
            if "TargetKeyId" in entry:
                self._aliases[entry["TargetKeyId"]] = entry["AliasName"]
        cloud = Cloud(old.settings, RecordingFunctions(self), clock=world.clock)
        cloud.session.register("before-parameter-build", self._heard)
        app = create_app(cloud)
        officer = Client(
            app,
            source=world.officer.source,
            certificate=world.officer.certificate,
            token=world.officer.token,
        )
        return World(cloud, app, world.clock, world.phone, officer, Client(app))

    def add(self, operation: str, needed: list[Asked]) -> None:
        self.operations[running.get(), operation] += 1
        self.asked += [(running.get(), each) for each in needed]

    def _heard(self, **call: Any) -> None:
        model, params = call["model"], call["params"]
        service = model.service_model.service_name
        self.raw.append((running.get(), service, model.name, params))
        self.add(f"{service}:{model.name}", list(self._needed(service, model.name, params)))

    def _needed(self, service: str, operation: str, params: dict[str, Any]) -> Iterator[Asked]:
        if service == "dynamodb":
            yield from _dynamodb(operation, params)
        elif service == "kms":
            alias = self._alias(params["KeyId"])
            yield Asked(f"kms:{operation}", key_arn(alias), {"kms:ResourceAliases": [alias]})
        elif service == "s3":
            yield from _s3(operation, params)
        elif service == "sns" and "PhoneNumber" in params:
            yield Asked("sns:Publish", params["PhoneNumber"])
        elif service == "ses":
            identity = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{params['Source'].partition('@')[2]}"
            yield Asked(f"ses:{operation}", identity, {"ses:FromAddress": [params["Source"]]})
        else:
            raise NotImplementedError(f"{service}:{operation}")

    def _alias(self, key: str) -> str:
        return key if key.startswith("alias/") else self._aliases[key.rpartition("/")[2]]


def _s3(operation: str, params: dict[str, Any]) -> Iterator[Asked]:
    """HEAD is asked for as GetObject; a named version, and what comes along, are rights of their own.

    For objects in the private bucket the store asks for their key as well, in the caller's name.
    """
    if operation == "ListObjectsV2":
        yield Asked("s3:ListBucket", f"arn:aws:s3:::{params['Bucket']}")
        return
    if operation == "CreateBucket":
        return  # of a form to upload with: botocore prepares such a request, and sends none
    resource = f"arn:aws:s3:::{params['Bucket']}/{params['Key']}"
    action = operation.replace("HeadObject", "GetObject")
    if "VersionId" in params:
        action = re.sub("Object", "ObjectVersion", action)
    if operation == "PutObjectRetention":
        action = operation  # the one right is for every version
    yield Asked(f"s3:{action}", resource)
    if "Tagging" in params and action == "PutObject":
        yield Asked("s3:PutObjectTagging", resource)
    if "ObjectLockMode" in params:
        yield Asked("s3:PutObjectRetention", resource)
    if params["Bucket"] == SETTINGS.private_bucket and operation in KEY_NEEDED:
        yield through_the_store(KEY_NEEDED[operation], resource)


KEY_NEEDED = {"PutObject": "GenerateDataKey", "GetObject": "Decrypt"}


def through_the_store(action: str, resource: str) -> Asked:
    """What S3 asks KMS for an object: without a bucket key, the encryption context is the object's ARN."""
    context = {
        "kms:ViaService": [f"s3.{REGION}.amazonaws.com"],
        "kms:EncryptionContext:aws:s3:arn": [resource],
    }
    return Asked(f"kms:{action}", key_arn(f"alias/clavero-{STAGE}-private"), context)


def _dynamodb(operation: str, params: dict[str, Any]) -> Iterator[Asked]:
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in params["TransactItems"]:
            ((kind, one),) = item.items()
            yield _item(TRANSACTION[kind], one)
    elif operation in {"BatchGetItem", "BatchWriteItem"}:
        for table, request in params["RequestItems"].items():
            keys = sorted({_leading_key(table, key) for key in request.get("Keys", ())})
            yield Asked(f"dynamodb:{operation}", TABLES + table, {"dynamodb:LeadingKeys": keys})
    else:
        yield _item(operation, params)


def _item(operation: str, params: dict[str, Any]) -> Asked:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    # What dynamodb:Attributes holds: every attribute that the request names.
    named = {re.sub(r"[.\[].*", "", name) for name in params.get("ExpressionAttributeNames", {}).values()}
    attributes = sorted(named | set(params.get("Key", {})) | set(params.get("Item", {})))
    context = {"dynamodb:Attributes": attributes}
    if key := params.get("Key") or params.get("Item"):
        context["dynamodb:LeadingKeys"] = [_leading_key(params["TableName"], key)]
    return Asked(f"dynamodb:{operation}", TABLES + params["TableName"] + index, context)


def _leading_key(table: str, item: dict[str, Any]) -> str:
    (value,) = item[HASH_KEYS[table.split("-", 2)[2]]].values()
    return str(value)
