"""`python -m infra.commands`: what operators and auditors do, with their own AWS credentials.

point save FILE                enter registration points, one JSON object a line
officer appoint FILE           appoint an officer (JSON), and hand over the generation code
officer suspend ID             stop an officer, and list what the officer approved
civil-register import FILE     enter people of the civil and address registers, one JSON object a line
identification withdraw ID     let an identification justify nothing more
key compromised FILE           bar the key in FILE, and revoke all its certificates
mass-revocation dry-run|plan   count, or plan to revoke, the certificates that a filter or a list takes
mass-revocation approve ID     let another operator's plan begin; stop, resume, call-off, show ID; list
issuer retire ID               let a CA issue nothing more; it keeps serving status
order list STATE               orders that are paid, preparing or shipped, one JSON object a line
order prepare ID               begin to pack an order; its address changes no more
order ship ID CARRIER TRACKING the carrier has it, and the person is told
order deliver ID               it arrived
order return ID REASON         it came back: address-unknown, not-collected or sent-back
payment-key seal MERCHANT      seal the gateway's key, from the terminal or standard input, for a setting
ends enter                     enter what an earlier release wrote into the index of ends (after its upgrade)
reconcile [TRAIL...]           compare signatures (CloudTrail files), records and events
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from chalicelib.aws.cloud import Cloud, connect
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.errors import Problem
from chalicelib.payments.orders.states import AT_WORK
from chalicelib.settings import read_settings
from infra.commands import certificates, civil_register, ends, mass, orders, payments, reconcile, staff
from infra.local.clock import LocalClock


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
    register = what.add_parser("civil-register").add_subparsers(dest="verb", required=True)
    register.add_parser("import").add_argument("file", type=Path)
    key = what.add_parser("key").add_subparsers(dest="verb", required=True)
    key.add_parser("compromised").add_argument("file", type=Path)
    mass.add_arguments(what)
    issuer = what.add_parser("issuer").add_subparsers(dest="verb", required=True)
    issuer.add_parser("retire").add_argument("id")
    order = what.add_parser("order").add_subparsers(dest="verb", required=True)
    order.add_parser("list").add_argument("state", choices=sorted(AT_WORK))
    for verb, more in (
        ("prepare", ()),
        ("ship", ("carrier", "tracking")),
        ("deliver", ()),
        ("return", ("reason",)),
    ):
        parcel = order.add_parser(verb)
        for argument in ("id", *more):
            parcel.add_argument(argument)
    payment_key = what.add_parser("payment-key").add_subparsers(dest="verb", required=True)
    payment_key.add_parser("seal").add_argument("merchant")
    ends_verbs = what.add_parser("ends").add_subparsers(dest="verb", required=True)
    ends_verbs.add_parser("enter")
    what.add_parser("reconcile").add_argument("trail", nargs="*", type=Path)
    given = parser.parse_args(arguments)

    cloud = connected(os.environ)
    operator = f"operator:{getpass.getuser()}"
    commands: dict[tuple[str, str], Callable[[], int]] = {
        ("point", "save"): lambda: staff.save_points(cloud, given.file, operator),
        ("officer", "appoint"): lambda: staff.appoint(cloud, given.file, operator),
        ("officer", "suspend"): lambda: staff.suspend(cloud, given.id, operator),
        ("identification", "withdraw"): lambda: staff.withdraw(cloud, given.id, operator),
        ("civil-register", "import"): lambda: civil_register.import_people(cloud, given.file, operator),
        ("key", "compromised"): lambda: certificates.compromised(cloud, given.file, operator),
        ("issuer", "retire"): lambda: certificates.retire(cloud, given.id, operator),
        ("order", "list"): lambda: orders.show(given.state),
        ("order", "prepare"): lambda: orders.prepare(cloud, given.id, operator),
        ("order", "ship"): lambda: orders.ship(cloud, given.id, given.carrier, given.tracking, operator),
        ("order", "deliver"): lambda: orders.deliver(cloud, given.id, operator),
        ("order", "return"): lambda: orders.take_back(cloud, given.id, given.reason, operator),
        ("payment-key", "seal"): lambda: payments.seal(cloud, given.merchant),
        ("ends", "enter"): lambda: ends.enter(cloud),
        ("reconcile", ""): lambda: reconcile.run(cloud, given.trail),
    }
    try:
        if given.what == "mass-revocation":
            return mass.run(cloud, given)
        return commands[given.what, getattr(given, "verb", "")]()
    except Problem as problem:
        print(f"{problem.slug}: {problem.title}. {problem.detail}".strip(), file=sys.stderr)
        return 1


def connected(environment: Mapping[str, str]) -> Cloud:
    """The cloud of the deployment; of a local authority, which has no Lambda, with the functions in here
    and the clock that it has."""
    settings = read_settings(environment)
    if settings.stage != "local":
        return connect(environment)
    from app import FUNCTIONS

    folder = Path(environment.get("CLAVERO_LOCAL_DIR", ".local"))
    return Cloud(settings, functions=InProcessFunctions(FUNCTIONS), clock=LocalClock(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
