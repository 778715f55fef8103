"""Writes docs/errors.md from the code: `python -m tests.docs.write_errors`; --print: to the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from app import app
from chalicelib.web.problem_list import ProblemKind, problem_kinds

FILE = Path(__file__).parents[2] / "docs" / "errors.md"
HEAD = """\
# Errors

Every refusal is an `application/problem+json` document (RFC 9457). Programs compare its `slug`. Its `type`
is `<API URL>/problems/<slug>`, an address that answers what is written here. `field` names the part of the
request that it is about, and where it is known, a `Retry-After` header says when the same request may
succeed. Which operation answers which of them is in the OpenAPI document. Marks such as A19 are explained in
[conformance.md](conformance.md).

OCSP is the exception: what is wrong with a request is told by the OCSP response itself (RFC 6960 section
4.2.1).

This file is made from the code by `python -m tests.docs.write_errors`; a test fails when it lags behind.
"""
TABLE = ("| slug | status | title | meaning |", "|---|---|---|---|")
GROUPS = (
    ("What the caller can correct", range(400, 500)),
    ("What the caller cannot correct", range(500, 600)),
)


def _row(kind: ProblemKind) -> str:
    return f"| `{kind.slug}` | {kind.status} | {kind.title} | {kind.meaning} |"


def document() -> str:
    """The whole file."""
    app.import_all()
    parts = [HEAD]
    for title, statuses in GROUPS:
        rows = [_row(kind) for kind in problem_kinds() if kind.status in statuses]
        parts.append("\n".join([f"## {title}", "", *TABLE, *rows]))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(document())
    else:
        FILE.write_text(document(), encoding="utf-8")
