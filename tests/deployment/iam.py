"""A judge of IAM policies: Allow and Deny, names with wildcards, the conditions that our policies use.

Not all of IAM, and it says so: an operator or a variable that it does not know is an error, never a pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from infra.local.deployer import REGION
from infra.package.template import PROJECT, extras

ACCOUNT = "123456789012"
Values = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Asked:
    """One permission that one call needs."""

    action: str
    resource: str
    context: Values = field(default_factory=dict)
    """Condition keys."""


@dataclass(frozen=True)
class Statement:
    """One statement, its intrinsics resolved."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    other_than: bool
    """Whether `resources` came from NotResource."""
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def speaks_of(self, asked: Asked) -> bool:
        """Whether the statement applies."""
        if not any(fnmatchcase(asked.action, pattern) for pattern in self.actions):
            return False
        named = any(fnmatchcase(asked.resource, pattern) for pattern in self.resources)
        return named != self.other_than and all(_holds(*each, asked.context) for each in self.conditions)


def _any_like(given: Collection[str], wanted: Collection[str]) -> bool:
    return any(fnmatchcase(value, pattern) for value in given for pattern in wanted)


def _all_equal(given: Collection[str], wanted: Collection[str]) -> bool:
    return set(given) <= set(wanted)


def _all_like(given: Collection[str], wanted: Collection[str]) -> bool:
    return all(any(fnmatchcase(value, pattern) for pattern in wanted) for value in given)


def _absent(given: Collection[str], wanted: Collection[str]) -> bool:
    return (not given) == (tuple(wanted) == ("true",))


def _one_equal(given: Collection[str], wanted: Collection[str]) -> bool:
    return len(given) == 1 and set(given) <= set(wanted)


def _one_like(given: Collection[str], wanted: Collection[str]) -> bool:
    return len(given) == 1 and _any_like(given, wanted)


OPERATORS: dict[str, Callable[[Collection[str], Collection[str]], bool]] = {
    "StringEquals": _one_equal,
    "StringLike": _one_like,
    "ForAllValues:StringEquals": _all_equal,
    "ForAllValues:StringLike": _all_like,
    "ForAnyValue:StringLike": _any_like,
    "Null": _absent,
}


def _holds(operator: str, key: str, wanted: tuple[str, ...], context: Values) -> bool:
    return OPERATORS[operator](context.get(key, ()), wanted)


class Policy:
    """The policy document of one function, for one stage."""

    def __init__(self, path: Path, stage: str, parameters: Mapping[str, str]) -> None:
        self._names = {
            "Stage": stage,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            **parameters,
        }
        self.statements = [self._statement(each) for each in json.loads(path.read_text())["Statement"]]

    def deciding(self, asked: Asked) -> tuple[str, Statement | None]:
        """`Allow` or `Deny`, and the statement that decides; none where nothing allows."""
        applying = [each for each in self.statements if each.speaks_of(asked)]
        for each in applying:
            if each.effect == "Deny":
                return "Deny", each
        return ("Allow", applying[0]) if applying else ("Deny", None)

    def allows(self, asked: Asked) -> bool:
        return self.deciding(asked)[0] == "Allow"

    def _statement(self, told: dict[str, Any]) -> Statement:
        conditions = [
            (operator, key, self._texts(wanted))
            for operator, keys in told.get("Condition", {}).items()
            for key, wanted in keys.items()
        ]
        unknown = [operator for operator, _, _ in conditions if operator not in OPERATORS]
        if unknown:
            raise NotImplementedError(unknown)
        return Statement(
            told["Sid"],
            told["Effect"],
            self._texts(told["Action"]),
            self._texts(told.get("Resource", told.get("NotResource"))),
            "NotResource" in told,
            tuple(conditions),
        )

    def _texts(self, value: Any) -> tuple[str, ...]:
        return tuple(self._text(each) for each in (value if isinstance(value, list) else [value]))

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        ((function, argument),) = value.items()
        if function == "Ref":
            return self._names[argument]
        if function == "Fn::GetAtt":
            return arn(".".join(argument), self._names["Stage"])
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: self._named(found[1]), argument)
        raise NotImplementedError(function)

    def _named(self, name: str) -> str:
        return arn(name, self._names["Stage"]) if name.endswith(".Arn") else self._names[name]


@cache
def _resources() -> dict[str, dict[str, Any]]:
    resources: dict[str, dict[str, Any]] = extras()["Resources"]
    return resources


def arn(reference: str, stage: str) -> str:
    """The ARN of a resource of ours. A key, which has no name, goes by its alias here."""
    logical = reference.removesuffix(".Arn")
    resource = _resources()[logical]
    if resource["Type"] == "AWS::KMS::Key":
        return key_arn(alias_of(logical, stage))
    if resource["Type"] == "AWS::S3::Bucket":
        name: str = resource["Properties"]["BucketName"]["Fn::Sub"]
        return "arn:aws:s3:::" + name.replace("${Stage}", stage).replace("${AWS::AccountId}", ACCOUNT)
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{logical}"


def key_arn(alias: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{alias.removeprefix('alias/')}"


def alias_of(key: str, stage: str) -> str:
    """The alias of a key of the template."""
    for each in _resources().values():
        if each["Type"] == "AWS::KMS::Alias" and each["Properties"]["TargetKeyId"] == {"Ref": key}:
            return str(each["Properties"]["AliasName"]["Fn::Sub"]).replace("${Stage}", stage)
    raise KeyError(key)


def policy(function: str, stage: str, parameters: Mapping[str, str]) -> Policy:
    """The policy document that a function is deployed with."""
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    file = config["lambda_functions"][function]["iam_policy_file"]
    return Policy(PROJECT / ".chalice" / file, stage, parameters)
