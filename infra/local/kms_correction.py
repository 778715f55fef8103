"""Corrects moto's KMS where it departs from AWS, so that the code under test never asks where it runs.

moto 5.2 hashes a DIGEST once more, accepts RAW messages over 4,096 bytes and digests of the wrong length,
signs RSA-PSS with the longest salt (AWS: as long as the digest), lets disabled keys work, takes any MAC
algorithm for any HMAC key, answers GenerateMac with the bare identifier instead of the key's ARN, and tells
a false signature by SignatureValid false (AWS: KMSInvalidSignatureException).
"""

from __future__ import annotations

import base64
import hmac
import json
from functools import wraps
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import InvalidKeyUsageException, KMSInvalidMacException, ValidationException
from moto.kms.models import Key, KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import generate_hmac

RAW_LIMIT = 4096  # KMS API reference, Sign and GenerateMac, parameter Message
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def correct_kms() -> None:
    """Puts the corrected operations in place of moto's, for the life of the process."""
    corrected = {"sign": _sign, "verify": _verify, "generate_mac": _generate_mac, "verify_mac": _verify_mac}
    for name, operation in corrected.items():
        setattr(KmsResponse, name, operation)
    if not hasattr(KmsBackend.encrypt, "__wrapped__"):
        KmsBackend.encrypt = _state_checked(KmsBackend.encrypt)  # type: ignore[method-assign]
        KmsBackend.decrypt = _state_checked(KmsBackend.decrypt)  # type: ignore[method-assign]


def _refusal(code: str, message: str = "") -> JsonRESTError:
    error = JsonRESTError(code, message)
    error.code = 400
    return error


def _usable(backend: KmsBackend, key_id: str, usage: str) -> Key:
    key = backend.describe_key(key_id)
    if key.key_state == "PendingDeletion":
        raise _refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled:
        raise _refusal("DisabledException", f"{key.arn} is disabled.")
    if key.key_usage != usage:
        raise InvalidKeyUsageException
    return key


def _message(request: KmsResponse) -> bytes:
    message: bytes = request._get_param("Message") or b""
    if not 1 <= len(message) <= RAW_LIMIT:
        raise ValidationException(
            "1 validation error detected: Value at 'message' failed to satisfy constraint: "
            f"Member must have length between 1 and {RAW_LIMIT}"
        )
    return message


def _signing_input(request: KmsResponse) -> tuple[Key, bytes, Any, str]:
    """The key, the digest to sign, the padding or curve scheme for it, and the algorithm's name."""
    key_id, algorithm = request._get_param("KeyId"), request._get_param("SigningAlgorithm")
    request._validate_key_id(key_id)
    key = _usable(request.kms_backend, key_id, "SIGN_VERIFY")
    if algorithm not in key.signing_algorithms:
        raise InvalidKeyUsageException
    digest, function = _message(request), _HASHES[algorithm[-3:]]
    if request._get_param("MessageType") == "DIGEST":
        if len(digest) != function.digest_size:
            raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
    else:
        hasher = hashes.Hash(function)
        hasher.update(digest)
        digest = hasher.finalize()
    prehashed = utils.Prehashed(function)
    if algorithm.startswith("ECDSA"):
        return key, digest, (ec.ECDSA(prehashed),), algorithm
    if "_PSS_" in algorithm:
        pss = padding.PSS(mgf=padding.MGF1(function), salt_length=function.digest_size)
        return key, digest, (pss, prehashed), algorithm
    return key, digest, (padding.PKCS1v15(), prehashed), algorithm


def _sign(request: KmsResponse) -> str:
    key, digest, scheme, algorithm = _signing_input(request)
    signature: bytes = key.private_key.private_key.sign(digest, *scheme)  # type: ignore[attr-defined]
    answer = {
        "KeyId": key.arn,
        "Signature": base64.b64encode(signature).decode(),
        "SigningAlgorithm": algorithm,
    }
    return json.dumps(answer)


def _verify(request: KmsResponse) -> str:
    key, digest, scheme, algorithm = _signing_input(request)
    signature = base64.b64decode(request._get_param("Signature"))
    try:
        key.private_key.private_key.public_key().verify(signature, digest, *scheme)  # type: ignore[attr-defined]
    except InvalidSignature as error:
        raise _refusal("KMSInvalidSignatureException") from error
    return json.dumps({"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm})


def _mac(request: KmsResponse) -> tuple[Key, str, str]:
    key_id, algorithm = request._get_param("KeyId"), request._get_param("MacAlgorithm")
    request._validate_key_id(key_id)
    key = _usable(request.kms_backend, key_id, "GENERATE_VERIFY_MAC")
    if algorithm != f"HMAC_SHA_{key.key_spec.removeprefix('HMAC_')}":
        raise InvalidKeyUsageException
    return key, generate_hmac(key.key_material, _message(request), algorithm), algorithm


def _generate_mac(request: KmsResponse) -> str:
    key, mac, algorithm = _mac(request)
    return json.dumps({"Mac": mac, "MacAlgorithm": algorithm, "KeyId": key.arn})


def _verify_mac(request: KmsResponse) -> str:
    key, mac, algorithm = _mac(request)
    if not hmac.compare_digest(mac, request._get_param("Mac")):
        raise KMSInvalidMacException
    return json.dumps({"MacValid": True, "MacAlgorithm": algorithm, "KeyId": key.arn})


def _state_checked(operation: Any) -> Any:
    """Encrypt and Decrypt of a disabled key: refused once the key is known, before anything is returned."""

    @wraps(operation)
    def checked(backend: KmsBackend, *args: Any, **kwargs: Any) -> Any:
        answer = operation(backend, *args, **kwargs)
        _usable(backend, answer[1], "ENCRYPT_DECRYPT")
        return answer

    return checked
