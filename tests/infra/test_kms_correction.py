"""moto's KMS, corrected, answers as AWS does. OpenSSL is the judge of every signature."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local.kms_correction import correct_kms

TEXT = b"a certificate's TBS"
CASES = [
    ("ECC_NIST_P256", "ECDSA_SHA_256", []),
    ("ECC_NIST_P384", "ECDSA_SHA_384", []),
    ("ECC_NIST_P521", "ECDSA_SHA_512", []),
    ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", []),
    ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", []),
    (
        "RSA_3072",
        "RSASSA_PSS_SHA_256",
        ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"],
    ),
    (
        "RSA_3072",
        "RSASSA_PSS_SHA_384",
        ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"],
    ),
]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    correct_kms()
    with mock_aws():
        yield boto3.client("kms", region_name="eu-south-2")


def _key(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"])


def _refused(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def _openssl_accepts(
    tmp_path: Path, public_key: bytes, signature: bytes, algorithm: str, options: list[str]
) -> bool:
    (tmp_path / "key.der").write_bytes(public_key)
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "text").write_bytes(TEXT)
    command = ["openssl", "dgst", f"-sha{algorithm[-3:]}", "-keyform", "DER", "-verify", "key.der", *options]
    command += ["-signature", "signature", "text"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0


@pytest.mark.parametrize(("spec", "algorithm", "options"), CASES)
@pytest.mark.parametrize("message_type", ["DIGEST", "RAW"])
def test_signatures_verify_with_openssl(
    kms: Any, tmp_path: Path, spec: str, algorithm: str, options: list[str], message_type: str
) -> None:
    key = _key(kms, spec)
    message = hashlib.new(f"sha{algorithm[-3:]}", TEXT).digest() if message_type == "DIGEST" else TEXT
    request = {"KeyId": key, "Message": message, "MessageType": message_type, "SigningAlgorithm": algorithm}
    signature = kms.sign(**request)["Signature"]
    public_key = kms.get_public_key(KeyId=key)["PublicKey"]
    assert _openssl_accepts(tmp_path, public_key, signature, algorithm, options)
    assert kms.verify(Signature=signature, **request)["SignatureValid"]
    with pytest.raises(ClientError) as error:
        kms.verify(Signature=signature, **{**request, "Message": message[::-1]})
    assert _refused(error) == "KMSInvalidSignatureException"


@pytest.mark.parametrize(
    ("message", "message_type"),
    [(bytes(4097), "RAW"), (bytes(33), "DIGEST"), (bytes(31), "DIGEST"), (bytes(48), "DIGEST")],
)
def test_long_messages_and_wrong_digests_are_refused(kms: Any, message: bytes, message_type: str) -> None:
    with pytest.raises(ClientError) as error:
        kms.sign(
            KeyId=_key(kms, "ECC_NIST_P256"),
            Message=message,
            MessageType=message_type,
            SigningAlgorithm="ECDSA_SHA_256",
        )
    assert _refused(error) == "ValidationException"


def test_the_algorithm_must_fit_the_key(kms: Any) -> None:
    with pytest.raises(ClientError) as error:
        kms.sign(KeyId=_key(kms, "ECC_NIST_P384"), Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    assert _refused(error) == "InvalidKeyUsageException"


def _every_use(kms: Any) -> list[tuple[str, Any]]:
    signing, mac = _key(kms, "ECC_NIST_P256"), _key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    encryption = _key(kms, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    sealed = kms.encrypt(KeyId=encryption, Plaintext=b"x")["CiphertextBlob"]
    return [
        (signing, lambda: kms.sign(KeyId=signing, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")),
        (mac, lambda: kms.generate_mac(KeyId=mac, Message=b"x", MacAlgorithm="HMAC_SHA_256")),
        (encryption, lambda: kms.encrypt(KeyId=encryption, Plaintext=b"x")),
        (encryption, lambda: kms.decrypt(CiphertextBlob=sealed)),
    ]


def test_a_disabled_key_does_nothing_until_enabled(kms: Any) -> None:
    for key, use in _every_use(kms):
        kms.disable_key(KeyId=key)
        with pytest.raises(ClientError) as error:
            use()
        assert _refused(error) == "DisabledException"
        kms.enable_key(KeyId=key)
        use()


def test_a_key_pending_deletion_does_nothing(kms: Any) -> None:
    for key, use in _every_use(kms):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        with pytest.raises(ClientError) as error:
            use()
        assert _refused(error) == "KMSInvalidStateException"


def test_a_mac_depends_on_key_and_message_only_and_names_the_arn(kms: Any) -> None:
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    other = _key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    kms.create_alias(AliasName="alias/mac", TargetKeyId=key["KeyId"])

    def mac(key_id: str, message: bytes) -> bytes:
        return bytes(kms.generate_mac(KeyId=key_id, Message=message, MacAlgorithm="HMAC_SHA_256")["Mac"])

    assert mac("alias/mac", b"label") == mac(key["Arn"], b"label") == mac(key["KeyId"], b"label")
    assert len({mac("alias/mac", b"label"), mac("alias/mac", b"other"), mac(other, b"label")}) == 3
    assert len(mac("alias/mac", b"label")) == hashlib.sha256().digest_size
    answer = kms.generate_mac(KeyId="alias/mac", Message=b"label", MacAlgorithm="HMAC_SHA_256")
    assert answer["KeyId"] == key["Arn"]
    assert kms.verify_mac(
        KeyId="alias/mac", Message=b"label", MacAlgorithm="HMAC_SHA_256", Mac=answer["Mac"]
    )["MacValid"]


def test_a_mac_is_the_hmac_of_rfc_2104(kms: Any) -> None:
    from moto.kms.models import kms_backends

    key = _key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    material = kms_backends["123456789012"]["eu-south-2"].keys[key].key_material
    answer = kms.generate_mac(KeyId=key, Message=b"label", MacAlgorithm="HMAC_SHA_256")
    assert hmac.compare_digest(answer["Mac"], hmac.digest(material, b"label", "sha256"))


@pytest.mark.parametrize(("message", "algorithm"), [(b"x", "HMAC_SHA_512"), (bytes(4097), "HMAC_SHA_256")])
def test_a_mac_of_another_length_or_a_long_message_is_refused(
    kms: Any, message: bytes, algorithm: str
) -> None:
    with pytest.raises(ClientError) as error:
        kms.generate_mac(
            KeyId=_key(kms, "HMAC_256", "GENERATE_VERIFY_MAC"), Message=message, MacAlgorithm=algorithm
        )
    assert _refused(error) in {"InvalidKeyUsageException", "ValidationException"}


def test_a_false_mac_is_refused(kms: Any) -> None:
    key = _key(kms, "HMAC_256", "GENERATE_VERIFY_MAC")
    with pytest.raises(ClientError) as error:
        kms.verify_mac(KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_256", Mac=bytes(32))
    assert _refused(error) == "KMSInvalidMacException"
