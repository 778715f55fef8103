"""The package for this machine's processor, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.package import wheels
from infra.package.__main__ import build_zip
from infra.package.emulator import ARCHITECTURE


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip."""
    folder = tmp_path_factory.mktemp("package")
    target = folder / "clavero.zip"
    build_zip(wheels.fetch(ARCHITECTURE, folder / "wheels"), target)
    return target
