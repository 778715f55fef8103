"""R28: an upgrade must not break what is out there: old data under new code, and new data under old code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from moto import mock_aws

from app import FUNCTIONS, create_app
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.login import totp
from chalicelib.pki import crl
from chalicelib.pki.jobs import publish_crls
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.accounts import holder_of, read_account
from chalicelib.registry.cool_off import number_state
from infra.commands import reconcile
from infra.local.kms_correction import correct_kms
from tests.journeys.test_apps import Telephone
from tests.support.citizens import Person, register
from tests.support.client import Client
from tests.support.moto_state import MotoState
from tests.support.straight_dynamodb import straight
from tests.support.world import SETTINGS, Clock, World, fake_credentials, moto_phone
from tests.upgrade import state
from tests.upgrade.keep_release import RELEASES, leave_behind

KEPT = sorted(RELEASES.glob("*.json"))


def release(file: Path | None) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(file.read_text() if file else _as_of_today())
    return kept


@cache
def _as_of_today() -> str:
    """What the coming release would leave behind, through the same JSON."""
    return json.dumps(leave_behind())


def of_the_future(kept: dict[str, Any]) -> dict[str, Any]:
    """The same data as a later release would write it: a higher version, and attributes nobody knows yet."""
    for items in kept["tables"].values():
        for item in items:
            item["schema_version"] = {"N": "2"}
            item["added_later"] = {"S": "kept"}
    return kept


CASES: list[tuple[Path | None, bool]] = [
    *((file, False) for file in KEPT),
    (KEPT[-1], True),
    (None, False),
    (None, True),
]
"""Each release as it was, and the newest as a later one would have written it; and so the coming one."""


@dataclass(frozen=True)
class Inheritance:
    """A cloud that holds what a release left behind, with nothing done to it yet."""

    cloud: Cloud
    state: MotoState
    told: dict[str, Any]
    later: bool


@pytest.fixture(
    scope="module",
    params=CASES,
    ids=[f"{file.stem if file else 'coming'}{' and later' * later}" for file, later in CASES],
)
def left_behind(request: pytest.FixtureRequest) -> Iterator[Inheritance]:
    """One release's cloud, for all tests."""
    file, later = request.param
    kept = of_the_future(release(file)) if later else release(file)
    fake_credentials()
    correct_kms()
    with mock_aws(), straight():
        state.put(kept)
        ses = boto3.client("ses", region_name=SETTINGS.region)
        ses.verify_email_identity(EmailAddress=SETTINGS.email_sender)
        cloud = Cloud(SETTINGS, InProcessFunctions(FUNCTIONS))
        yield Inheritance(cloud, MotoState.take(cloud), kept["told"], later)


@pytest.fixture
def inherited(left_behind: Inheritance) -> tuple[World, dict[str, Any], bool]:
    """Today's code over what another release left behind, as it was left."""
    told = left_behind.told
    clock = Clock(datetime.fromisoformat(told["at"]))
    cloud = Cloud(SETTINGS, InProcessFunctions(FUNCTIONS), clock=clock)
    cloud.session = left_behind.cloud.session  # it has read the services' models
    left_behind.state.put_back(cloud)
    app = create_app(cloud)
    officer = Client(app, source="198.51.100.1", **told["officer"])
    return World(cloud, app, clock, moto_phone(), officer, Client(app)), told, left_behind.later


def test_R28_what_was_begun_is_finished(inherited: tuple[World, dict[str, Any], bool]) -> None:
    """A code in somebody's pocket and an issuance that was interrupted outlive the upgrade."""
    world, told, _ = inherited
    assert world.download(told["pending"]).status == 200
    resumed = world.download(told["interrupted"]["code"], told["interrupted"]["csr"])
    assert resumed.status == 200
    assert world.download(told["interrupted"]["code"], told["interrupted"]["csr"]).body == resumed.body


def test_R28_sessions_and_revocations_go_on(inherited: tuple[World, dict[str, Any], bool]) -> None:
    """The officer stays logged in; what was issued can be revoked, what was revoked stays so."""
    world, told, _ = inherited
    issuer = next(row.issuer for row in CertificateRow.scan() if row.id.endswith("#" + told["issued"]))
    request = {"nif": "12345678Z", "issuer": issuer, "serial": told["issued"], "reason": "superseded"}
    identity = {"channel": "phone", "birth_date": "1985-02-28", "mobile": "612345678"}
    answer = world.officer.post(f"{world.point}/revocations", {**request, "identity": identity})
    assert answer.status == 200, answer.body
    rows = {row.id.split("#")[1]: row.reason for row in CertificateRow.scan()}
    assert rows[told["issued"]] == rows[told["revoked"]] == "superseded"


