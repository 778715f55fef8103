"""docs/conformance.md names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CONFORMANCE = (PROJECT / "docs" / "conformance.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", CONFORMANCE)
# A folder's name and a slash, and an ending: `tests/pki/test_crl.py`, or with a name: `...crl.py:build`.
REFERENCE = re.compile(
    r"((?:chalicelib|tests|infra|docs|\.chalice)/[\w./-]+|app\.py|pyproject\.toml|Makefile)(?::(\w+))?"
)
REFERENCES = sorted({match.groups() for quoted in QUOTED if (match := REFERENCE.fullmatch(quoted))}, key=str)


@pytest.mark.parametrize(("place", "name"), REFERENCES, ids=lambda value: value or "")
def test_what_is_named_exists(place: str, name: str | None) -> None:
    """A file is there; a function, class or constant is defined in it."""
    path = PROJECT / place
    assert path.exists()
    if name:
        text = path.read_text(encoding="utf-8")
        assert re.search(rf"^\s*(?:def|class) {name}\b|^\s*{name}\b\s*[:=]", text, flags=re.MULTILINE)


def test_nothing_that_looks_like_a_reference_escapes_the_check() -> None:
    """A misspelt reference would otherwise be taken for prose."""
    paths = [quoted for quoted in QUOTED if re.search(r"\.py\b", quoted)]
    assert not [path for path in paths if not REFERENCE.fullmatch(path)]


def test_every_rule_is_there_once() -> None:
    """A second line for one rule would contradict the first sooner or later."""
    rules = re.findall(r"^\| ((?:[AX]|R)?[0-9.]+[a-z]?) \|", CONFORMANCE, flags=re.MULTILINE)
    assert len(rules) == len(set(rules))
    assert {"A01", "A08", "A16", "A27", "A31", "X03", "X04", "X12", "X17", "3.5", "3.17"} <= set(rules)
    assert {f"R{number}" for number in (*range(1, 25), 27, 30)} <= set(rules)
