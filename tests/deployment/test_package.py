"""What is deployed: one zip, the same octets from the same sources, and a template that fits the code."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.errors import Problem
from chalicelib.notices.outbox import LETTER_KEPT
from chalicelib.registry.video import evidence
from chalicelib.settings import Settings
from infra.package import cloudformation, sbom, template, wheels
from infra.package.__main__ import build_zip
from infra.package.functions import logical_id, role_id

FUNCTIONS = template.functions()


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    try:
        return wheels.fetch("arm64", tmp_path_factory.mktemp("wheels"))
    except subprocess.CalledProcessError:
        pytest.skip("the package index does not answer, or lacks a wheel: `make package` says which")


@pytest.fixture(scope="module")
def built(fetched: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("first") / "clavero.zip"
    build_zip(fetched, target)
    return target


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return template.build("prod", "arm64", "./clavero.zip")


def test_two_builds_are_one(fetched: list[Path], built: Path, tmp_path: Path) -> None:
    again = tmp_path / "clavero.zip"
    build_zip(fetched, again)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(built.read_bytes()).digest()


def test_two_templates_are_one(made: dict[str, Any]) -> None:
    assert template.text(template.build("prod", "arm64", "./clavero.zip")) == template.text(made)


def test_the_zip_holds_what_runs_compiled_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(built) as opened:
        names = set(opened.namelist())
        compiled = opened.read("chalicelib/__pycache__/settings.cpython-311.pyc")
    assert "app.py" in names
    assert "chalicelib/pki/issuance.py" in names
    assert not {name.split("/")[0] for name in names} & {"boto3", "pip", "pytest", "moto", "tests", "infra"}
    # PEP 552: bit 0 says hash-based, bit 1 (not set) would have the source checked at every import.
    assert int.from_bytes(compiled[4:8], "little") == 1
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/")}
    assert {name for name in services if "." not in name} == {"dynamodb", "kms", "lambda", "s3", "ses", "sns"}
    assert built.stat().st_size < 50 * 1024 * 1024, "the limit of a deployment package"


def test_wheels_fit_the_c_library_of_the_runtime(fetched: list[Path]) -> None:
    """python3.11 on Lambda has glibc 2.26; a wheel for a later one would fail at import, there only."""
    native = [wheel.name for wheel in fetched if not wheel.name.endswith("none-any.whl")]
    assert native
    for name in native:
        tags = name.removesuffix(".whl").split("-")[-1].split(".")
        assert set(tags) & {*wheels.platforms("arm64"), "manylinux2014_aarch64"}, name


def test_the_bill_of_materials_names_every_wheel(fetched: list[Path], built: Path) -> None:
    document = json.loads(sbom.describe(fetched, ["chalice"], built, "0"))
    assert document["specVersion"] == "1.6"
    purls = {each["purl"].split("@")[0] for each in document["components"]}
    assert len(purls) == len(fetched) + 1
    assert {"pkg:pypi/cryptography", "pkg:pypi/chalice", "pkg:pypi/botocore"} <= purls
    assert all(each.get("hashes") for each in document["components"] if each["name"] != "chalice")


def test_functions_and_roles_have_the_names_that_the_code_calls(made: dict[str, Any]) -> None:
    assert {"authority", "status", "publish_crls"} <= set(FUNCTIONS)
    for function in FUNCTIONS:
        name = {"Fn::Sub": f"clavero-${{Stage}}-{function}"}
        assert made["Resources"][logical_id(function)]["Properties"]["FunctionName"] == name
        assert made["Resources"][role_id(function)]["Properties"]["RoleName"] == name
        policies = made["Resources"][role_id(function)]["Properties"]["Policies"]
        written = json.loads((template.PROJECT / ".chalice" / f"policy-{function}.json").read_text())
        for statement in written["Statement"]:
            del statement["Sid"]
        assert [each["PolicyDocument"] for each in policies] == [written]
    assert Settings(stage="prod").prefix == "clavero-prod-"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_is_no_longer_than_IAM_takes_in_any_region(made: dict[str, Any], function: str) -> None:
    """The policies of a role have 10,240 characters together, without white space (IAM quotas)."""
    policies = made["Resources"][role_id(function)]["Properties"]["Policies"]
    text = json.dumps([each["PolicyDocument"] for each in policies], separators=(",", ":"))
    for name, value in (("Partition", "aws"), ("Region", "ap-southeast-2"), ("AccountId", "0" * 12)):
        text = text.replace(f"${{AWS::{name}}}", value)
    assert len(re.sub(r'\{"Fn::Sub":("[^"]*")\}', r"\1", text).replace("${Stage}", "prod")) < 10_240


def test_lambda_finds_every_handler(made: dict[str, Any]) -> None:
    """A handler that is no attribute of its module fails at the first call, in AWS only."""
    for function in FUNCTIONS:
        module, _, name = made["Resources"][logical_id(function)]["Properties"]["Handler"].partition(".")
        assert callable(getattr(importlib.import_module(module), name)), function


def test_every_setting_is_set(made: dict[str, Any]) -> None:
    variables = set(made["Globals"]["Function"]["Environment"]["Variables"])
    own = {item.metadata["env"] for item in Settings.__dataclass_fields__.values()}
    assert variables == own - {"AWS_REGION"}, "Lambda sets the region itself"


def test_every_route_is_in_the_template(made: dict[str, Any]) -> None:
    paths = made["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    assert {(path, method.lower()) for path, methods in app.routes.items() for method in methods} == {
        (path, method) for path, methods in paths.items() for method in methods
    }


def test_the_gateway_answers_in_our_form(made: dict[str, Any]) -> None:
    """Where a problem of ours has the same name, its title and status are ours too."""
    kinds = {kind.slug: kind for kind in Problem.kinds()}
    responses = made["Resources"]["RestAPI"]["Properties"]["DefinitionBody"][
        "x-amazon-apigateway-gateway-responses"
    ]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "THROTTLED"} <= set(responses)
    for response in responses.values():
        types = response["responseParameters"]["gatewayresponse.header.Content-Type"]
        assert types == "'application/problem+json'"
        body = response["responseTemplates"]["application/json"]
        told = json.loads(body["Fn::Sub"] if isinstance(body, dict) else body)
        if slug := told.get("slug"):
            assert (told["title"], told["status"]) == (kinds[slug].title, kinds[slug].status)
            assert told["type"] == f"https://${{ApiDomain}}/problems/{slug}"
            assert response["statusCode"] == kinds[slug].status


def test_logs_of_the_gateway_hold_nobody(made: dict[str, Any]) -> None:
    written = made["Resources"]["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    for personal in ("identity", "sourceIp", "context.path", "authorizer", "userAgent", "input"):
        assert personal not in written


def test_what_holds_evidence_survives_the_stack(made: dict[str, Any]) -> None:
    kept = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
    for name, resource in made["Resources"].items():
        if resource["Type"] in kept:
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            assert properties["DeletionProtectionEnabled"], name
            assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
            assert properties["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


def test_letters_and_evidence_have_a_key_and_locks_that_fit_their_lives(made: dict[str, Any]) -> None:
    """docs/adr/0019: the lock comes with the decision, so the bucket has none by default."""
    bucket = made["Resources"]["PrivateBucket"]["Properties"]
    assert bucket["ObjectLockEnabled"] is True
    assert "ObjectLockConfiguration" not in bucket
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    told = rule["ServerSideEncryptionByDefault"]
    assert (told["SSEAlgorithm"], told["KMSMasterKeyID"]) == (
        "aws:kms",
        {"Fn::GetAtt": ["PrivateKey", "Arn"]},
    )
    assert rule["BucketKeyEnabled"] is False, "policies tell letters from evidence by the object's name"
    lives = {each["Id"]: each.get("ExpirationInDays") for each in bucket["LifecycleConfiguration"]["Rules"]}
    assert lives["letters"] == LETTER_KEPT.days
    assert lives["accepted-videos"] == evidence.KEPT.days
    statements = made["Resources"]["PrivateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    denied = {each["Sid"]: each["Condition"] for each in statements if each["Effect"] == "Deny"}
    longest = denied["NoLongerLock"]["NumericGreaterThan"]["s3:object-lock-remaining-retention-days"]
    assert longest == evidence.KEPT.days + 1
    for sid, key in (
        ("NoOtherEncryption", "s3:x-amz-server-side-encryption"),
        ("NoOtherKey", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    ):
        assert denied[sid]["Null"] == {key: "false"}, "who says nothing is not denied"
        assert key in denied[sid]["StringNotEquals"]


def test_what_a_key_protects_is_kept_with_it(made: dict[str, Any]) -> None:
    for name, resource in made["Resources"].items():
        if resource["Type"] == "AWS::KMS::Key" and name != "AlarmKey":
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name
            assert resource["Properties"]["PendingWindowInDays"] == 30, name


def test_two_files_cannot_say_different_things_of_one_resource() -> None:
    with pytest.raises(cloudformation.Clash):
        cloudformation.merged({"A": {"Type": "x"}}, {"A": {"Type": "y"}})
