"""The deployable zip: only what runs, compiled beforehand, and the same octets from the same sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

SERVICES = {"dynamodb", "kms", "lambda", "s3", "ses", "sns"}
# Needed to find services at all, beside the data of each.
SHARED = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}
SOURCES = {".c", ".h", ".pyx", ".pxd", ".pyi"}  # of what is compiled or typed already
EPOCH = (2020, 1, 1, 0, 0, 0)
ROOT = "/var/task"
# badkeys brings pyOpenSSL, and botocore would choose it over the ssl module: 20 ms of a cold start.
UNUSED = ("urllib3/contrib/pyopenssl.py",)


def cut(folder: Path) -> None:
    """Drop the descriptions of the AWS services that are not used, and what is never imported."""
    data = folder / "botocore" / "data"
    for entry in data.iterdir():
        if entry.name not in SERVICES | SHARED:
            _remove(entry)
    for service in SERVICES:
        versions = sorted(path for path in (data / service).iterdir() if path.is_dir())
        for old in versions[:-1]:
            _remove(old)
        for example in (data / service).rglob("examples-1.json*"):
            _remove(example)
    for name in UNUSED:
        _remove(folder / name)
    for file in [file for file in folder.rglob("*") if file.suffix in SOURCES]:
        file.unlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def compile_all(folder: Path) -> None:
    """Add .pyc files that Lambda takes as they are: /var/task is read-only, and checking times would fail.

    In a process with a fixed hash seed and one worker, so that the octets do not depend on chance.
    """
    for cache in sorted(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    command = [sys.executable, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", ROOT, str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(command, check=True, env=environment)


def write(folder: Path, target: Path) -> None:
    """Zip a folder: entries sorted, one date, one mode, no trace of who built it where."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: the mode is in the upper half of the attributes
            entry.external_attr = (0o100755 if file.suffix == ".so" else 0o100644) << 16
            archive.writestr(entry, file.read_bytes())
