"""The packaged template as a CloudFormation stack in ministack, its API reached over HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app import app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import SCHEDULED
from infra.local.deployer import REGION
from infra.local.phone import Phone as LocalPhone
from infra.package import template
from infra.package.check import TOOLS
from tests.support.client import Answer

STAGE = "dev"
NAME = "clavero"
# ministack does not know these; each stands beside what is tested here and not beneath it.
UNKNOWN = {
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudTrail::Trail",
    "AWS::Logs::MetricFilter",
    "AWS::WAFv2::WebACLAssociation",
}
PARAMETERS = {
    "PracticeUrl": "https://www.clavero.es",
    "PolicyArc": "1.3.6.1.4.1.32473.1",
    "HelpPhone": "900 123 456",
    "EmailDomain": "clavero.es",
    "EmailSender": "no-reply@clavero.es",
    "ApiDomain": "api.clavero.es",
    "ApiCertificateArn": f"arn:aws:acm:{REGION}:000000000000:certificate/api",
    "OfficersDomain": "officers.clavero.es",
    "StatusDomain": "status.clavero.es",
    "StatusCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/status",
    "AlarmEmail": "operators@clavero.es",
}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}

KEYS: dict[str, Any] = {
    "region_name": REGION,
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}


@dataclass
class Stack:
    """What was deployed, and how to reach it."""

    port: int
    api: str
    resources: int
    functions: dict[str, str]
    phone: LocalPhone
    requests: int = 0
    invocations: int = 0
    """Of the public function, with a client certificate in the event."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request to the API's own address."""
        self.requests += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {
            "Accept": "*/*",
            **({"Content-Type": content_type} if content_type else {}),
            **(more or {}),
        }
        connection.request(method, f"/restapis/{self.api}/live/_user_request_{path}", body, headers)
        reply = connection.getresponse()
        answer = Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        connection.close()
        return answer


class Gate:
    """What stands before the app for a test's clients: HTTP, or for a client certificate the function itself.

    ministack has no mutual TLS. So a request with a certificate goes by Lambda Invoke to the deployed public
    function, in the event that API Gateway would make of it; every other one goes over HTTP.
    """

    def __init__(self, stack: Stack, cloud: Cloud) -> None:
        self.routes, self.table, self.cloud, self._stack = app.routes, app.table, cloud, stack

    def __call__(self, event: dict[str, Any], _context: Any) -> Any:
        heard = len(self._stack.phone.received())
        route = event["resource"]
        if "clientCert" in event["requestContext"]["identity"]:
            self._stack.invocations += 1
            reply = self.cloud.lambda_.invoke(
                FunctionName=f"clavero-{STAGE}-api_handler", Payload=json.dumps(event).encode()
            )
            answer = json.loads(reply["Payload"].read())
            assert "FunctionError" not in reply, answer
        else:
            answer = self._over_http(event)
        if route in SENDS_A_CODE and answer["statusCode"] < 300:
            wait_until(lambda: len(self._stack.phone.received()) > heard)
        return answer

    def _over_http(self, event: dict[str, Any]) -> dict[str, Any]:
        query = event["queryStringParameters"]
        path = quote(event["path"]) + (f"?{urlencode(query)}" if query else "")
        headers = {name: value for name, value in event["headers"].items() if name in PASSED_ON}
        body = base64.b64decode(event["body"]) if event["body"] else None
        answer = self._stack.send(event["httpMethod"], path, body, more=headers)
        return {
            "statusCode": answer.status,
            "headers": answer.headers,
            "body": base64.b64encode(answer.body).decode(),
            "isBase64Encoded": True,
        }


SENDS_A_CODE = {"/v1/pins", "/v1/passwords/activations", "/v1/passwords/recoveries"}
"""Routes that leave the sending to another function: their answer must not tell whether there is any."""
PASSED_ON = {"Authorization", "Content-Type", "Idempotency-Key"}


