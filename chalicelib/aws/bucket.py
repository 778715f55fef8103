"""The public bucket of CRLs and CA certificates: writes are compare-and-swap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud


def read(cloud: Cloud, key: str) -> tuple[bytes, str] | None:
    """The object and its ETag, or None."""
    try:
        reply = cloud.s3.get_object(Bucket=cloud.settings.bucket, Key=key)
        return reply["Body"].read(), reply["ETag"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error


def write(
    cloud: Cloud, key: str, body: bytes, content_type: str, *, replaces: str | None, max_age: int
) -> None:
    """Write an object, only over the version whose ETag is `replaces` (None: only if there is none).

    Raises:
        Conflict: somebody else wrote first.
    """
    only: dict[str, Any] = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
    try:
        cloud.s3.put_object(
            Bucket=cloud.settings.bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            CacheControl=f"public, max-age={max_age}",
            **only,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {
            "PreconditionFailed",
            "ConditionalRequestConflict",
            "412",
            "409",
        }:
            raise Conflict from error
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error
