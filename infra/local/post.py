"""The post of a local authority: the letters that lie in the object store for the printing service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

PREFIX = "post/"


@dataclass(frozen=True)
class Posted:
    """A letter that is ready to be printed. `name` is its key without the prefix."""

    name: str
    at: str
    size: int


class PostTray(Protocol):
    """Where letters are found."""

    def letters(self) -> list[Posted]:
        """All letters, the newest first."""
        ...

    def letter(self, name: str) -> bytes | None:
        """One letter's PDF, or None."""
        ...


class NoPost:
    """An authority that sends no letters."""

    def letters(self) -> list[Posted]:
        return []

    def letter(self, name: str) -> bytes | None:  # noqa: ARG002
        return None


class StoredPost:
    """The letters in a bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def letters(self) -> list[Posted]:
        """All letters, the newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
        found = [
            Posted(entry["Key"].removeprefix(PREFIX), entry["LastModified"].isoformat(), entry["Size"])
            for page in pages
            for entry in page.get("Contents", [])
        ]
        return sorted(found, key=lambda letter: letter.at, reverse=True)

    def letter(self, name: str) -> bytes | None:
        """One letter's PDF. The name is looked up among the letters, never joined to an address."""
        if name not in {letter.name for letter in self.letters()}:
            return None
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=PREFIX + name)["Body"].read()
        return content
