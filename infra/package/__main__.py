"""`python -m infra.package`: the deployable zip, a template for a stage, the bill of materials; in out/."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

from chalicelib.web.meta import VERSION
from infra.package import archive, sbom, template, wheels

_no_caches = shutil.ignore_patterns("__pycache__")
LIMIT = 50 * 1024 * 1024  # AWS Lambda quotas: deployment package, zipped


def build(out: Path, stage: str, architecture: str) -> None:
    """Build everything into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    target = out / "clavero.zip"
    with tempfile.TemporaryDirectory() as name:
        fetched = wheels.fetch(architecture, Path(name, "wheels"))
        build_zip(fetched, target)
        (out / "sbom.json").write_text(sbom.describe(fetched, ["chalice"], target, VERSION))
    made = template.build(stage, architecture, f"./{target.name}")
    (out / "template.yaml").write_text(template.text(made))


def build_zip(fetched: list[Path], target: Path) -> None:
    """The zip of the code in this tree with these wheels."""
    with tempfile.TemporaryDirectory() as name:
        content = Path(name)
        wheels.unpack(fetched, content)
        archive.cut(content)
        shutil.copy(template.PROJECT / "app.py", content)
        shutil.copytree(template.PROJECT / "chalicelib", content / "chalicelib", ignore=_no_caches)
        # Of Chalice, functions need two modules; the rest is its command line.
        chalice = Path(str(importlib.util.find_spec("chalice").origin)).parent  # type: ignore[union-attr]
        (content / "chalice").mkdir()
        for module in ("__init__.py", "app.py"):
            shutil.copy(chalice / module, content / "chalice")
        archive.compile_all(content)
        archive.write(content, target)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__)
    parser.add_argument("--stage", default="prod", choices=["dev", "prod"])
    parser.add_argument("--architecture", default="arm64", choices=sorted(wheels.MACHINES))
    parser.add_argument("--out", type=Path, default=Path("out"))
    asked = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        print("The .pyc files must be those of the runtime: build with Python 3.11", file=sys.stderr)
        return 1
    build(asked.out, asked.stage, asked.architecture)
    octets = (asked.out / "clavero.zip").read_bytes()
    print(
        f"{asked.out}/clavero.zip    {len(octets) / 1e6:.1f} MB  sha256 {hashlib.sha256(octets).hexdigest()}"
    )
    print(f"{asked.out}/template.yaml  stage {asked.stage}, {asked.architecture}")
    print(f"{asked.out}/sbom.json      CycloneDX 1.6")
    return 0 if len(octets) < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
