"""Fetches what ships, hash-pinned, for the target platform, and unpacks it beside the code.

Lambda's python3.11 runs on Amazon Linux 2, whose C library is glibc 2.26. A wheel made for a newer one
would install here and fail there at import, so no tag above 2.26 is accepted.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent.parent / "requirements.txt"
GLIBC = 26
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


def platforms(architecture: str) -> list[str]:
    """The wheel tags that run there, the newest first (PEP 600)."""
    machine = MACHINES[architecture]
    return [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)] + [f"manylinux2014_{machine}"]


def fetch(architecture: str, folder: Path) -> list[Path]:
    """Download the wheels of requirements.txt, checked by hash; returns them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(folder)]
    command += ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3"]
    command += ["--abi", "none", "--requirement", str(REQUIREMENTS)]
    for tag in platforms(architecture):
        command += ["--platform", tag]
    subprocess.run(command, check=True)
    return sorted(folder.glob("*.whl"))


def unpack(wheels: list[Path], folder: Path) -> None:
    """Lay the wheels' contents out for import; their scripts and data folders are of no use there."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if ".data/" not in name and not name.endswith("/"):
                    archive.extract(name, folder)
