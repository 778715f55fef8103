"""The local deployer makes what the CloudFormation template says, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.deployer import REGION, Deployer, deploy, read_template

TABLES = {
    name: resource["Properties"]
    for name, resource in read_template().items()
    if resource["Type"] == "AWS::DynamoDB::Table"
}
OTHERS = [
    name
    for name, resource in read_template().items()
    if resource["Type"] in {"AWS::KMS::Key", "AWS::S3::Bucket"}
]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def test_every_table_has_its_keys_indexes_and_ttl(aws: None) -> None:
    deployer = Deployer("test")
    deployer.deploy()
    dynamodb = _client("dynamodb")
    for properties in TABLES.values():
        name = deployer.resolve(properties["TableName"])
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["KeySchema"] == properties["KeySchema"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        made = {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", [])}
        wanted = {
            index["IndexName"]: index["KeySchema"] for index in properties.get("GlobalSecondaryIndexes", [])
        }
        assert made == wanted
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if wanted_ttl := properties.get("TimeToLiveSpecification"):
            assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", wanted_ttl["AttributeName"])
        else:
            assert ttl["TimeToLiveStatus"] == "DISABLED"


def test_keys_have_their_use_and_alias(aws: None) -> None:
    deploy("test")
    kms = _client("kms")
    uses = {
        name: kms.describe_key(KeyId=f"alias/clavero-test-{name}")["KeyMetadata"]["KeyUsage"]
        for name in ("code-mac", "outbox", "data")
    }
    assert uses == {"code-mac": "GENERATE_VERIFY_MAC", "outbox": "ENCRYPT_DECRYPT", "data": "ENCRYPT_DECRYPT"}


def test_the_bucket_keeps_every_version(aws: None) -> None:
    deploy("test")
    s3, bucket = _client("s3"), "clavero-test-status-123456789012"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Years"]) == ("GOVERNANCE", 15)


def test_deploying_again_changes_nothing(aws: None) -> None:
    """A restarted authority must find the keys it signed with."""
    assert deploy("test")
    key = _client("kms").describe_key(KeyId="alias/clavero-test-code-mac")["KeyMetadata"]["Arn"]
    assert deploy("test") == []
    assert _client("kms").describe_key(KeyId="alias/clavero-test-code-mac")["KeyMetadata"]["Arn"] == key


def test_a_bucket_older_than_its_lock_gets_one(aws: None) -> None:
    """Or an authority that ran before could lock no evidence."""
    s3, name = _client("s3"), "clavero-test-private-123456789012"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    deploy("test")
    told = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert told["ObjectLockEnabled"] == "Enabled"
    assert "Rule" not in told, "no lock by default"


def test_two_stages_share_an_account(aws: None) -> None:
    deploy("one")
    assert len(deploy("two")) == len(TABLES) + len(OTHERS)


def test_only_tables_can_be_made(aws: None) -> None:
    """DynamoDB Local has no other service."""
    assert len(deploy("test", only=("dynamodb",))) == len(TABLES)
    aliases = [alias["AliasName"] for alias in _client("kms").list_aliases()["Aliases"]]
    assert not [alias for alias in aliases if alias.startswith("alias/clavero")]


def test_a_deleted_stack_deletes_no_data() -> None:
    for name, resource in read_template().items():
        if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"}:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_no_key_of_an_authority_belongs_to_the_stack() -> None:
    """The key ceremony makes those; a stack that can delete them is a hazard."""
    for name, resource in read_template().items():
        if resource["Type"] == "AWS::KMS::Key":
            assert resource["Properties"]["KeyUsage"] != "SIGN_VERIFY", name


def test_an_intrinsic_it_does_not_know_is_refused() -> None:
    template = read_template()
    value = template["PointsTable"]["Properties"]["TableName"]
    with pytest.raises(ValueError, match="ImportValue"):
        Deployer("test").resolve(type(value)({"ImportValue": "x"}))
