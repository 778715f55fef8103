"""The private bucket: letters for the printing service, and evidence that people upload themselves.

Uploads go straight to the object store, by forms that are signed for one key, one media type and a size. The
bucket encrypts everything under its own key; what must not be lost is locked (docs/adr/0019).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

CHUNK = 1 << 20
LOCK: Final = "GOVERNANCE"
"""No role of ours can lift it; who decides for the operator can, as the law on personal data may ask."""
NOT_THERE = {403, 404}
"""S3 tells who may not list a bucket of no missing object, and no role of ours may list this one."""


class Stored(msgspec.Struct, frozen=True):
    """One version of an object."""

    key: str
    version: str
    size: int
    content_type: str


def put(cloud: Cloud, key: str, body: bytes, content_type: str, *, locked_until: datetime) -> None:
    """Write an object that nobody deletes before its time; again over the same, if it is sent again."""
    try:
        cloud.s3.put_object(
            Bucket=cloud.settings.private_bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            ObjectLockMode=LOCK,
            ObjectLockRetainUntilDate=locked_until,
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error


def upload_form(
    cloud: Cloud, key: str, content_type: str, longest: int, seconds: int, tags: dict[str, str]
) -> tuple[str, dict[str, str]]:
    """The address and the fields of a form that uploads exactly this key, of this type, up to this size."""
    tagged = "".join(f"<Tag><Key>{name}</Key><Value>{value}</Value></Tag>" for name, value in tags.items())
    fields = {"Content-Type": content_type, "tagging": f"<Tagging><TagSet>{tagged}</TagSet></Tagging>"}
    form = cloud.s3.generate_presigned_post(
        Bucket=cloud.settings.private_bucket,
        Key=key,
        Fields=dict(fields),
        Conditions=[
            *({name: value} for name, value in fields.items()),
            ["content-length-range", 1, longest],
        ],
        ExpiresIn=seconds,
    )
    return form["url"], form["fields"]


def look_at(cloud: Cloud, key: str) -> Stored | None:
    """The version that is there now, or None."""
    try:
        reply = cloud.s3.head_object(Bucket=cloud.settings.private_bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in NOT_THERE:
            return None
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error
    return Stored(key, reply.get("VersionId", ""), reply["ContentLength"], reply.get("ContentType", ""))


def first_octets(cloud: Cloud, stored: Stored, count: int) -> bytes:
    """The beginning of an object, and no more of it."""
    try:
        reply = cloud.s3.get_object(
            Bucket=cloud.settings.private_bucket,
            Key=stored.key,
            VersionId=stored.version,
            Range=f"bytes=0-{count - 1}",
        )
        return reply["Body"].read(count)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error


def sha256(cloud: Cloud, stored: Stored) -> str:
    """The hash of an object, read in pieces."""
    digest = hashlib.sha256()
    try:
        reply = cloud.s3.get_object(
            Bucket=cloud.settings.private_bucket, Key=stored.key, VersionId=stored.version
        )
        for chunk in reply["Body"].iter_chunks(CHUNK):
            digest.update(chunk)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
    return digest.hexdigest()


def link(cloud: Cloud, key: str, version: str, seconds: int) -> str:
    """An address that shows one version of an object for a short time."""
    return cloud.s3.generate_presigned_url(
        "get_object",
        Params={"Bucket": cloud.settings.private_bucket, "Key": key, "VersionId": version},
        ExpiresIn=seconds,
    )


def tag(cloud: Cloud, key: str, version: str, tags: dict[str, str]) -> None:
    """Tag one version of an object; its lifecycle follows its tags."""
    try:
        cloud.s3.put_object_tagging(
            Bucket=cloud.settings.private_bucket,
            Key=key,
            VersionId=version,
            Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error


def lock(cloud: Cloud, key: str, version: str, until: datetime) -> None:
    """Let nobody delete one version of an object before `until`; again, to make sure."""
    try:
        cloud.s3.put_object_retention(
            Bucket=cloud.settings.private_bucket,
            Key=key,
            VersionId=version,
            Retention={"Mode": LOCK, "RetainUntilDate": until},
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
