"""Links between the project's documents lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def _prose(path: Path) -> str:
    """The text without its code, where brackets mean something else."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def _links(path: Path) -> Iterator[tuple[str, str]]:
    for target in LINK.findall(_prose(path)):
        if not re.match(r"[a-z]+:", target):
            place, _, anchor = target.partition("#")
            yield place, anchor


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ +(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_relative_links_exist(document: Path) -> None:
    """A reader who follows a link and finds nothing stops trusting the rest."""
    lost = []
    for place, anchor in _links(document):
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append(f"{place}#{anchor}" if anchor else place)
    assert not lost


def test_every_decision_and_runbook_is_linked_from_a_page() -> None:
    """A page that nothing links to is one that nobody reads."""
    linked = {
        (document.parent / place).resolve()
        for document in DOCUMENTS
        for place, _ in _links(document)
        if place
    }
    pages = {path for folder in ("adr", "runbooks") for path in (PROJECT / "docs" / folder).glob("*.md")}
    assert not {str(path.relative_to(PROJECT)) for path in pages if path.resolve() not in linked}
