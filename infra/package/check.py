"""Static checks of what is deployed: cfn-lint and checkov on the template, bandit on the code, pip-audit.

`python -m infra.package.check`, after `make package`. cfn-lint sees the template as it is packaged and as
the serverless transform leaves it, since each shows what the other hides.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from infra.package.template import PROJECT

TOOLS = PROJECT / ".tools" / "lint" / "bin"
ACCEPTED = Path(__file__).with_name("accepted-findings.yaml")
REGIONS = ("eu-south-2", "eu-west-1")
SEVERE = "-ll"  # bandit: medium and high; ruff has its rules for the rest


class Failed(Exception):
    """A check found what nobody accepted."""


def main() -> int:
    out = PROJECT / "out"
    packaged, transformed = out / "template.yaml", out / "transformed.json"
    accepted = yaml.safe_load(ACCEPTED.read_text())
    try:
        _run("python", str(Path(__file__).with_name("transform.py")), str(packaged), str(transformed))
        for template in (packaged, transformed):
            _run("cfn-lint", "--regions", *REGIONS, "--", str(template))
            print(f"cfn-lint   {template.name}: nothing found")
        checkov(transformed, accepted["checkov"])
        bandit(accepted["bandit"])
        audit()
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def checkov(template: Path, accepted: list[dict[str, Any]]) -> None:
    """Every failed check is accepted, by check and resource, and every acceptance is needed."""
    told = json.loads(
        _run(
            *("checkov", "-f", str(template), "--framework", "cloudformation"),
            *("--skip-download", "--quiet", "--compact", "--soft-fail", "-o", "json"),
        )
    )
    report = told[0] if isinstance(told, list) else told
    failed = report["results"]["failed_checks"]
    found = {(each["check_id"], each["resource"].split(".")[-1]) for each in failed}
    _compare("checkov", found, ((each["check"], name) for each in accepted for name in each["resources"]))
    print(f"checkov    {report['summary']['passed']} passed, {len(found)} failed and accepted with a reason")


def bandit(accepted: list[dict[str, Any]]) -> None:
    """The same for the code."""
    told = _run("bandit", "-q", SEVERE, "-r", "app.py", "chalicelib", "infra", "-f", "json", "--exit-zero")
    found = {(each["test_id"], each["filename"].removeprefix("./")) for each in json.loads(told)["results"]}
    _compare("bandit", found, ((each["check"], name) for each in accepted for name in each["files"]))
    print(f"bandit     {len(found)} found and accepted with a reason")


def audit() -> None:
    """Known vulnerabilities of what ships. Without the database it says so, and stops nobody."""
    done = subprocess.run(
        [
            *(str(TOOLS / "pip-audit"), "--disable-pip", "--require-hashes", "--progress-spinner", "off"),
            *("--format", "json", "--requirement", str(PROJECT / "requirements.txt")),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("pip-audit  NOT DONE: the database of vulnerabilities does not answer")
        return
    known = [each for each in dependencies if each.get("vulns")]
    if known:
        raise Failed("pip-audit: " + ", ".join(f"{each['name']} {each['vulns'][0]['id']}" for each in known))
    skipped = sum("skip_reason" in each for each in dependencies)
    print(f"pip-audit  {len(dependencies) - skipped} audited, {skipped} NOT AUDITED (not in the database)")


def _run(tool: str, *arguments: str) -> str:
    done = subprocess.run([str(TOOLS / tool), *arguments], capture_output=True, text=True, cwd=PROJECT)
    if done.returncode:
        raise Failed(f"{tool}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _compare(tool: str, found: set[tuple[str, str]], accepted: Iterable[tuple[str, str]]) -> None:
    agreed = set(accepted)
    lines = [f"{tool}: {check} {where}: not accepted" for check, where in sorted(found - agreed)]
    lines += [f"{tool}: {check} {where}: accepted, but not found" for check, where in sorted(agreed - found)]
    if lines:
        raise Failed("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
