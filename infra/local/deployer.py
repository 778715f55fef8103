"""Creates what infra/resources.yaml describes on a cloud that is not AWS.

CloudFormation is the only truth about tables, keys and buckets. No local engine runs it faithfully (moto
ignores KeySpec and TTL, ministack the TTL, DynamoDB Local knows no CloudFormation), so this reads the same
file and makes the same calls one by one. What exists already is left alone: deploying twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.exceptions import ClientError

RESOURCES = Path(__file__).parent.parent / "resources.yaml"
SERVICES = ("kms", "dynamodb", "s3", "sns")
REGION = "eu-south-2"


class _Intrinsic(dict[str, Any]):
    """A short form such as !Ref, kept as {"Ref": ...}."""


class _Loader(yaml.SafeLoader):
    pass


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> _Intrinsic:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise yaml.YAMLError(f"unexpected node under !{suffix}")
    return _Intrinsic({suffix: value})


_Loader.add_multi_constructor("!", _short_form)


@cache
def read_template(path: Path = RESOURCES) -> dict[str, dict[str, Any]]:
    """The resources of a CloudFormation file by logical name, short forms kept as intrinsics.

    Nobody changes what was read: it is the same for all.
    """
    with path.open() as file:
        resources: dict[str, dict[str, Any]] = yaml.load(file, Loader=_Loader)["Resources"]  # noqa: S506
    return resources


@dataclass
class Deployer:
    """Makes the resources of one stage behind one endpoint (None: AWS's own, or moto in process)."""

    stage: str
    endpoint_url: str | None = None
    region: str = REGION
    only: Collection[str] = SERVICES
    template: Path = RESOURCES

    def __post_init__(self) -> None:
        self._session = boto3.session.Session(region_name=self.region)
        self._clients: dict[str, Any] = {}
        self._resources = read_template(self.template)
        self._arns: dict[str, str] = {}
        self._account: str | None = None

    def deploy(self) -> list[str]:
        """Creates what is missing, in the order keys, tables, the rest; returns the names created."""
        created: list[str] = []
        for resource_type, make in _MAKERS.items():
            if _service(resource_type) not in self.only:
                continue
            for logical, properties in self.of_type(resource_type):
                created += make(self, logical, properties)
        return created

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]
        return self._clients[service]

    def of_type(self, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for logical, resource in self._resources.items():
            if resource["Type"] == resource_type:
                yield logical, resource.get("Properties", {})

    def resolve(self, value: Any) -> Any:
        """The value with Ref, Sub and GetAtt Arn replaced; other intrinsics are refused."""
        if isinstance(value, _Intrinsic):
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._reference(argument)
            if function == "GetAtt" and str(argument).endswith(".Arn"):
                return self._arns[str(argument).removesuffix(".Arn")]
            if function == "Sub" and isinstance(argument, str):
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._reference(found[1]), argument)
            raise ValueError(f"the local deployer does not know !{function} {argument}")
        if isinstance(value, dict):
            return {name: self.resolve(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        return value

    def _reference(self, name: str) -> str:
        if name == "Stage":
            return self.stage
        if name == "AWS::Region":
            return self.region
        if name == "AWS::Partition":
            return "aws"
        if name == "AWS::AccountId":
            self._account = self._account or str(self.client("sts").get_caller_identity()["Account"])
            return self._account
        return self._arns[name]

    def keep_arn(self, logical: str, arn: str) -> None:
        self._arns[logical] = arn


def deploy(stage: str, *, endpoint_url: str | None = None, only: Collection[str] = SERVICES) -> list[str]:
    """Creates the stage's resources of these services behind the endpoint; returns the names created."""
    return Deployer(stage, endpoint_url, only=only).deploy()


def _service(resource_type: str) -> str:
    return resource_type.split("::")[1].lower()


def _make_key(deployer: Deployer, logical: str, properties: dict[str, Any]) -> list[str]:
    """A key is known by its alias, since AWS gives keys no name: that is what makes this idempotent."""
    aliases = [
        p["AliasName"] for _, p in deployer.of_type("AWS::KMS::Alias") if p["TargetKeyId"] == {"Ref": logical}
    ]
    if len(aliases) != 1:
        raise ValueError(f"{logical} needs exactly one alias")
    alias, kms = deployer.resolve(aliases[0]), deployer.client("kms")
    try:
        deployer.keep_arn(logical, kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
        return []
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
    wanted = {name: properties[name] for name in ("Description", "KeySpec", "KeyUsage") if name in properties}
    metadata = kms.create_key(**deployer.resolve(wanted))["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=metadata["KeyId"])
    deployer.keep_arn(logical, metadata["Arn"])
    return [alias]


def _make_table(deployer: Deployer, logical: str, properties: dict[str, Any]) -> list[str]:
    """Without point-in-time recovery and deletion protection, which only hinder cleaning up."""
    names = ["TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"]
    if "kms" in deployer.only:
        names.append("SSESpecification")
    dynamodb = deployer.client("dynamodb")
    wanted = deployer.resolve({name: properties[name] for name in names if name in properties})
    if sse := wanted.get("SSESpecification"):
        sse["Enabled"] = sse.pop("SSEEnabled")  # the one name that differs between template and API
    table, created = wanted["TableName"], []
    try:
        dynamodb.create_table(**wanted)
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
        created = [table]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
    deployer.keep_arn(logical, dynamodb.describe_table(TableName=table)["Table"]["TableArn"])
    if ttl := properties.get("TimeToLiveSpecification"):
        status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
        if status in ("DISABLED", "DISABLING"):
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
    return created


def _make_bucket(deployer: Deployer, logical: str, properties: dict[str, Any]) -> list[str]:
    bucket, s3 = deployer.resolve(properties["BucketName"]), deployer.client("s3")
    deployer.keep_arn(logical, f"arn:aws:s3:::{bucket}")
    try:
        s3.head_bucket(Bucket=bucket)
        if properties.get("ObjectLockEnabled"):
            _lock_what_was_open(s3, bucket)
        return []
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
    s3.create_bucket(
        Bucket=bucket,
        ObjectLockEnabledForBucket=properties.get("ObjectLockEnabled", False),
        CreateBucketConfiguration={"LocationConstraint": deployer.region},
    )
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    if lock := properties.get("ObjectLockConfiguration"):
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    return [bucket]


def _lock_what_was_open(s3: Any, bucket: str) -> None:
    """A local bucket may be older than the lock, without which nothing in it can be locked."""
    try:
        s3.get_object_lock_configuration(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ObjectLockConfigurationNotFoundError":
            raise
        s3.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )


def _make_topic(deployer: Deployer, logical: str, properties: dict[str, Any]) -> list[str]:
    """CreateTopic answers with the topic that has this name, new or not."""
    answer = deployer.client("sns").create_topic(Name=deployer.resolve(properties["TopicName"]))
    deployer.keep_arn(logical, answer["TopicArn"])
    return [answer["TopicArn"]]


# In order: tables are encrypted under keys made before them.
_MAKERS: dict[str, Callable[[Deployer, str, dict[str, Any]], list[str]]] = {
    "AWS::KMS::Key": _make_key,
    "AWS::DynamoDB::Table": _make_table,
    "AWS::S3::Bucket": _make_bucket,
    "AWS::SNS::Topic": _make_topic,
}
