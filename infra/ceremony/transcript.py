"""The transcript of a ceremony: what was found, what was made, by whom, with the hash of every artefact."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

MADE, FOUND = "made", "found"


@dataclass(frozen=True)
class Entry:
    """One artefact. `what`: made in this run, or found from an earlier one."""

    what: str
    kind: str
    name: str
    sha256: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass
class Transcript:
    """The record of one run, in the order of its steps."""

    held_at: datetime
    stage: str
    configuration: str
    """SHA-256 of the configuration file."""
    attendees: tuple[str, ...]
    linter: str
    entries: list[Entry] = field(default_factory=list)

    def add(self, what: str, kind: str, name: str, artefact: bytes, **details: str) -> None:
        self.entries.append(Entry(what, kind, name, hashlib.sha256(artefact).hexdigest(), details))

    @property
    def made(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.what == MADE]

    def as_json(self) -> bytes:
        document = {**asdict(self), "held_at": self.held_at.isoformat()}
        return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"

    def as_text(self) -> str:
        """For paper: it is read aloud and signed by those who attended."""
        lines = [
            f"Key ceremony, stage {self.stage}, held {self.held_at:%Y-%m-%d %H:%M:%S} UTC",
            f"Configuration, SHA-256: {self.configuration}",
            f"Linter: {self.linter}",
            "",
        ]
        for entry in self.entries:
            lines.append(f"{entry.what.upper():5} {entry.kind} {entry.name}")
            lines.append(f"      SHA-256 {entry.sha256}")
            lines += [f"      {name}: {value}" for name, value in entry.details.items()]
        lines += ["", f"Transcript (JSON), SHA-256: {hashlib.sha256(self.as_json()).hexdigest()}", ""]
        for name in self.attendees:
            lines += [f"Attended: {name}", "", "Signature: ______________________________", ""]
        return "\n".join(lines)

    def write(self, folder: Path) -> Path:
        """Write both forms beside those of earlier runs, and never over one."""
        number = sum(1 for _ in folder.glob("transcript-*.json")) + 1
        path = folder / f"transcript-{number:03d}-{self.held_at:%Y%m%dT%H%M%SZ}.json"
        write_new(path, self.as_json())
        write_new(path.with_suffix(".txt"), self.as_text().encode())
        return path


def write_new(path: Path, octets: bytes) -> None:
    """Write a file that must not exist, durable and whole before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    os.link(partial, path)  # fails if the name is taken, which a rename would not
    partial.unlink()
