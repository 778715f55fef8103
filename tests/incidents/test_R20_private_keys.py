"""R20: a CA must not keep citizens' private keys: not in a table, a log, a message or a bucket."""

from __future__ import annotations

import base64
import logging

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from chalicelib.pki.tables import CertificateRow
from tests.support.world import SETTINGS, World, issuer_id


def everything_stored() -> bytes:
    """All items of all tables and all objects, as octets."""
    kept = bytearray()
    tables = boto3.client("dynamodb", region_name=SETTINGS.region)
    for name in tables.list_tables()["TableNames"]:
        for item in tables.scan(TableName=name)["Items"]:
            for value in item.values():
                ((_, content),) = value.items()
                kept += content if isinstance(content, bytes) else str(content).encode()
                kept += b"\n"
    bucket = boto3.client("s3", region_name=SETTINGS.region)
    for entry in bucket.list_objects_v2(Bucket=SETTINGS.bucket).get("Contents", []):
        kept += bucket.get_object(Bucket=SETTINGS.bucket, Key=entry["Key"])["Body"].read()
    return bytes(kept)


def test_R20_nothing_of_a_server_made_key_remains(
    authority: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Trustico sent 23,000 keys by e-mail because it had them. We have none to send."""
    caplog.set_level(logging.DEBUG)
    code = authority.code_for()
    answer = authority.citizen.post("/v1/certificates/pkcs12", {"code": code}, key="my-own-key-1").json
    file = base64.b64decode(answer["pkcs12"])
    key = load_pkcs12(file, answer["password"].encode()).key
    assert key is not None
    secrets = [
        key.private_numbers().private_value.to_bytes(32, "big"),  # type: ignore[union-attr]
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        file,
        answer["password"].encode(),
        answer["password"].replace("-", "").encode(),
        answer["pkcs12"].encode(),
    ]
    told = capfd.readouterr()
    messages = "".join(mail.body for mail in authority.phone.emails()) + str(authority.phone.sms())
    everywhere = everything_stored() + (caplog.text + told.out + told.err + messages).encode()
    for secret in secrets:
        assert secret not in everywhere
        assert base64.b64encode(secret) not in everywhere
        assert secret.hex().encode() not in everywhere


def test_R20_the_record_says_where_the_key_was_made(authority: World) -> None:
    """An auditor can tell the keys that never left their holder from those made here."""
    own = authority.certificate_of()
    row = CertificateRow.find(CertificateRow.key(issuer_id(own), own.serial_number))
    assert row is not None
    assert row.key_origin == "holder"
    code = authority.code_for()
    made = authority.citizen.post("/v1/certificates/pkcs12", {"code": code}, key="my-own-key-1").json
    row = CertificateRow.find(f"{made['issuer']}#{made['serial']}")
    assert row is not None
    assert row.key_origin == "server"
