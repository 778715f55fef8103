"""CA keys in AWS KMS as `cryptography` private keys: every X.509 builder takes them as they are.

Only digests are sent (MessageType DIGEST): KMS refuses raw messages over 4,096 octets, and a CRL is
longer. Each signature that comes back is verified with the public key before anyone sees it, so a
moved alias, a faulty service or a wrong algorithm can never become a certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed

from chalicelib.errors import Problem, Unavailable

if TYPE_CHECKING:
    from cryptography.utils import Buffer
    from mypy_boto3_kms import KMSClient

# A KMS key of one curve signs with one hash only (AWS KMS developer guide, "Key spec reference").
EC_ALGORITHMS = {("secp256r1", "sha256"): "ECDSA_SHA_256", ("secp384r1", "sha384"): "ECDSA_SHA_384"}
RSA_HASHES = {"sha256": "SHA_256", "sha384": "SHA_384", "sha512": "SHA_512"}
RSA_SIZES = (2048, 3072, 4096)


class KeyNeverLeaves(Problem):
    """Something asked for what only the holder of a private key can do: export, decrypt, agree, copy."""

    slug = "key-never-leaves-kms"
    title = "The private key is in KMS and never leaves it"


class KeyNotUsable(Problem):
    """The KMS key, or the algorithm asked of it, is not one that a CA key may use."""

    slug = "key-not-usable"
    title = "The KMS key cannot sign in this way"


class SignatureNotOurs(Problem):
    """KMS returned a signature that the expected public key does not verify; it is thrown away."""

    slug = "signature-not-ours"
    title = "The signature made by KMS does not verify"


class SigningUnavailable(Unavailable):
    """KMS did not answer or refused; nothing was signed that we keep."""

    slug = "signing-unavailable"


class _KmsKey:
    """What EC and RSA keys share: where the key is, how to ask it, and everything it will not do."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def _sign_digest(self, digest: bytes, algorithm: str) -> bytes:
        try:
            answer = self._client.sign(
                KeyId=self._key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm=algorithm,  # type: ignore[arg-type]  # one of the names in the tables above
            )
        except (ClientError, BotoCoreError) as error:
            raise SigningUnavailable from error
        return answer["Signature"]

    def _refuse(self, *_arguments: Any, **_named: Any) -> NoReturn:
        raise KeyNeverLeaves

    private_numbers = _refuse
    private_bytes = _refuse
    exchange = _refuse
    decrypt = _refuse
    __copy__ = _refuse
    __deepcopy__ = _refuse
    __reduce__ = _refuse


class KmsEcKey(_KmsKey, ec.EllipticCurvePrivateKey):
    """An ECDSA key on P-256 or P-384."""

    def __init__(self, client: KMSClient, key_id: str, public_key: ec.EllipticCurvePublicKey) -> None:
        super().__init__(client, key_id)
        self._public_key = public_key

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign `data`, or a digest when the algorithm is `ECDSA(Prehashed(...))`."""
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise KeyNotUsable("EC keys sign with ECDSA only")
        digest, hash_algorithm = _digest(bytes(data), signature_algorithm.algorithm)
        algorithm = EC_ALGORITHMS.get((self.curve.name, hash_algorithm.name))
        if algorithm is None:
            raise KeyNotUsable(f"KMS does not sign {hash_algorithm.name} with {self.curve.name}")
        signature = self._sign_digest(digest, algorithm)
        try:
            self._public_key.verify(signature, digest, ec.ECDSA(Prehashed(hash_algorithm)))
        except InvalidSignature as error:
            raise SignatureNotOurs from error
        return signature


class KmsRsaKey(_KmsKey, rsa.RSAPrivateKey):
    """An RSA key of 2048, 3072 or 4096 bits: PKCS#1 v1.5, or PSS with salt as long as the digest."""

    def __init__(self, client: KMSClient, key_id: str, public_key: rsa.RSAPublicKey) -> None:
        super().__init__(client, key_id)
        self._public_key = public_key

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def sign(
        self,
        data: Buffer,
        padding: padding.AsymmetricPadding,
        algorithm: Prehashed | hashes.HashAlgorithm | NoDigestInfo,
    ) -> bytes:
        """Sign `data`, or a digest when the algorithm is `Prehashed(...)`."""
        if isinstance(algorithm, NoDigestInfo):
            raise KeyNotUsable("RSA keys sign a named digest only")
        digest, hash_algorithm = _digest(bytes(data), algorithm)
        if hash_algorithm.name not in RSA_HASHES:
            raise KeyNotUsable(f"KMS does not sign {hash_algorithm.name} with RSA")
        scheme, exact = _rsa_scheme(padding, hash_algorithm)
        signature = self._sign_digest(digest, f"RSASSA_{scheme}_{RSA_HASHES[hash_algorithm.name]}")
        try:
            self._public_key.verify(signature, digest, exact, Prehashed(hash_algorithm))
        except InvalidSignature as error:
            raise SignatureNotOurs from error
        return signature


