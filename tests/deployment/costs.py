"""What an operation costs: its counted calls, at dated prices (`python -m tests.deployment.costs`).

Capacity is counted as DynamoDB bills it: a write by the kilobyte, doubled in a transaction, and once more for
each index; a read by four kilobytes. Sizes are those of the rows that the journey left, by table.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from chalicelib.aws.functions import SCHEDULED
from infra.local.deployer import REGION, read_template
from infra.local.gateway import Context
from infra.package.template import PROJECT
from tests.deployment.journeys import run_jobs
from tests.deployment.recorder import Recorder
from tests.support.citizens import CONTRAST, Person, register
from tests.support.client import Answer
from tests.support.moto_state import moto_cloud
from tests.support.world import World, another_person, issuer_id, make_world, new_csr, person

PRICES_OF = "2025-11"
"""List prices of eu-west-1 in US dollars, from memory of AWS's pages of that month: check before a budget."""
PRICES = {
    "API Gateway request": 3.50e-6,
    "WAF request": 0.60e-6,
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 13.3334e-6,
    "DynamoDB write unit": 0.705e-6,
    "DynamoDB read unit": 0.1415e-6,
    "KMS Sign (ECC)": 15e-6,
    "KMS other": 3e-6,
    "S3 PUT": 5e-6,
    "S3 GET": 0.4e-6,
    "SES e-mail": 100e-6,
    "SNS text message to Spain": 0.07,
    "Logs GB": 0.57,
}
# Milliseconds that Lambda bills: our CPU on its slower processor, and so much for each call to AWS.
ASSUMED_CPU_MS = {"api_handler": 15, "authority": 25, "status": 10, "publish_crls": 15, "send_outbox": 10}
PER_CALL_MS = 10
PIN_LOG_IN, PASSWORD_LOG_IN = "log-in with a PIN, asked for and typed", "log-in with a password"
# Argon2id: 60 ms of a whole processor (docs/performance.md), of which 1,024 MB are given 58 %.
MORE_CPU_MS = {PASSWORD_LOG_IN: 105}
REQUESTS = {PIN_LOG_IN: 2}
"""Of what is more than one request over HTTP."""
LOG_BYTES = 900  # a line of ours, with what Lambda writes about each run


@dataclass
class Bill:
    """Units of one operation, by the name of their price."""

    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def dollars(self, *, without: str = "") -> float:
        return sum(PRICES[name] * count for name, count in self.units.items() if name != without)


def operations(world: World) -> dict[str, Callable[[], Any]]:
    """What is priced, each prepared so that it does its work once when called."""
    number = iter(range(100, 200))
    code = world.code_for(**another_person(next(number)))
    good = world.certificate_of(**another_person(next(number)))
    bad = world.certificate_of()
    maria = register(world, next(number))
    owner = register(world, next(number))
    assert owner.activate().status == 204
    world.clock.turn(minutes=2)
    _run(world, "send_outbox")  # what was made here has left to send
    issuer = issuer_id(good)
    ca = x509_of(world, issuer)
    asked = ocsp.OCSPRequestBuilder().add_certificate(good, ca, hashes.SHA1()).build()
    der = asked.public_bytes(serialization.Encoding.DER)

    def status() -> Any:
        return world.citizen.post("/ocsp", der, content_type="application/ocsp-request")

    return {
        "registration in person, and the text message that welcomes": lambda: _register(world, next(number)),
        PIN_LOG_IN: lambda: _log_in_with_pin(maria),
        PASSWORD_LOG_IN: owner.try_password,
        "identification with a code by text message": lambda: world.identify(**another_person(next(number))),
        "certificate, and the e-mail that tells of it": lambda: _download(world, code),
        "OCSP answer, signed": status,
        "OCSP answer, kept": status,
        "revocation, its e-mail and its CRL": lambda: world.revoke(bad),
        "run that finds no CRL due": lambda: _run(world, "publish_crls"),
        "refresh of four CRLs": lambda: _refresh(world),
    }


def _download(world: World, code: str) -> Answer:
    answer = world.download(code, new_csr())
    world.clock.turn(minutes=2)
    _run(world, "send_outbox")
    return answer


def _register(world: World, number: int) -> Answer:
    body = {"identification": person(**another_person(number)), "contrast": CONTRAST}
    answer = world.officer.post(f"{world.point}/registrations", body, key="new")
    world.clock.turn(minutes=2)
    _run(world, "send_outbox")
    return answer


def _log_in_with_pin(who: Person) -> Answer:
    request = who.ask_pin().json["request"]
    return who.client.post("/v1/sessions/pin", {"request": request, "pin": who.code()})


def _refresh(world: World) -> None:
    world.clock.turn(hours=7)
    _run(world, "publish_crls")


def _run(world: World, job: str) -> None:
    world.app.handler_map[job](SCHEDULED, Context("0", function_name=job))


