"""The bill of materials (CycloneDX 1.6) of what the zip holds, from the wheels that went into it."""

from __future__ import annotations

import email
import hashlib
import importlib.metadata
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any


def describe(wheels: list[Path], copied: list[str], archive: Path, version: str) -> str:
    """The document. It holds no date and no chance: the same zip has the same one.

    Args:
        copied: names of installed packages of which modules were copied.
    """
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    every = [_of_wheel(wheel) for wheel in wheels]
    every += [_component(importlib.metadata.metadata(name)) for name in copied]
    components = sorted(every, key=lambda each: str(each["purl"]))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "clavero",
                "name": "clavero",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": components,
        "dependencies": [{"ref": "clavero", "dependsOn": [each["bom-ref"] for each in components]}],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _of_wheel(wheel: Path) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        component = _component(email.message_from_bytes(opened.read(name)))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return {**component, "hashes": [{"alg": "SHA-256", "content": digest}]}


def _component(metadata: Any) -> dict[str, Any]:
    purl = f"pkg:pypi/{str(metadata['Name']).lower().replace('_', '-')}@{metadata['Version']}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": metadata["Name"],
        "version": metadata["Version"],
        "purl": purl,
    }
    if expression := metadata.get("License-Expression"):
        component["licenses"] = [{"expression": expression}]
    elif (named := metadata.get("License")) and "\n" not in named and len(named) < 80:
        component["licenses"] = [{"license": {"name": named}}]
    return component