def _digest(data: bytes, algorithm: Prehashed | hashes.HashAlgorithm) -> tuple[bytes, hashes.HashAlgorithm]:
    """The digest to sign and its hash; a digest handed in must have the length of its hash."""
    if isinstance(algorithm, Prehashed):
        # cryptography's public attribute is the digest size only, the hash itself is private to it.
        inner: hashes.HashAlgorithm = algorithm._algorithm
        if len(data) != inner.digest_size:
            raise KeyNotUsable(f"a {inner.name} digest has {inner.digest_size} octets")
        return data, inner
    hasher = hashes.Hash(algorithm)
    hasher.update(data)
    return hasher.finalize(), algorithm


def _rsa_scheme(
    asked: padding.AsymmetricPadding, hash_algorithm: hashes.HashAlgorithm
) -> tuple[str, padding.AsymmetricPadding]:
    """KMS's name for the padding, and the padding that its signature must verify with."""
    if isinstance(asked, padding.PKCS1v15):
        return "PKCS1_V1_5", asked
    if not isinstance(asked, padding.PSS):
        raise KeyNotUsable("RSA keys sign with PKCS#1 v1.5 or PSS only")
    # KMS fixes PSS to MGF1 of the same hash and a salt as long as the digest.
    same_hash = asked.mgf._algorithm.name == hash_algorithm.name
    if not same_hash or asked._salt_length not in (padding.PSS.DIGEST_LENGTH, hash_algorithm.digest_size):
        raise KeyNotUsable("PSS needs MGF1 of the same hash and a salt as long as the digest")
    return "PSS", padding.PSS(padding.MGF1(hash_algorithm), hash_algorithm.digest_size)


def kms_key(
    client: KMSClient, key_id: str, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> KmsEcKey | KmsRsaKey:
    """The key whose public half is already known, for example from its certificate: no call is made."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in {
        curve for curve, _ in EC_ALGORITHMS
    }:
        return KmsEcKey(client, key_id, public_key)
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size in RSA_SIZES:
        return KmsRsaKey(client, key_id, public_key)
    raise KeyNotUsable("CA keys are P-256, P-384 or RSA of 2048, 3072 or 4096 bits")


def load_key(client: KMSClient, key_id: str) -> KmsEcKey | KmsRsaKey:
    """The key behind a key id, ARN or alias, after asking KMS for its public half."""
    try:
        answer = client.get_public_key(KeyId=key_id)
    except (ClientError, BotoCoreError) as error:
        raise SigningUnavailable from error
    if answer["KeyUsage"] != "SIGN_VERIFY":
        raise KeyNotUsable("the KMS key is not a signing key")
    try:
        public_key = serialization.load_der_public_key(answer["PublicKey"])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyNotUsable from error
    return kms_key(client, key_id, public_key)  # type: ignore[arg-type]  # kms_key refuses other types
