"""The packaged template deployed into a local cloud, and driven over HTTP (`make deployed`).

The ceremony and the officer's appointment go through the deployed functions by Lambda Invoke, the door that
is used in AWS; downloads, status and errors go over HTTP. Officers' routes need mutual TLS, which ministack
does not have: tests/deployment/test_runtime.py has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.aws.functions import SCHEDULED, LambdaFunctions
from chalicelib.registry.staff import appoint_officer
from chalicelib.settings import read_settings
from infra.local.deployer import REGION, Deployer, read_template
from infra.package.check import TOOLS
from tests.deployment.shape import CEREMONY, OWN, ROLES, RealClock
from tests.deployment.stack import CREDENTIALS, STAGE, Stack, deployed_stack
from tests.support import world as support
from tests.support.client import Answer
from tests.support.world import Phone, World, make_world, new_csr

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.skipif(not TOOLS.exists(), reason="needs `make .tools/lint/installed`"),
]


@pytest.fixture(scope="module")
def stack(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        deployed_stack(package, tmp_path_factory.mktemp("stack")) as stack,
        pytest.MonkeyPatch.context() as set_,
    ):
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": stack.endpoint}.items():
            set_.setenv(name, value)
        yield stack


@pytest.fixture(scope="module")
def world(stack: Stack) -> World:
    """An authority in the stack, its ceremony held by the functions that were deployed."""
    ceremony = CEREMONY.replace('stage = "test"', f'stage = "{STAGE}"').replace("[root]", ROLES + "[root]")
    return make_world(
        functions=LambdaFunctions(),
        clock=RealClock(),
        phone=Phone(list, list),
        settings=read_settings({**OWN, "AWS_REGION": REGION}),
        ceremony=ceremony,
    )


def test_everything_that_it_knows_is_made(stack: Stack) -> None:
    assert stack.resources > 85
    assert stack.functions[f"clavero-{STAGE}-authority"] == "app.call_authority"
    assert len(stack.functions) == 6


def test_the_local_deployer_makes_the_same_tables(stack: Stack) -> None:
    """It reads the same file, but in its own way."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    deployer = Deployer(STAGE)
    for resource in read_template().values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            wanted = resource["Properties"]
            made = dynamodb.describe_table(TableName=deployer.resolve(wanted["TableName"]))["Table"]
            assert made["KeySchema"] == wanted["KeySchema"]
            assert len(made.get("GlobalSecondaryIndexes", [])) == len(
                wanted.get("GlobalSecondaryIndexes", [])
            )


def test_a_certificate_over_http(stack: Stack, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A code is granted, a certificate downloaded, its status asked, its CRL and its issuer fetched."""
    for path in ("/", "/problems", "/openapi.json", "/v1/registration-points"):
        assert stack.send("GET", path).status == 200
    wrong = download(stack, "AAAAAAAAAA")
    assert (wrong.status, wrong.slug) == (422, "code-not-accepted")
    assert wrong.headers["content-type"] == "application/problem+json"

    answer = download(stack, _code(world))
    assert answer.status == 200, answer.body
    certificate, issuer = x509.load_pem_x509_certificates(answer.body)
    certificate.verify_directly_issued_by(issuer)

    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()
    told = stack.send("POST", "/ocsp", asked.public_bytes(Encoding.DER), "application/ocsp-request")
    assert ocsp.load_der_ocsp_response(told.body).certificate_status is ocsp.OCSPCertStatus.GOOD

    boto3.client("lambda", region_name=REGION).invoke(
        FunctionName=f"clavero-{STAGE}-publish_crls", Payload=json.dumps(SCHEDULED)
    )
    name = support.issuer_id(certificate)
    shard = certificate.serial_number % 4
    published = stack.send("GET", f"/crl/{name}/{shard:03d}.crl")
    assert x509.load_der_x509_crl(published.body).is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    served = stack.send("GET", f"/ca/{name}.cer")
    assert x509.load_der_x509_certificate(served.body) == issuer
    with capsys.disabled():
        print(f"\n{stack.resources} resources deployed, {stack.requests} HTTP requests")


def download(stack: Stack, code: str) -> Answer:
    body = json.dumps({"code": code, "csr": new_csr()}).encode()
    return stack.send("POST", "/v1/certificates", body, "application/json")


def _code(world: World) -> str:
    """A generation code on another officer's appointment: evidence that needs no telephone."""
    appoint_officer(world.cloud, support.appointment("officer-2", support.POINT), "operator:test")
    granted = world.cloud.invoke(
        "authority", {"operation": "grant", "subject": "appointment:officer-2", "actor": "operator:test"}
    )
    return str(granted["code"])
