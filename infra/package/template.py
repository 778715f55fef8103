"""One CloudFormation template: what Chalice makes of app.py, and the extras of infra/*.yaml."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from infra.package.cloudformation import Template, merged, read
from infra.package.functions import add_to_each, logical_id

PROJECT = Path(__file__).parent.parent.parent
EXTRAS = ("resources", "functions", "network", "alarms")


def extras() -> Template:
    """The files of infra/, as one."""
    template: Template = {}
    for name in EXTRAS:
        template = (
            merged(template, read(PROJECT / "infra" / f"{name}.yaml"), name)
            if template
            else read(PROJECT / "infra" / f"{name}.yaml")
        )
    return template


def functions() -> list[str]:
    """The functions that .chalice/config.json describes."""
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return sorted(config["lambda_functions"])


def build(stage: str, architecture: str, code_uri: str) -> Template:
    """The template of a stage, pointing at a zip that is built apart."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _stage_project(folder, architecture)
        (folder / "extras.json").write_text(json.dumps(extras()))
        command = [str(Path(sys.executable).with_name("chalice")), "package", "--stage", stage]
        command += ["--template-format", "json", "--merge-template", "extras.json", "out"]
        environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-south-2"}
        subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        template: Template = json.loads((folder / "out" / "sam.json").read_text())
    _complete(template, stage, code_uri)
    return template


def _stage_project(folder: Path, architecture: str) -> None:
    """What Chalice reads: the code without its dependencies, which it would build in its own way."""
    shutil.copy(PROJECT / "app.py", folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "chalicelib", folder / "chalicelib", ignore=ignored)
    shutil.copytree(PROJECT / ".chalice", folder / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    (folder / "requirements.txt").touch()
    config = json.loads((folder / ".chalice" / "config.json").read_text())
    config["lambda_architecture"] = architecture
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))


def _complete(template: Template, stage: str, code_uri: str) -> None:
    template["Description"] = "Clavero, a serverless authority for citizens' certificates"
    template["Parameters"]["Stage"] = {"Type": "String", "Default": stage, "AllowedValues": [stage]}
    found = {
        name for name, each in template["Resources"].items() if each["Type"] == "AWS::Serverless::Function"
    }
    described = functions()
    if found != {logical_id(function) for function in described}:
        raise ValueError(f"app.py and .chalice/config.json name different functions: {sorted(found)}")
    for name in found:
        template["Resources"][name]["Properties"]["CodeUri"] = code_uri
    add_to_each(template, described)
    # Their address is that of the closed execute-api endpoint.
    template["Outputs"].pop("EndpointURL", None)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def text(template: Template) -> str:
    """The template in YAML, in one order."""
    written: str = yaml.dump(template, Dumper=_Plain, sort_keys=True, width=110, allow_unicode=True)
    return written