def test_R28_status_is_a_successor_of_what_was_published(
    inherited: tuple[World, dict[str, Any], bool],
) -> None:
    """Certainly and IdenTrust stopped or mixed their status with an upgrade."""
    world, told, _ = inherited
    bucket = boto3.client("s3", region_name=SETTINGS.region)
    names = [each["Key"] for each in bucket.list_objects_v2(Bucket=SETTINGS.bucket)["Contents"]]
    before = {name: _numbers(bucket, name) for name in names}
    world.clock.turn(hours=7)
    publish_crls(world.cloud)
    after = {name: _numbers(bucket, name) for name in names}
    grown = [name for name in names if after[name][0] > before[name][0]]
    assert len(grown) == len(names) - 1, "all but the root's"
    assert all(before[name][1] <= after[name][1] for name in names), "no revocation is lost"
    assert any(int(told["revoked"], 16) in serials for _, serials in after.values())


def test_R28_the_books_agree_and_nothing_unknown_is_lost(
    inherited: tuple[World, dict[str, Any], bool],
) -> None:
    world, told, later = inherited
    assert world.download(told["pending"]).status == 200
    world.download(told["interrupted"]["code"], told["interrupted"]["csr"])
    assert reconcile.run(world.cloud, []) == 0
    if later:
        tables = boto3.client("dynamodb", region_name=SETTINGS.region)
        items = tables.scan(TableName="clavero-test-certificates")["Items"]
        old = [item for item in items if "added_later" in item]
        finished = [item for item in old if item["state"]["S"] == "issued" and "issued_at" in item]
        assert finished, "a row that this code changed keeps what it does not know"


def test_R28_people_stay_who_they_are(inherited: tuple[World, dict[str, Any], bool]) -> None:
    """Sessions, codes on their way, passwords, blocks and renunciations outlive the upgrade."""
    world, told, _ = inherited
    if "accounts" not in told:
        assert register(world, 60).log_in_with_pin().get("/v1/me").status == 200, "a release without any"
        return
    people = {
        name: Person(world, kept["data"], kept["activation_code"], Client(world.app))
        for name, kept in told["accounts"].items()
    }
    kept = told["accounts"]

    def session(name: str) -> Client:
        return Client(world.app, token=kept[name]["token"])

    assert session("at_home").get("/v1/me").json["level"] == "advanced"
    assert people["at_home"].try_password().status == 201
    typed = {"request": kept["at_the_door"]["request"], "pin": kept["at_the_door"]["pin"]}
    assert world.citizen.post("/v1/sessions/pin", typed).status == 201
    assert world.citizen.post("/v1/sessions/pin", typed).slug == "log-in-refused", "once"
    assert people["forgetful"].try_password().slug == "log-in-refused", "still blocked"
    chosen = {name: kept["forgetful"][name] for name in ("request", "otp", "password")}
    assert world.citizen.post("/v1/passwords", chosen).status == 204
    assert people["forgetful"].try_password().status == 201
    confirmed = session("moving").post("/v1/me/email/confirmation", {"code": kept["moving"]["code"]})
    assert confirmed.status == 200, confirmed.body
    key = load_pem_private_key(kept["careful"]["key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (text,) = Telephone(world, key, kept["careful"]["app"]).texts()
    typed = {"request": kept["careful"]["request"], "pin": text.rpartition("#")[2]}
    assert world.citizen.post("/v1/sessions/pin", typed).status == 201
    world.clock.turn(seconds=30)
    secret = base64.b32decode(kept["careful"]["secret"])
    password = people["careful"].logged_in(people["careful"].try_password())
    code = {"code": totp.code_at(secret, totp.step_of(world.clock.at))}
    assert password.post("/v1/sessions/authenticator", code).status == 201
    stopped = {"nif": people["robbed"].nif, "code": kept["robbed"]["stop"]}
    assert number_state(read_account(holder_of(people["robbed"].nif)), world.clock.at) == "cooling"
    assert world.citizen.post("/v1/contact-changes/stops", stopped).status == 204
    assert number_state(read_account(holder_of(people["robbed"].nif)), world.clock.at) == "held"
    assert session("gone").get("/v1/me").status == 401
    assert people["gone"].ask_pin().status == 202
    assert read_account(holder_of(people["gone"].nif)).state == "renounced"


def _numbers(bucket: Any, name: str) -> tuple[int, set[int]]:
    found = x509.load_der_x509_crl(bucket.get_object(Bucket=SETTINGS.bucket, Key=name)["Body"].read())
    return crl.number_of(found), {line.serial_number for line in found}
