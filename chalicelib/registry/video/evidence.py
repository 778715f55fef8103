"""What is uploaded for a registration by video: which files, how large, and whether they are what they say.

Nobody opens a file before its first octets were seen to be those of its media type: a page or a program
under the name of a photograph never reaches a reviewer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from chalicelib.aws import private_bucket
from chalicelib.errors import Problem

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

MEBIBYTE: Final = 1 << 20
UPLOAD_WITHIN: Final = timedelta(minutes=15)
LINK_LIFE: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=5479)
"""15 years, as the bucket's lifecycle keeps what is tagged as accepted (Ley 6/2020 art. 9.3 a)."""
BEGINNING: Final = 64 * 1024
"""Enough for magic numbers, and for the header of a video that is meant to be played while it loads."""

ImageType = Literal["image/jpeg", "image/png"]
VideoType = Literal["video/mp4", "video/webm"]
Retention = Literal["undecided", "accepted", "rejected"]


class UploadMissing(Problem):
    """A file was announced and has not arrived."""

    slug = "upload-missing"
    status = 409
    title = "Upload both sides of the document and the video first"


class UploadNotAsClaimed(Problem):
    """The octets are not those of the media type, or too many."""

    slug = "upload-not-as-claimed"
    status = 422
    title = "A file is not what it was announced as; upload it again"


class Kind(msgspec.Struct, frozen=True):
    """One of the files that a case consists of."""

    name: str
    longest: int


KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("front", 10 * MEBIBYTE),
            Kind("back", 10 * MEBIBYTE),
            Kind("video", 50 * MEBIBYTE),
        )
    }
)

MAGIC: Final[MappingProxyType[str, Callable[[bytes], bool]]] = MappingProxyType(
    {
        "image/jpeg": lambda octets: octets.startswith(b"\xff\xd8\xff"),
        "image/png": lambda octets: octets.startswith(b"\x89PNG\r\n\x1a\n"),
        # ISO/IEC 14496-12: the file type box comes first.
        "video/mp4": lambda octets: octets[4:8] == b"ftyp",
        # EBML, with the document type in the first box.
        "video/webm": lambda octets: octets.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in octets[:64],
    }
)


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of evidence."""

    key: str
    content_type: str
    version: str = ""
    size: int = 0
    sha256: str = ""


Files = dict[str, File]


def announced(case_id: str, types: Mapping[str, str]) -> Files:
    """The files of a new case."""
    return {name: File(f"video/{case_id}/{name}", types[name]) for name in KINDS}


def upload_form(cloud: Cloud, name: str, file: File) -> tuple[str, dict[str, str]]:
    """A form that uploads this file and nothing else."""
    return private_bucket.upload_form(
        cloud,
        file.key,
        file.content_type,
        KINDS[name].longest,
        int(UPLOAD_WITHIN.total_seconds()),
        {"retention": "undecided"},
    )


def inspect(cloud: Cloud, files: Files) -> tuple[Files, bytes]:
    """The files as they arrived, pinned by version and hash; and the beginning of the video.

    Raises:
        UploadMissing, UploadNotAsClaimed: naming the file.
    """
    pinned: Files = {}
    beginning = b""
    for name, file in files.items():
        stored = private_bucket.look_at(cloud, file.key)
        if stored is None:
            raise UploadMissing(field=name)
        if not 0 < stored.size <= KINDS[name].longest or stored.content_type != file.content_type:
            raise UploadNotAsClaimed(field=name)
        beginning = private_bucket.first_octets(cloud, stored, BEGINNING)
        if not MAGIC[file.content_type](beginning):
            raise UploadNotAsClaimed(field=name)
        digest = private_bucket.sha256(cloud, stored)
        pinned[name] = File(file.key, file.content_type, stored.version, stored.size, digest)
    return pinned, beginning


def links(cloud: Cloud, files: Files) -> dict[str, str]:
    """Addresses that show the pinned versions for a few minutes."""
    seconds = int(LINK_LIFE.total_seconds())
    return {name: private_bucket.link(cloud, file.key, file.version, seconds) for name, file in files.items()}


def retain(cloud: Cloud, files: Files, retention: Retention) -> None:
    """Decide how long the evidence is kept: the bucket's lifecycle follows this tag."""
    for file in files.values():
        private_bucket.tag(cloud, file.key, file.version, {"retention": retention})


def lock(cloud: Cloud, files: Files, decided_at: datetime) -> None:
    """Let nobody delete what an accepted registration rests on before its time; again, to make sure."""
    for file in files.values():
        private_bucket.lock(cloud, file.key, file.version, decided_at + KEPT)


def read_files(text: str) -> Files:
    """The files of a row."""
    return msgspec.json.decode(text, type=Files)


def duration(beginning: bytes) -> float | None:
    """How many seconds an MP4 says it lasts, if its movie header is near the beginning."""
    at = beginning.find(b"mvhd")
    if at < 0 or len(beginning) < at + 36:
        return None
    wide = beginning[at + 4] == 1
    first = at + 8 + (16 if wide else 8)
    scale = int.from_bytes(beginning[first : first + 4], "big")
    units = int.from_bytes(beginning[first + 4 : first + (12 if wide else 8)], "big")
    return units / scale if scale else None
