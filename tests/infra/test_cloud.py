"""The local cloud forgets nothing it acknowledged, and does what the product relies on AWS to do."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from infra.local.cloud import LocalCloud, LocalCloudError
from infra.local.deployer import REGION, deploy
from infra.local.phone import Phone

TABLE = "clavero-test-certificates"
BUCKET = "clavero-test-status-000000000000"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"))
    cloud.start()
    with pytest.MonkeyPatch.context() as patch:
        _configure(cloud, patch)
        deploy("test", endpoint_url=cloud.endpoint_url)
        yield cloud
    cloud.stop()


def _configure(cloud: LocalCloud, patch: pytest.MonkeyPatch) -> None:
    environment: dict[str, str] = {}
    cloud.configure(environment)
    for name, value in environment.items():
        patch.setenv(name, value)


def _client(cloud: LocalCloud, service: str) -> Any:
    session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local")
    return session.client(service, region_name=REGION, endpoint_url=cloud.endpoint_url)  # type: ignore[call-overload]


def _number(cloud: LocalCloud, serial: str) -> int | None:
    item = _client(cloud, "dynamodb").get_item(TableName=TABLE, Key={"id": {"S": serial}}).get("Item")
    return int(item["n"]["N"]) if item else None


def _add(cloud: LocalCloud, serial: str) -> None:
    """ADD is not idempotent: a write played twice, or lost, shows."""
    _client(cloud, "dynamodb").update_item(
        TableName=TABLE,
        Key={"id": {"S": serial}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_nothing_acknowledged_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """A power cut right after an answer: keys, items, objects and messages are all there again."""
    cloud = LocalCloud(tmp_path)
    cloud.start()
    _configure(cloud, monkeypatch)
    deploy("test", endpoint_url=cloud.endpoint_url)
    key = _client(cloud, "kms").create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    public_key = _client(cloud, "kms").get_public_key(KeyId=key["KeyId"])["PublicKey"]
    mac = {"KeyId": "alias/clavero-test-code-mac", "Message": b"label", "MacAlgorithm": "HMAC_SHA_256"}
    expected_mac = _client(cloud, "kms").generate_mac(**mac)["Mac"]
    _client(cloud, "s3").put_object(Bucket=BUCKET, Key="a/crl/0.crl", Body=b"crl")
    _client(cloud, "sns").publish(PhoneNumber="+34600000000", Message="Código 1234")
    try:
        for round_number in range(1, 4):
            _add(cloud, "one")
            _client(cloud, "dynamodb").put_item(
                TableName=TABLE, Item={"id": {"S": f"put-{round_number}"}, "n": {"N": str(round_number)}}
            )
            getattr(cloud, end)()
            cloud.start()
            assert _number(cloud, "one") == round_number
            assert _number(cloud, f"put-{round_number}") == round_number
            assert _client(cloud, "kms").get_public_key(KeyId=key["KeyId"])["PublicKey"] == public_key
            assert _client(cloud, "kms").generate_mac(**mac)["Mac"] == expected_mac
            assert _client(cloud, "s3").get_object(Bucket=BUCKET, Key="a/crl/0.crl")["Body"].read() == b"crl"
            assert deploy("test", endpoint_url=cloud.endpoint_url) == []
        assert [message.text for message in Phone(tmp_path / "phone.jsonl").received()] == ["Código 1234"]
    finally:
        cloud.stop()


def test_a_write_cut_in_the_middle_is_as_if_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = LocalCloud(tmp_path)
    cloud.start()
    _configure(cloud, monkeypatch)
    deploy("test", endpoint_url=cloud.endpoint_url)
    _add(cloud, "one")
    _add(cloud, "one")
    cloud.kill()
    (journal,) = [path for path in (tmp_path / "state").glob("journal-*") if path.stat().st_size]
    journal.write_bytes(journal.read_bytes()[:-20])
    cloud.start()
    try:
        assert _number(cloud, "one") == 1
    finally:
        cloud.stop()


def test_a_journal_contained_in_the_snapshot_is_not_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after the snapshot, before the old journal is removed."""
    cloud = LocalCloud(tmp_path)
    cloud.start()
    _configure(cloud, monkeypatch)
    deploy("test", endpoint_url=cloud.endpoint_url)
    _add(cloud, "one")
    (journal,) = [path for path in (tmp_path / "state").glob("journal-*") if path.stat().st_size]
    content = journal.read_bytes()
    cloud.stop()
    journal.write_bytes(content)
    cloud.start()
    try:
        assert _number(cloud, "one") == 1
    finally:
        cloud.stop()


def test_a_damaged_state_is_not_silently_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "dynamodb.json").write_text('{"payload": {"tab')
    with pytest.raises(LocalCloudError, match=r"dynamodb\.json cannot be read"):
        LocalCloud(tmp_path).start()


def test_two_clouds_never_share_a_folder(cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match="another local authority runs in"):
        LocalCloud(cloud.folder).start()