def x509_of(world: World, issuer: str) -> Any:
    return x509.load_der_x509_certificate(world.citizen.get(f"/ca/{issuer}.cer").body)


def bills() -> dict[str, Bill]:
    """Every operation, priced."""
    recorder = Recorder()
    with moto_cloud():
        world = recorder.watch(make_world())
        priced: dict[str, Bill] = {}
        run_jobs(world)
        for name, act in operations(world).items():
            begun, calls = len(recorder.raw), recorder.raw
            answer = act()
            assert answer is None or answer.status < 300, answer.body
            requests = REQUESTS.get(name, 1) if answer is not None else 0
            priced[name] = _bill(calls[begun:], _sizes(), requests=requests, more_ms=MORE_CPU_MS.get(name, 0))
    return priced


def _bill(
    calls: list[tuple[str, str, str, dict[str, Any]]], sizes: dict[str, int], *, requests: int, more_ms: float
) -> Bill:
    bill = Bill()
    units = bill.units
    running_ms: dict[str, float] = defaultdict(float)
    if requests:
        units["API Gateway request"] = units["WAF request"] = requests
        running_ms["api_handler"] = more_ms
    for function, service, operation, params in calls:
        running_ms[function] += PER_CALL_MS
        if service == "dynamodb":
            reads, writes = _capacity(operation, params, sizes)
            units["DynamoDB read unit"] += reads
            units["DynamoDB write unit"] += writes
        elif service == "kms":
            units["KMS Sign (ECC)" if operation == "Sign" else "KMS other"] += 1
        elif service == "s3":
            units["S3 PUT" if operation == "PutObject" else "S3 GET"] += 1
        elif service == "ses":
            units["SES e-mail"] += 1
        elif service == "sns":
            units["SNS text message to Spain"] += 1
    memory = _memory()
    for function, waited in running_ms.items():
        runs = max(1, requests) if function == "api_handler" else 1
        units["Lambda request"] += runs
        seconds = (waited + runs * ASSUMED_CPU_MS.get(function, 10)) / 1000
        units["Lambda GB-second"] += memory[function] / 1024 * seconds
        units["Logs GB"] += runs * LOG_BYTES / 1e9
    return bill


def _capacity(operation: str, params: dict[str, Any], sizes: dict[str, int]) -> tuple[float, float]:
    indexes = _indexes()
    if operation == "TransactWriteItems":
        written = 0
        for item in params["TransactItems"]:
            ((kind, one),) = item.items()
            kilobytes = math.ceil(sizes.get(one["TableName"], 1) / 1024)
            written += 2 * kilobytes + (
                0 if kind == "ConditionCheck" else kilobytes * indexes[one["TableName"]]
            )
        return 0, written
    if operation in {"PutItem", "UpdateItem"}:
        table = params["TableName"]
        kilobytes = math.ceil(sizes.get(table, 1) / 1024)
        return 0, kilobytes * (1 + indexes[table])
    if operation == "BatchGetItem":
        return sum(len(keys["Keys"]) for keys in params["RequestItems"].values()), 0
    return max(1, math.ceil(sizes.get(params["TableName"], 1) / 4096)), 0


@cache
def _indexes() -> dict[str, int]:
    return {
        each["Properties"]["TableName"]["Sub"].replace("${Stage}", "test"): len(
            each["Properties"].get("GlobalSecondaryIndexes", [])
        )
        for each in read_template().values()
        if each["Type"] == "AWS::DynamoDB::Table"
    }


def _sizes() -> dict[str, int]:
    """The largest row of each table, as DynamoDB counts it: names and values."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    found: dict[str, int] = {}
    for table in _indexes():
        rows: list[Any] = dynamodb.scan(TableName=table)["Items"]
        found[table] = max(
            (sum(_size(name, value) for name, value in row.items()) for row in rows), default=1
        )
    return found


def _size(name: str, value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    return len(name) + (len(content) if kind in {"S", "B", "N"} else len(str(content)))


@cache
def _memory() -> dict[str, int]:
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return {name: each["lambda_memory_size"] for name, each in config["lambda_functions"].items()}


def table() -> str:
    """The table of docs/costs.md."""
    lines = ["| a million of | USD | without text messages | most of the rest is |", "|---|---|---|---|"]
    sms = "SNS text message to Spain"
    for name, bill in bills().items():
        rest = {unit: PRICES[unit] * count for unit, count in bill.units.items() if unit != sms}
        largest = sorted(rest, key=lambda unit: -rest[unit])[:2]
        told = ", ".join(f"{unit} {rest[unit] * 1e6:.0f}" for unit in largest)
        lines.append(
            f"| {name} | {bill.dollars() * 1e6:,.0f} | {bill.dollars(without=sms) * 1e6:,.0f} | {told} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
