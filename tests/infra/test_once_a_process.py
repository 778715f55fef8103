"""What tests remember for the life of a process is what would be made anew."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader, Loader
from moto import mock_aws

from infra.local.deployer import REGION
from tests.support import once_a_process
from tests.support.world import fake_credentials


class EachTime(JSONFileLoader):
    """Reads a file whenever it is asked to."""

    load_file = once_a_process._load_file


def as_read(description: dict[str, Any]) -> dict[str, Any]:
    """With the addresses of S3's operations as in the file: botocore takes the bucket out of each, once, when
    it is first called, and keeps what it was to be signed. Who has called it before calls it the same."""
    operations = {}
    for name, operation in description.get("operations", {}).items():
        http = dict(operation["http"])
        if http.pop("authPath", None):
            http["requestUri"] = "/{Bucket}" + http["requestUri"]
        operations[name] = {**operation, "http": http}
    return {**description, "operations": operations}


WITH_EXTRAS = {"service-2", "paginators-1"}
SERVICES = ("dynamodb", "kms", "lambda", "s3", "ses", "sns", "sts")


@pytest.mark.parametrize("region", [REGION, "us-gov-west-1", "cn-north-1"])
def test_clients_of_many_regions_leave_the_descriptions_as_they_were_read(region: str) -> None:
    fake_credentials()
    with mock_aws():
        session = boto3.session.Session(region_name=region)
        for service in SERVICES:
            session.client(service)  # type: ignore[call-overload]
        session.client("kms").list_keys()
        session.client("dynamodb").get_waiter("table_exists")
        session.client("dynamodb").get_paginator("scan")
    loader = Loader(file_loader=EachTime())
    read = {path: content for path, content in once_a_process.descriptions.items() if content is not None}
    assert len(read) > len(SERVICES)
    for path, content in read.items():
        _, service, _, name = path.rsplit("/", 3)
        if name in WITH_EXTRAS:  # merged into it whenever it is loaded
            assert as_read(content) == as_read(loader.load_service_model(service, name)), path
        else:
            assert content == loader.file_loader.load_file(path), path


def test_a_key_that_signs_is_never_shared() -> None:
    fake_credentials()
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        made = [
            kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            for spec in ("ECC_NIST_P256", "RSA_2048")
            for _ in range(2)
        ]
        assert len({kms.get_public_key(KeyId=key)["PublicKey"] for key in made}) == 4
