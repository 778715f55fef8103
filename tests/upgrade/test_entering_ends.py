"""F03: who has a certificate or an account from an earlier release is told of its end, once it is entered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from app import FUNCTIONS, create_app
from chalicelib.aws import due_days
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.aws.tables import change
from chalicelib.certificates.due_scan import find_due
from chalicelib.certificates.tables import CursorRow
from chalicelib.notices.tables import MessageRow
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry.account_tables import AccountItem, CredentialItem
from infra.commands import ends
from infra.local.kms_correction import correct_kms
from tests.support.citizens import register
from tests.support.client import Client
from tests.support.moto_state import leave_standing
from tests.support.world import SETTINGS, Clock, World, another_person, fake_credentials, moto_phone
from tests.upgrade import state
from tests.upgrade.keep_release import RELEASES


@pytest.fixture
def old() -> Iterator[World]:
    """Today's code over what the first release left behind, which knew no index of ends."""
    leave_standing()
    kept = json.loads((RELEASES / "0.1.0.json").read_text())
    fake_credentials()
    correct_kms()
    with mock_aws():
        state.put(kept)
        clock = Clock(datetime.fromisoformat(kept["told"]["at"]))
        cloud = Cloud(SETTINGS, InProcessFunctions(FUNCTIONS), clock=clock)
        app = create_app(cloud)
        officer = Client(app, source="198.51.100.1", **kept["told"]["officer"])
        yield World(cloud, app, clock, moto_phone(), officer, Client(app))


def entered() -> dict[str, str]:
    """What the indexes have; a damaged row is in none."""
    rows = [(str(row.id), str(row.ends_on)) for row in CertificateRow.by_end.scan()]
    return dict(
        rows + [(f"{item.holder} {item.item}", str(item.ends_on)) for item in AccountItem.by_end.scan()]
    )


def raw(world: World, table: Any, key: dict[str, str], expression: str, value: str = "") -> None:
    """Write past the models."""
    values: dict[str, Any] = {"ExpressionAttributeValues": {":value": {"S": value}}} if value else {}
    boto3.client("dynamodb", region_name=SETTINGS.region).update_item(
        TableName=world.cloud.settings.prefix + table.name,
        Key={name: {"S": text} for name, text in key.items()},
        UpdateExpression=expression,
        **values,
    )


def as_before(world: World) -> dict[str, str]:
    """Three people with a certificate and an account, as a release without the index would have left them;
    what today's code had entered of them."""
    for number in (0, 2, 3):
        world.certificate_of(**another_person(number) if number else {})
        register(world, number)
    was = entered()
    for row in list(CertificateRow.by_end.scan()):
        raw(world, CertificateRow, {"id": row.id}, "REMOVE ends_on")
    for item in list(AccountItem.by_end.scan()):
        raw(world, AccountItem, {"holder": item.holder, "item": item.item}, "REMOVE ends_on")
    assert not entered()
    assert len(was) == 9, "a certificate, a strong proof and an activation code each"
    return was


def test_certificates_of_the_first_release_are_entered_and_told_of(
    old: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not entered()
    assert ends.enter(old.cloud, page=2) == 0
    citizens = [
        row for row in CertificateRow.scan() if row.profile.startswith("citizen") and not row.revoked_at
    ]
    assert entered() == {row.id: due_days.key(row.not_after, row.id) for row in citizens}
    assert {row.proof for row in citizens} == {"in-person"}
    assert f"{len(citizens)} entered" in capsys.readouterr().out
    assert ends.enter(old.cloud) == 0
    others = sum(1 for _ in CertificateRow.scan()) - len(citizens)
    assert f"certificates: {others} without an end read, 0 entered" in capsys.readouterr().out

    issued = [row for row in citizens if row.state == "issued"]
    old.clock.at = issued[0].not_after - timedelta(days=30)
    find_due(old.cloud)
    told = [row.template for row in MessageRow.scan() if row.id.startswith("deadline:certificate")]
    assert told == ["certificate-ends-after-registering"] * len(issued)


def test_it_enters_what_today_s_code_enters_and_goes_on_where_it_stopped(
    authority: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    was = as_before(authority)
    stops = iter(range(9))

    def stopping(row: Any, *rest: Any) -> bool:
        if not isinstance(row, CursorRow) and next(stops) == 5:
            raise KeyboardInterrupt
        return change(row, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(ends, "change", stopping)
        with pytest.raises(KeyboardInterrupt):
            ends.enter(authority.cloud, page=1)
    assert len(entered()) == 5
    capsys.readouterr()
    assert ends.enter(authority.cloud, page=1) == 0
    assert entered() == was
    assert "4 entered, 0 damaged" in capsys.readouterr().out


def test_a_damaged_row_is_named_and_keeps_no_other_out(
    authority: World, capsys: pytest.CaptureFixture[str]
) -> None:
    was = as_before(authority)
    damaged = next(name for name in was if "person" not in name)
    raw(authority, CertificateRow, {"id": damaged}, "SET not_after = :value", "one day")
    assert ends.enter(authority.cloud) == 1
    assert damaged in capsys.readouterr().out
    assert entered() == {name: ends_on for name, ends_on in was.items() if name != damaged}


def test_what_changes_meanwhile_is_left_alone(authority: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody entered it after it was read, or gave it another end."""
    as_before(authority)
    other = "2029-01-01T00:00:00.000000+0000"

    def late(row: Any, *rest: Any) -> bool:
        if isinstance(row, CertificateRow):
            raw(authority, CertificateRow, {"id": row.id}, "SET ends_on = :value", "2029-01-01#00")
        elif isinstance(row, CredentialItem):
            key = {"holder": str(row.holder), "item": str(row.item)}
            raw(authority, AccountItem, key, "SET expires_at = :value", other)
        return change(row, *rest)

    monkeypatch.setattr(ends, "change", late)
    assert ends.enter(authority.cloud) == 0
    told = entered()
    assert {ends_on for name, ends_on in told.items() if "person" not in name} == {"2029-01-01#00"}
    assert not [name for name in told if "credential" in name]
