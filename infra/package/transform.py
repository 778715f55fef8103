"""A packaged template as CloudFormation will see it: the serverless transform applied, without an account."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.translator import Translator


class _NoPolicies(ManagedPolicyLoader):  # type: ignore[misc]  # it has no types
    """Our roles name no managed policy, so nobody needs to be asked for them."""

    def __init__(self) -> None:
        super().__init__(None)

    def load(self) -> dict[str, str]:
        return {}


def main(source: Path, target: Path) -> None:
    logging.disable(logging.WARNING)
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-south-2")
    template = yaml.safe_load(source.read_text())
    for each in template["Resources"].values():
        if "CodeUri" in each.get("Properties", {}):
            each["Properties"]["CodeUri"] = (
                "s3://packages/clavero.zip"  # as `cloudformation package` leaves it
            )
    values = {name: told.get("Default", "") for name, told in template["Parameters"].items()}
    target.write_text(
        json.dumps(Translator({}, Parser()).translate(template, values), indent=1, sort_keys=True)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
