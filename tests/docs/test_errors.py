"""docs/errors.md says what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_every_kind_of_problem_is_in_the_documentation() -> None:
    """A process of its own: other tests define problems, and importing the app binds the tables."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.docs.write_errors", "--print"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    written = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert written == made.stdout, "renew it: .venv/bin/python -m tests.docs.write_errors"
