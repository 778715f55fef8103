"""A token of SoftHSM2 as a card: for whoever tries the workstation out without a reader."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from infra.workstation.pkcs11_card import Pkcs11Card

PROGRAMS = ("softhsm2-util", "pkcs11-tool")
LIBRARIES = tuple(
    Path(folder, "libsofthsm2.so")
    for folder in (
        "/usr/lib/softhsm",
        "/usr/lib64/softhsm",
        "/usr/lib64/pkcs11",
        "/usr/local/lib/softhsm",
        "/opt/homebrew/lib/softhsm",
    )
)


def missing() -> list[str]:
    """What would have to be installed (Debian: softhsm2 and opensc); empty where all is there."""
    found = [name for name in PROGRAMS if shutil.which(name) is None]
    return found if _library() else [*found, "libsofthsm2.so"]


def blank_card(folder: Path, pin: str, label: str = "card") -> Pkcs11Card:
    """A new token under `folder`, as blank as a card comes in the post."""
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    # SoftHSM is told so where its tokens are, in whatever process uses it.
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "00000000"]
    subprocess.run([*command, "--pin", pin], check=True, capture_output=True)
    library = _library()
    assert library is not None
    return Pkcs11Card(library, label, pin)


def _library() -> Path | None:
    return next((path for path in LIBRARIES if path.exists()), None)
