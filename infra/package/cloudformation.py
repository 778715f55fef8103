"""CloudFormation in YAML, read with its short forms written out, and merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Knows !Ref and the like. (YAML itself has anchors and `<<`, which CloudFormation does not take.)"""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise yaml.YAMLError(f"unexpected node under !{suffix}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


class Clash(Exception):
    """Two files say different things of the same."""


def read(path: Path) -> Template:
    """A template file as plain data."""
    with path.open() as file:
        template: Template = yaml.load(file, Loader=_Loader)  # noqa: S506  # a SafeLoader
    return template


def merged(first: Any, second: Any, where: str = "") -> Any:
    """Both, mappings joined; a value that both have must be the same in both.

    Raises:
        Clash: it is not.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        both = dict(first)
        for name, value in second.items():
            both[name] = merged(first[name], value, f"{where}/{name}") if name in first else value
        return both
    if first != second:
        raise Clash(f"{where}: {first!r} and {second!r}")
    return first
