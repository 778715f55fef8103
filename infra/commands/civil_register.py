"""The civil and address register, imported from the operator's command line."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from chalicelib.aws.cloud import Cloud
from chalicelib.errors import Problem
from chalicelib.registry.civil_register import CivilEntry, import_entry


def import_people(cloud: Cloud, file: Path, operator: str) -> int:
    """Enter the people of a file, one JSON object a line; wrong lines are named by number and left out."""
    wrong = entered = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                import_entry(cloud, msgspec.json.decode(line, type=CivilEntry), operator)
                entered += 1
            except (Problem, msgspec.DecodeError) as error:
                reason = error.slug if isinstance(error, Problem) else "not of the documented form"
                print(f"line {number}: {reason}", file=sys.stderr)
                wrong += 1
    print(f"imported {entered} people; wrong lines: {wrong}")
    return 1 if wrong else 0