def wait_until(happened: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for what another function does."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@contextmanager
def deployed_stack(package: Path, folder: Path) -> Iterator[Stack]:
    """Deploy the package's template, for the duration of a block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        **CREDENTIALS,
    }
    with (folder / "cloud.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.deployment.cloud_with_phone", str(folder / "phone.jsonl")],
            cwd=template.PROJECT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port)
        yield _deploy(port, package, folder)
    finally:
        process.terminate()
        process.wait(30)


def _deploy(port: int, package: Path, folder: Path) -> Stack:
    endpoint = f"http://127.0.0.1:{port}"

    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=endpoint, **KEYS)  # type: ignore[call-overload]

    s3 = client("s3")
    s3.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.upload_file(str(package), "packages", "clavero.zip")
    described = known_part(transformed(folder))
    s3.put_object(Bucket="packages", Key="template.json", Body=json.dumps(described))
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=NAME,
        TemplateURL=f"{endpoint}/packages/template.json",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    state = ""
    for _ in range(200):
        state = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
        if not state.endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    if state != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        raise AssertionError([each for each in events if "FAILED" in each["ResourceStatus"]])
    api = client("apigateway").get_rest_apis()["items"][0]["id"]
    # Not status: it would remember for minutes that there are no issuers.
    warm(endpoint, {"authority": {"operation": "none"}, "send_outbox": SCHEDULED, "api_handler": {}})
    functions = {
        each["FunctionName"]: each["Handler"] for each in client("lambda").list_functions()["Functions"]
    }
    return Stack(port, api, len(described["Resources"]), functions, LocalPhone(folder / "phone.jsonl"))


def warm(endpoint: str, first: Mapping[str, dict[str, Any]]) -> None:
    """Start functions with a first call: on a busy machine it takes longer than a caller waits."""
    config = Config(read_timeout=300, retries={"max_attempts": 0})
    lambda_ = boto3.client("lambda", endpoint_url=endpoint, config=config, **KEYS)

    def answers(function: str, payload: dict[str, Any]) -> bool:
        name, event = f"clavero-{STAGE}-{function}", json.dumps(payload).encode()
        try:
            said: bytes = lambda_.invoke(FunctionName=name, Payload=event)["Payload"].read()
        except (BotoCoreError, ClientError):
            return False
        return b"timed out" not in said

    for function, payload in first.items():
        wait_until(partial(answers, function, payload), seconds=300)


def transformed(folder: Path) -> dict[str, Any]:
    """The template of a stage as CloudFormation would execute it."""
    source, target = folder / "template.yaml", folder / "transformed.json"
    source.write_text(template.text(template.build(STAGE, "arm64", "./clavero.zip")))
    script = template.PROJECT / "infra" / "package" / "transform.py"
    subprocess.run([str(TOOLS / "python"), str(script), str(source), str(target)], check=True)
    made: dict[str, Any] = json.loads(target.read_text())
    return made


def known_part(described: dict[str, Any]) -> dict[str, Any]:
    """Without what ministack does not know, and what points at it."""
    resources = described["Resources"]
    gone = {
        name
        for name, each in resources.items()
        if each["Type"] in UNKNOWN or "Metrics" in each.get("Properties", {})  # alarms on metric math
    }
    resources = {name: each for name, each in resources.items() if name not in gone}
    statements = resources["StatusBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    statements[:] = [each for each in statements if "StatusNetwork" not in json.dumps(each)]
    resources["RestAPI"]["Properties"]["BinaryMediaTypes"] = ["*/*"]  # it reads them here only
    for each in resources.values():
        if each["Type"] == "AWS::Lambda::Function":
            each["Properties"]["Timeout"] = 300  # a busy machine starts a function slower than AWS does
    outputs = {
        name: each
        for name, each in described["Outputs"].items()
        if not any(g in json.dumps(each) for g in gone)
    }
    return {**described, "Resources": resources, "Outputs": outputs}


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("ministack did not start")