def test_it_is_reachable_from_this_machine_only(cloud: LocalCloud) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which address would be used
            own_address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no other address")
    if own_address.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((own_address, cloud.port), timeout=2)


def test_credentials_of_a_real_account_are_taken_out(cloud: LocalCloud) -> None:
    environment = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ENDPOINT_URL_KMS": "https://kms.eu-south-2.amazonaws.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "PATH": os.environ["PATH"],
    }
    cloud.configure(environment)
    assert environment["AWS_ENDPOINT_URL"] == cloud.endpoint_url
    gone = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_KMS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}
    assert not gone & environment.keys()


def test_kms_signs_a_digest_as_given(cloud: LocalCloud) -> None:
    kms = _client(cloud, "kms")
    key = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    digest = hashlib.sha384(b"tbs").digest()
    signature = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_384")
    public_key = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    public_key.verify(signature["Signature"], digest, ec.ECDSA(utils.Prehashed(hashes.SHA384())))


def test_s3_writes_only_over_what_was_read(cloud: LocalCloud) -> None:
    """The CRL publisher relies on If-None-Match and If-Match."""
    s3 = _client(cloud, "s3")
    first = s3.put_object(Bucket=BUCKET, Key="conditional", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="conditional", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=BUCKET, Key="conditional", Body=b"2", IfMatch=first)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="conditional", Body=b"3", IfMatch=first)


def test_an_address_that_was_signed_opens_in_a_browser(cloud: LocalCloud) -> None:
    """An officer who reviews a video follows such a link."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_object(Bucket=BUCKET, Key="shown", Body=b"a picture", ContentType="image/png")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "shown"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as shown:
        assert (shown.headers["Content-Type"], shown.read()) == ("image/png", b"a picture")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url.replace("Expires=60", "Expires=61"))


def test_a_transaction_with_a_failed_check_writes_nothing(cloud: LocalCloud) -> None:
    dynamodb = _client(cloud, "dynamodb")
    check = {
        "TableName": TABLE,
        "Key": {"id": {"S": "absent"}},
        "ConditionExpression": "attribute_exists(id)",
    }
    put = {"TableName": TABLE, "Item": {"id": {"S": "in-transaction"}, "n": {"N": "1"}}}
    with pytest.raises(ClientError) as error:
        dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}])
    assert error.value.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
    assert _number(cloud, "in-transaction") is None
    dynamodb.transact_write_items(
        TransactItems=[
            {"ConditionCheck": {**check, "ConditionExpression": "attribute_not_exists(id)"}},
            {"Put": put},
        ]
    )
    assert _number(cloud, "in-transaction") == 1


def test_messages_reach_the_phone(cloud: LocalCloud) -> None:
    _client(cloud, "sns").publish(
        PhoneNumber="+34600111222",
        Message="Su código es 12 34 & <b>",
        MessageAttributes={
            "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
            "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "CLAVERO"},
        },
    )
    _client(cloud, "ses").verify_email_identity(EmailAddress="no-reply@clavero.example")
    text = {"Data": "Confirme: https://localhost/c?x=1&y=2", "Charset": "UTF-8"}
    _client(cloud, "ses").send_email(
        Source="no-reply@clavero.example",
        Destination={"ToAddresses": ["ana@example.org"]},
        Message={"Subject": {"Data": "Confirmación"}, "Body": {"Text": text}},
    )
    _client(cloud, "sesv2").send_email(
        FromEmailAddress="no-reply@clavero.example",
        Destination={"ToAddresses": ["eva@example.org"]},
        Content={"Simple": {"Subject": {"Data": "Hola"}, "Body": {"Text": text}}},
    )
    raw = b"From: no-reply@clavero.example\r\nTo: leo@example.org\r\nSubject: Hi\r\n\r\nText\r\n"
    _client(cloud, "ses").send_raw_email(RawMessage={"Data": raw})
    phone = Phone(cloud.folder / "phone.jsonl")
    (sms,) = phone.received("+34600111222")
    assert (sms.channel, sms.sender, sms.text) == ("sms", "CLAVERO", "Su código es 12 34 & <b>")
    (mail,) = phone.received("ana@example.org")
    assert (mail.channel, mail.subject, mail.text) == ("email", "Confirmación", text["Data"])
    assert phone.received("eva@example.org")[0].subject == "Hola"
    assert phone.received("leo@example.org")[0].text.strip() == "Text"
    assert (cloud.folder / "phone.jsonl").stat().st_mode & 0o077 == 0


def test_codes_in_messages_are_not_logged(cloud: LocalCloud) -> None:
    _client(cloud, "sns").publish(PhoneNumber="+34600111222", Message="Code-9876")
    assert "9876" not in cloud.log.read_text()


def test_the_journal_holds_only_what_a_replay_needs(cloud: LocalCloud) -> None:
    _add(cloud, "journaled")
    (journal,) = [path for path in (cloud.folder / "state").glob("journal-*") if path.stat().st_size]
    entry = json.loads(journal.read_text().splitlines()[-1])
    assert {name for name, _ in entry["headers"]} == {"authorization", "x-amz-target", "content-type"}
