"""A whole authority as data: what a release left in tables, bucket and KMS, to be met by another release.

The keys are in it. They were made for this, and are worth nothing.
"""

from __future__ import annotations

import base64
from typing import Any

import boto3
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.kms.models import kms_backends

from infra.local.deployer import deploy
from tests.support.world import SETTINGS, STAGE

ACCOUNT = "123456789012"


def take() -> dict[str, Any]:
    """Everything that is there now."""
    tables = boto3.client("dynamodb", region_name=SETTINGS.region)
    bucket = boto3.client("s3", region_name=SETTINGS.region)
    kms = kms_backends[ACCOUNT][SETTINGS.region]
    objects = bucket.list_objects_v2(Bucket=SETTINGS.bucket).get("Contents", [])
    return {
        "tables": {
            name: [_plain(item) for item in _items(tables, name)]
            for name in tables.list_tables()["TableNames"]
        },
        "objects": {
            each["Key"]: _text(bucket.get_object(Bucket=SETTINGS.bucket, Key=each["Key"])["Body"].read())
            for each in objects
        },
        "keys": [_key(kms, alias) for alias in _aliases()],
    }


def put(state: dict[str, Any]) -> None:
    """Make an empty cloud hold what was taken, with the resources of today's template."""
    kms = kms_backends[ACCOUNT][SETTINGS.region]
    client = boto3.client("kms", region_name=SETTINGS.region)
    for kept in state["keys"]:
        made = client.create_key(KeySpec=kept["spec"], KeyUsage=kept["usage"], Description=kept["alias"])
        key = kms.keys.pop(made["KeyMetadata"]["KeyId"])
        key.id, key.arn = kept["id"], kept["arn"]
        key.key_material = base64.b64decode(kept["material"])
        if kept["private"]:
            private: Any = key.private_key  # of RSA or of a curve: each has it, their common base has not
            private.private_key = load_der_private_key(base64.b64decode(kept["private"]), None)
        kms.keys[key.id] = key
        client.create_alias(AliasName=kept["alias"], TargetKeyId=key.id)
    deploy(STAGE)
    tables = boto3.client("dynamodb", region_name=SETTINGS.region)
    for name, items in state["tables"].items():
        for item in items:
            tables.put_item(TableName=name, Item=_octets(item))
    bucket = boto3.client("s3", region_name=SETTINGS.region)
    for name, content in state["objects"].items():
        bucket.put_object(Bucket=SETTINGS.bucket, Key=name, Body=base64.b64decode(content))


def _items(tables: Any, name: str) -> list[dict[str, Any]]:
    return sorted(tables.scan(TableName=name)["Items"], key=str)


def _aliases() -> list[str]:
    client = boto3.client("kms", region_name=SETTINGS.region)
    listed = client.list_aliases(Limit=100)["Aliases"]
    return sorted(each["AliasName"] for each in listed if each["AliasName"].startswith("alias/clavero-"))


def _key(kms: Any, alias: str) -> dict[str, str]:
    found = boto3.client("kms", region_name=SETTINGS.region).describe_key(KeyId=alias)["KeyMetadata"]
    key = kms.keys[found["KeyId"]]
    signs = found["KeyUsage"] == "SIGN_VERIFY"
    private = (
        key.private_key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        if signs
        else b""
    )
    return {
        "alias": alias,
        "id": key.id,
        "arn": key.arn,
        "spec": found["KeySpec"],
        "usage": found["KeyUsage"],
        "material": _text(key.key_material),
        "private": _text(private),
    }


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: _text(value) if kind == "B" else sorted(value) if kind == "SS" else value}
        for name, typed in item.items()
        for kind, value in typed.items()
    }


def _octets(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: base64.b64decode(value) if kind == "B" else value}
        for name, typed in item.items()
        for kind, value in typed.items()
    }
