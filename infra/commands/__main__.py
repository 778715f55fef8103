"""`python -m infra.commands`: what operators and auditors do, with their own AWS credentials.

point save FILE            enter registration points, one JSON object a line
officer appoint FILE       appoint an officer (JSON), and hand over the generation code
officer suspend ID         stop an officer, and list what the officer approved
identification withdraw ID let an identification justify nothing more
reconcile [TRAIL...]       compare signatures (CloudTrail files), records and events
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from chalicelib.aws.cloud import connect
from chalicelib.errors import Problem
from infra.commands import keys, reconcile, staff


def main(arguments: list[str]) -> int:
    """Run one command; the exit code is 0 only if all is well."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.commands", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    point = what.add_parser("point").add_subparsers(dest="verb", required=True)
    point.add_parser("save").add_argument("file", type=Path)
    officer = what.add_parser("officer").add_subparsers(dest="verb", required=True)
    officer.add_parser("appoint").add_argument("file", type=Path)
    officer.add_parser("suspend").add_argument("id")
    identification = what.add_parser("identification").add_subparsers(dest="verb", required=True)
    identification.add_parser("withdraw").add_argument("id")
    key = what.add_parser("key").add_subparsers(dest="verb", required=True)
    key.add_parser("compromised").add_argument("file", type=Path)
    what.add_parser("reconcile").add_argument("trail", nargs="*", type=Path)
    given = parser.parse_args(arguments)

    cloud = connect(os.environ)
    operator = f"operator:{getpass.getuser()}"
    try:
        if given.what == "reconcile":
            return reconcile.run(cloud, given.trail)
        if given.what == "point":
            return staff.save_points(cloud, given.file, operator)
        if given.what == "key":
            return keys.compromised(cloud, given.file, operator)
        if given.what == "identification":
            return staff.withdraw(cloud, given.id, operator)
        if given.verb == "appoint":
            return staff.appoint(cloud, given.file, operator)
        return staff.suspend(cloud, given.id, operator)
    except Problem as problem:
        print(f"{problem.slug}: {problem.title}. {problem.detail}".strip(), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
