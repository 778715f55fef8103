"""A KMS key signs digests, checks what comes back, and gives nothing else away."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from moto import mock_aws

from chalicelib.aws.kms_key import (
    KeyNeverLeaves,
    KeyNotUsable,
    KmsEcKey,
    KmsRsaKey,
    SignatureNotOurs,
    SigningUnavailable,
    kms_key,
    load_key,
)
from infra.local.kms_correction import correct_kms

LONG = b"x" * 100_000  # over the 4,096 octets that KMS takes as a raw message


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    correct_kms()
    with mock_aws():
        yield boto3.client("kms", region_name="eu-south-2")


def create(kms: Any, spec: str) -> str:
    key_id: str = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return key_id


class Recorder:
    """A KMS client that keeps what was asked of it, and may answer with something else."""

    def __init__(self, kms: Any, answer: bytes | None = None) -> None:
        self.kms, self.answer = kms, answer
        self.calls: list[dict[str, Any]] = []

    def sign(self, **arguments: Any) -> Any:
        self.calls.append(arguments)
        return {"Signature": self.answer} if self.answer is not None else self.kms.sign(**arguments)


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [("ECC_NIST_P256", hashes.SHA256()), ("ECC_NIST_P384", hashes.SHA384())],
)
def test_ec_keys_sign_messages_and_digests(kms: Any, spec: str, algorithm: hashes.HashAlgorithm) -> None:
    key = load_key(kms, create(kms, spec))
    assert isinstance(key, KmsEcKey)
    assert key.key_size == key.curve.key_size
    key.public_key().verify(key.sign(LONG, ec.ECDSA(algorithm)), LONG, ec.ECDSA(algorithm))
    hasher = hashes.Hash(algorithm)
    hasher.update(LONG)
    signature = key.sign(hasher.finalize(), ec.ECDSA(Prehashed(algorithm)))
    key.public_key().verify(signature, LONG, ec.ECDSA(algorithm))


@pytest.mark.parametrize(
    "scheme",
    [
        padding.PKCS1v15(),
        padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
        padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    ],
)
def test_rsa_keys_sign_with_both_paddings(kms: Any, scheme: padding.AsymmetricPadding) -> None:
    key = load_key(kms, create(kms, "RSA_2048"))
    assert isinstance(key, KmsRsaKey)
    key.public_key().verify(key.sign(LONG, scheme, hashes.SHA256()), LONG, scheme, hashes.SHA256())


def test_only_digests_go_to_kms(kms: Any) -> None:
    """A CRL is longer than the 4,096 octets of a raw message, so a raw call would fail in production only."""
    key = load_key(kms, create(kms, "ECC_NIST_P256"))
    recorder = Recorder(kms)
    kms_key(recorder, key._key_id, key.public_key()).sign(LONG, ec.ECDSA(hashes.SHA256()))  # type: ignore
    assert [(call["MessageType"], len(call["Message"])) for call in recorder.calls] == [("DIGEST", 32)]


def test_a_known_public_key_spares_the_call(kms: Any) -> None:
    public_key = load_key(kms, create(kms, "ECC_NIST_P256")).public_key()
    recorder = Recorder(kms, b"")
    assert kms_key(recorder, "any", public_key).public_key() == public_key  # type: ignore
    assert recorder.calls == []


def test_a_builder_of_the_library_takes_the_key(kms: Any) -> None:
    key = load_key(kms, create(kms, "ECC_NIST_P384"))
    csr = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA384())
    assert csr.is_signature_valid


def test_a_signature_of_another_key_is_thrown_away(kms: Any) -> None:
    """An alias moved to another key must not yield a certificate that nobody can verify."""
    ours, other = (load_key(kms, create(kms, "ECC_NIST_P256")) for _ in range(2))
    with pytest.raises(SignatureNotOurs):
        kms_key(kms, other._key_id, ours.public_key()).sign(b"x", ec.ECDSA(hashes.SHA256()))  # type: ignore
    mine, its = (load_key(kms, create(kms, "RSA_2048")) for _ in range(2))
    with pytest.raises(SignatureNotOurs):
        kms_key(kms, its._key_id, mine.public_key()).sign(b"x", padding.PKCS1v15(), hashes.SHA256())  # type: ignore


def test_what_kms_cannot_do_is_refused_before_asking(kms: Any) -> None:
    curve = load_key(kms, create(kms, "ECC_NIST_P256"))
    modulus = load_key(kms, create(kms, "RSA_2048"))
    assert isinstance(curve, KmsEcKey)
    assert isinstance(modulus, KmsRsaKey)
    wrong_mask = padding.PSS(padding.MGF1(hashes.SHA1()), 32)
    longest_salt = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    attempts: tuple[Callable[[], bytes], ...] = (
        lambda: curve.sign(b"x", ec.ECDSA(hashes.SHA384())),
        lambda: curve.sign(b"x" * 31, ec.ECDSA(Prehashed(hashes.SHA256()))),
        lambda: modulus.sign(b"x", padding.PKCS1v15(), hashes.SHA1()),
        lambda: modulus.sign(b"x", padding.PKCS1v15(), NoDigestInfo()),
        lambda: modulus.sign(b"x", wrong_mask, hashes.SHA256()),
        lambda: modulus.sign(b"x", longest_salt, hashes.SHA256()),
    )
    for refused in attempts:
        with pytest.raises(KeyNotUsable):
            refused()


def test_keys_of_another_kind_are_refused(kms: Any) -> None:
    encryption = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    for key_id in (encryption, create(kms, "ECC_SECG_P256K1")):
        with pytest.raises(KeyNotUsable):
            load_key(kms, key_id)
    with pytest.raises(KeyNotUsable):
        kms_key(kms, "any", rsa.generate_private_key(65537, 1024).public_key())


def test_a_missing_or_disabled_key_is_unavailable(kms: Any) -> None:
    with pytest.raises(SigningUnavailable):
        load_key(kms, "alias/none")
    key_id = create(kms, "ECC_NIST_P256")
    key = load_key(kms, key_id)
    assert isinstance(key, KmsEcKey)
    kms.disable_key(KeyId=key_id)
    with pytest.raises(SigningUnavailable):
        key.sign(b"x", ec.ECDSA(hashes.SHA256()))


def test_the_private_key_never_leaves(kms: Any) -> None:
    """Whoever asks for more than a signature gets a typed refusal, not a missing attribute."""
    curve, modulus = load_key(kms, create(kms, "ECC_NIST_P256")), load_key(kms, create(kms, "RSA_2048"))
    der = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert isinstance(curve, KmsEcKey)
    assert isinstance(modulus, KmsRsaKey)
    for asked in (
        lambda: curve.private_bytes(*der),
        lambda: modulus.private_bytes(*der),
        lambda: curve.private_numbers(),
        lambda: modulus.private_numbers(),
        lambda: curve.exchange(ec.ECDH(), curve.public_key()),
        lambda: modulus.decrypt(b"x", padding.PKCS1v15()),
        lambda: copy.copy(curve),
        lambda: copy.deepcopy(modulus),
        lambda: pickle.dumps(curve),
    ):
        with pytest.raises(KeyNeverLeaves):
            asked()
