"""CA keys in KMS: made once under an alias, each open to one role, found again on every later run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.aws.kms_key import KmsEcKey, KmsRsaKey, load_key
from chalicelib.pki.key_types import KeyType
from infra.ceremony.config import BadCeremony, Roles

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


ADMINISTRATION = (
    "Describe*",
    "Get*",
    "List*",
    "PutKeyPolicy",
    "EnableKey",
    "DisableKey",
    "TagResource",
    "CreateAlias",
    "UpdateKeyDescription",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
)


def key_policy(roles: Roles, signer: str) -> str:
    """The policy of a key with which `signer` alone may sign.

    The account keeps the administration of the key, without which KMS refuses the policy, and the
    explicit denial keeps everyone else, administrators included, from signing or granting it on.
    """
    partition = signer.split(":")[1]
    account = f"arn:{partition}:iam::{roles.account}:root"
    statements: list[dict[str, Any]] = [
        {
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": [f"kms:{action}" for action in ADMINISTRATION],
            "Resource": "*",
        },
        {
            "Sid": "OneRoleSigns",
            "Effect": "Allow",
            "Principal": {"AWS": signer},
            "Action": ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"],
            "Resource": "*",
        },
        {
            "Sid": "NobodyElseSigns",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["kms:Sign", "kms:CreateGrant"],
            "Resource": "*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": signer}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def find_or_make_key(
    kms: KMSClient, alias: str, spec: KeyType, policy: str | None
) -> tuple[KmsEcKey | KmsRsaKey, str, bool]:
    """The key of an alias, its ARN, and whether it was made now.

    Raises:
        BadCeremony: the alias has a key of another kind, or one that cannot sign.
    """
    found = _described(kms, alias)
    made = found is None
    if found is None:
        found = _unnamed(kms, alias) or _make(kms, alias, spec, policy)
        kms.create_alias(AliasName=alias, TargetKeyId=found["KeyId"])
    if found["KeySpec"] != spec.value or found["KeyState"] != "Enabled":
        raise BadCeremony(f"{alias} is a {found['KeySpec']} key, {found['KeyState']}; wanted {spec.value}")
    _check_ours(kms, alias, found, policy)
    return load_key(kms, found["Arn"]), found["Arn"], made


def _check_ours(kms: KMSClient, alias: str, found: dict[str, Any], policy: str | None) -> None:
    """A key that somebody laid in our way would sign for them as well: its secret must have been born in
    this KMS and stayed there, and its policy must be the one that we would have given it."""
    if found.get("Origin") != "AWS_KMS" or found.get("MultiRegion") or found.get("KeyManager") == "AWS":
        raise BadCeremony(f"{alias} is not a key that was made in this KMS, for this region alone")
    if policy is None:
        return
    stands = json.loads(kms.get_key_policy(KeyId=found["KeyId"], PolicyName="default")["Policy"])
    if stands != json.loads(policy):
        raise BadCeremony(f"{alias} has another policy than the configuration gives it")


def _described(kms: KMSClient, key: str) -> dict[str, Any] | None:
    try:
        return dict(kms.describe_key(KeyId=key)["KeyMetadata"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


def _make(kms: KMSClient, alias: str, spec: KeyType, policy: str | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {"Policy": policy} if policy else {}
    made = kms.create_key(
        KeySpec=spec.value, KeyUsage="SIGN_VERIFY", Description=alias, MultiRegion=False, **arguments
    )
    return dict(made["KeyMetadata"])


def _unnamed(kms: KMSClient, alias: str) -> dict[str, Any] | None:
    """A key that a run made and crashed before naming: its description is the alias."""
    named = {
        entry.get("TargetKeyId")
        for page in kms.get_paginator("list_aliases").paginate()
        for entry in page["Aliases"]
    }
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            if key["KeyId"] in named:
                continue
            found = _described(kms, key["KeyId"])
            if found and found.get("Description") == alias and found["KeyState"] == "Enabled":
                return found
    return None
