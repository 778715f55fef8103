"""The packaged template deployed into a local cloud, and driven over HTTP (`make deployed`).

The ceremony and the officer's appointment go through the deployed functions by Lambda Invoke, the door that
is used in AWS; what citizens do goes over HTTP. Officers' routes need mutual TLS, which ministack does not
have: those requests go to the deployed function in the event that API Gateway would make of them.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.aws.functions import SCHEDULED, LambdaFunctions
from chalicelib.settings import read_settings
from infra.local.deployer import REGION, Deployer, read_template
from infra.package.check import TOOLS
from tests.deployment.shape import OWN, ROLES, RealClock
from tests.deployment.stack import CREDENTIALS, STAGE, Gate, Stack, deployed_stack, wait_until, warm
from tests.journeys import test_letter as letters
from tests.journeys import test_video as videos
from tests.support import world as support
from tests.support.citizens import Person, activation_code, register
from tests.support.client import Client
from tests.support.world import CEREMONY, Phone, World, make_world

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
    phone = Phone(
        lambda: [(each.to, each.text) for each in stack.phone.received() if each.channel == "sms"],
        lambda: [
            SimpleNamespace(body=each.text) for each in stack.phone.received() if each.channel == "email"
        ],
    )
    here = make_world(
        functions=LambdaFunctions(),
        clock=RealClock(),
        phone=phone,
        settings=read_settings({**OWN, "AWS_REGION": REGION}),
        ceremony=ceremony,
    )
    warm(stack.endpoint, {"status": {}})
    gate: Any = Gate(stack, here.cloud)
    officer = Client(gate, source=here.officer.source, certificate=here.officer.certificate)
    officer.token = here.officer.token
    return World(here.cloud, gate, here.clock, phone, officer, Client(gate))


def test_everything_that_it_knows_is_made(stack: Stack) -> None:
    assert stack.resources > 85
    assert stack.functions[f"clavero-{STAGE}-authority"] == "app.call_authority"
    assert len(stack.functions) == 8


def test_the_transform_keeps_what_closes_the_doors(stack: Stack) -> None:
    """As CloudFormation would execute it: no way around our names, and every limit of a method."""
    template = boto3.client("s3", region_name=REGION).get_object(Bucket="packages", Key="template.json")
    resources = json.loads(template["Body"].read())["Resources"]
    body = resources["RestAPI"]["Properties"]["Body"]
    assert body["x-amazon-apigateway-endpoint-configuration"] == {"disableExecuteApiEndpoint": True}
    (stage,) = [each for each in resources.values() if each["Type"] == "AWS::ApiGateway::Stage"]
    assert len(stage["Properties"]["MethodSettings"]) == 14


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


def test_a_certificate_over_http(stack: Stack, world: World) -> None:
    """Identified, downloaded, its status asked, revoked, its status asked again; CRL and issuer fetched."""
    for path in ("/", "/problems", "/openapi.json", "/v1/registration-points"):
        assert world.citizen.get(path).status == 200
    wrong = world.download("AAAAAAAAAA")
    assert (wrong.status, wrong.slug) == (422, "code-not-accepted")
    assert wrong.headers["content-type"] == "application/problem+json"

    answer = world.download(world.code_for())
    assert answer.status == 200, answer.body
    certificate, issuer = x509.load_pem_x509_certificates(answer.body)
    certificate.verify_directly_issued_by(issuer)

    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()
    der = asked.public_bytes(Encoding.DER)

    def status() -> ocsp.OCSPCertStatus:
        told = world.citizen.post("/ocsp", der, content_type="application/ocsp-request")
        return ocsp.load_der_ocsp_response(told.body).certificate_status

    assert status() is ocsp.OCSPCertStatus.GOOD
    revoked = world.revoke(certificate)
    assert revoked.status == 200, revoked.body
    assert status() is ocsp.OCSPCertStatus.REVOKED

    run_job("publish_crls")
    name = support.issuer_id(certificate)
    shard = certificate.serial_number % 4
    published = x509.load_der_x509_crl(world.citizen.get(f"/crl/{name}/{shard:03d}.crl").body)
    assert published.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert published.get_revoked_certificate_by_serial_number(certificate.serial_number)
    served = world.citizen.get(f"/ca/{name}.cer")
    assert x509.load_der_x509_certificate(served.body) == issuer


def run_job(job: str) -> None:
    """As the schedule does."""
    lambda_ = boto3.client("lambda", region_name=REGION)
    lambda_.invoke(FunctionName=f"clavero-{STAGE}-{job}", Payload=json.dumps(SCHEDULED))


def test_a_citizen_registered_at_an_office(stack: Stack, world: World) -> None:
    """PIN, password, what I can; and out everywhere."""
    person = register(world, 40)
    session = person.log_in_with_pin()
    assert session.get("/v1/me").json["level"] == "advanced"
    assert session.get("/v1/me/can").status == 200
    assert person.activate().status == 204
    assert person.try_password("wrong wrong wrong").status == 401
    session = person.logged_in(person.try_password())
    assert session.get("/v1/me/sessions").status == 200
    assert session.send("DELETE", "/v1/me/sessions").status == 204
    assert session.get("/v1/me").status == 401


def test_a_citizen_registered_by_letter(stack: Stack, world: World) -> None:
    """Asked for, written by the deployed function, fetched from the bucket, typed in; then a PIN."""
    nif = support.another_person(42)["nif"]
    letters.enter(world, nif=nif)
    assert letters.ask(world, nif=nif).status == 202
    s3, bucket = world.cloud.s3, world.cloud.settings.private_bucket

    def lying_ready() -> list[Any]:
        return s3.list_objects_v2(Bucket=bucket, Prefix="post/").get("Contents", [])

    def written() -> bool:
        """At once, or, if the store was too slow for that, by the schedule a minute later."""
        run_job("send_outbox")
        return bool(lying_ready())

    wait_until(written, seconds=180)
    (entry,) = lying_ready()
    letter = s3.get_object(Bucket=bucket, Key=entry["Key"])
    assert letter["ObjectLockMode"] == "GOVERNANCE"
    assert letters.register(world, "0000-0000-0000-0000", nif=nif).slug == "letter-not-accepted"
    code, mobile = letters.code_in(letter["Body"].read()), "+34699000042"
    done = letters.register(world, code, nif=nif, mobile=mobile)
    assert done.status == 201, done.body
    assert done.json["level"] == "basic"
    person = Person(world, {"nif": nif, "mobile": mobile}, activation_code(done), Client(world.app))
    assert person.log_in_with_pin().get("/v1/me").json["level"] == "basic"


def test_a_citizen_registered_by_video(stack: Stack, world: World) -> None:
    """The files go by the signed forms to the store itself; two officers accept; the evidence is locked."""
    s3, bucket = world.cloud.s3, world.cloud.settings.private_bucket
    # What the template says, and ministack's CloudFormation leaves out.
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    nif = support.another_person(43)["nif"]
    letters.enter(world, nif=nif)
    opened = videos.open_case(world, nif=nif, mobile="+34699000043")
    assert opened.status == 201, opened.body
    contents = {"front": videos.JPEG, "back": videos.JPEG, "video": videos.mp4(40)}
    for form in opened.json["uploads"]:
        assert post_form(form["url"], form["fields"], contents[form["name"]]) in {200, 201, 204}
    submitted = videos.case_call(world, opened, "submission")
    assert submitted.status == 202, submitted.body
    assert videos.review(world, world.officer, opened, "accept").json["state"] == "waiting"
    certificate = support.appoint(world.cloud, "officer-2", support.POINT)
    second = support.log_in(world.app, certificate)
    assert videos.review(world, second, opened, "accept").json["state"] == "accepted"
    for name in contents:
        kept = s3.get_object_retention(Bucket=bucket, Key=f"video/{opened.json['case']}/{name}")["Retention"]
        assert kept["Mode"] == "GOVERNANCE"
        assert kept["RetainUntilDate"].year == world.clock().year + 15
    assert videos.case_call(world, opened, "receipts").json["level"] == "advanced"


def post_form(url: str, fields: dict[str, str], content: bytes) -> int:
    """What a browser sends: every field, and the file last."""
    boundary = "one-part-and-the-next"
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts.append(('name="file"; filename="file"', content))
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {told}\r\n\r\n".encode() + value + b"\r\n"
        for told, value in parts
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(url, body + f"--{boundary}--\r\n".encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return int(answer.status)


def test_nobody_comes_in_without_a_certificate_or_a_session(stack: Stack, world: World) -> None:
    """Over HTTP no certificate is seen, whatever a header says."""
    certificate = (world.officer.certificate or "").replace("\n", " ")
    more = {"X-Client-Cert": certificate, "X-Amzn-Mtls-Clientcert": certificate}
    answer = stack.send("POST", "/v1/officer-sessions", more=more)
    assert (answer.status, answer.slug) == (401, "client-certificate-required")
    token = {"Authorization": f"Bearer {world.officer.token}"}
    answer = stack.send("GET", f"{world.point}/video-cases", more=token)
    assert (answer.status, answer.slug) == (401, "client-certificate-required")
    assert stack.send("GET", "/v1/me", more=token).status == 401


def test_how_much_was_asked(stack: Stack, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f"\n{stack.resources} resources deployed, {stack.requests} HTTP requests, "
            f"{stack.invocations} with a client certificate by Lambda Invoke"
        )
    assert stack.requests > 30
    assert stack.invocations > 6
