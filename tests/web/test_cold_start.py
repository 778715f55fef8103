"""What the public function must not load at its start, since every cold start would pay for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "boto3",
    "chalicelib.pki.der",
    "cryptography.hazmat.asn1",
    "cryptography.hazmat.primitives.serialization.pkcs7",
    "email.policy",
    "fpdf",
    "pkilint",
    "pyasn1",
    "tomllib",
    "zoneinfo",
)


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The modules of a fresh process that has imported every room."""
    command = [sys.executable, "-c", "import sys, app; app.app.every_route(); print(*sys.modules)"]
    return frozenset(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("module", HEAVY)
def test_it_is_not_loaded_before_it_is_needed(loaded: frozenset[str], module: str) -> None:
    assert "chalicelib.certificates.routes" in loaded
    assert module not in loaded


def test_no_module_of_ours_makes_a_dataclass_where_a_struct_will_do() -> None:
    """Making a dataclass runs code generated for it; a struct is made in C. These need what structs lack."""
    command = (
        "import app, sys, dataclasses as d; app.app.every_route();"
        "print(*sorted({v.__qualname__ for n, m in list(sys.modules.items()) if n.startswith('chalicelib')"
        " for v in vars(m).values() if isinstance(v, type) and d.is_dataclass(v)"
        " and v.__module__ == n}))"
    )
    told = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    # Metadata of fields, attributes that are worked out once, and figures that are counted up.
    assert told.split() == ["Cloud", "Report", "Request", "Settings"]
