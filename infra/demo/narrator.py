"""Tells the story: what happens in plain words, and a mark for each thing that was checked."""

from __future__ import annotations

import textwrap
from pathlib import Path

WIDTH = 96


class CheckFailed(Exception):
    """Something is not as the story says; the message names it."""


class Narrator:
    """Prints the story, and keeps a copy of it in a file."""

    def __init__(self, copy: Path) -> None:
        self.checks = 0
        self._chapters = 0
        self._copy = copy.open("w", encoding="utf-8")

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapters += 1
        self._line(f"\n{self._chapters}. {title}\n")

    def say(self, text: str) -> None:
        """What happens next."""
        self._line(_filled(text, "   "))

    def check(self, claim: str, holds: bool, seen: object = "") -> None:
        """Claim something; the story ends here if it does not hold.

        Raises:
            CheckFailed: with the claim, and what was seen instead.
        """
        if not holds:
            self._line(f"   ✗ {claim}")
            raise CheckFailed(f"{claim}\n{seen}".strip())
        self.checks += 1
        self._line(_filled(claim, "   ✓ "))

    def skipped(self, what: str, why: str) -> None:
        """Say what was not checked, and why."""
        self._line(f"   - {what}: SKIPPED, {why}")

    def end(self, text: str) -> None:
        """The last line."""
        self._line(f"\n{text}")

    def _line(self, text: str) -> None:
        print(text, flush=True)
        self._copy.write(text + "\n")
        self._copy.flush()


def _filled(text: str, begins: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=begins, subsequent_indent=" " * len(begins), break_on_hyphens=False
    )
