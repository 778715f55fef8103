"""Mass revocations from the operators' command line: a plan, a second pair of eyes, progress, stop, resume
and call-off.

The work itself is the function `revoke_planned`: a laptop that sleeps delays nothing.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.aws.cloud import Cloud
from chalicelib.certificates.mass import plans
from chalicelib.certificates.mass.forecast import Forecast, forecast
from chalicelib.certificates.mass.operators import person_behind
from chalicelib.certificates.mass.policy import ALONE
from chalicelib.pki.selection import Selection

SHOWN = 5
"""CRLs that are shown each: the largest."""


def add_arguments(commands: Any) -> None:
    """The command line of `mass-revocation`."""
    mass = commands.add_parser("mass-revocation").add_subparsers(dest="verb", required=True)
    for verb in ("dry-run", "plan"):
        parser = mass.add_parser(verb)
        parser.add_argument("--reason", required=True, help="of RFC 5280, such as superseded")
        parser.add_argument("--profile", default="", help="such as citizen-software, or citizen-software/1")
        parser.add_argument("--issuer", default="", help="id of the issuing CA")
        parser.add_argument("--from", dest="first", type=_moment, help="issued from then on (UTC)")
        parser.add_argument("--until", dest="last", type=_moment, help="issued up to then (UTC)")
        parser.add_argument("--key", default="", help="SHA-256 of the SubjectPublicKeyInfo, hexadecimal")
        parser.add_argument("--key-origin", default="", choices=["", "holder", "server"])
        parser.add_argument("--list", type=Path, help="a file with an id, issuer#serial, on each line")
        parser.add_argument("--notice", type=float, help="hours, if more than the policy's")
    for verb in ("show", "approve", "stop", "resume", "call-off"):
        mass.add_parser(verb).add_argument("id")
    mass.add_parser("list")


def run(cloud: Cloud, given: argparse.Namespace) -> int:
    """Carry out one of them."""
    if given.verb == "list":
        for progress in plans.every():
            print(_line(progress))
        return 0
    if given.verb == "show":
        _show(cloud, plans.read(given.id))
        return 0
    if given.verb == "dry-run":
        _print(forecast(cloud, _selection(given).frozen(cloud.now()), given.reason), given.reason)
        return 0
    by = caller(cloud) if given.verb == "stop" else operator(cloud)
    if given.verb == "plan":
        notice = None if given.notice is None else timedelta(hours=given.notice)
        plan, found = plans.write(cloud, _selection(given), given.reason, by, notice=notice)
        _print(found, given.reason)
        who = "another operator" if found.valid > ALONE else f"any operator, of {ALONE} a day alone,"
        print(f"plan {plan} written; it begins when {who} approves it: mass-revocation approve {plan}")
        return 0
    steps = {
        "approve": plans.approve,
        "stop": plans.stop,
        "resume": plans.resume,
        "call-off": plans.call_off,
    }
    _show(cloud, steps[given.verb](cloud, given.id, by))
    return 0


def operator(cloud: Cloud) -> str:
    """Which person is at the keyboard.

    Raises:
        OperatorNotKnown: the credentials do not say it.
    """
    name = caller(cloud)
    return name if cloud.settings.stage == "local" else person_behind(name.removeprefix("operator:"))


def caller(cloud: Cloud) -> str:
    """Whose credentials these are, as AWS knows them: enough to stop a plan, from which nobody is kept."""
    if cloud.settings.stage == "local":
        return f"operator:{getpass.getuser()}"
    sts: Any = cloud.session.create_client("sts", region_name=cloud.settings.region)
    return f"operator:{sts.get_caller_identity()['Arn']}"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _selection(given: argparse.Namespace) -> Selection:
    return Selection(
        profile=given.profile,
        issuer=given.issuer,
        issued_from=given.first,
        issued_until=given.last,
        key=given.key,
        key_origin=given.key_origin,
        ids=tuple(given.list.read_text().split()) if given.list else (),
    )


def _print(found: Forecast, reason: str) -> None:
    print(f"{found.valid} certificates to revoke as {reason}; {found.revoked} are revoked already")
    if found.first and found.last:
        print(f"issued from {found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC")
    for title, counts in (("profile", found.by_profile), ("issuer", found.by_issuer)):
        for name, count in counts.items():
            print(f"  {title} {name}: {count}")
    sizes = sorted(found.crl_octets.items(), key=lambda each: -each[1])
    print(f"  CRLs that grow: {len(sizes)}, to {sum(found.crl_octets.values())} octets at most in all")
    for name, octets in sizes[:SHOWN]:
        print(f"  CRL {name}: {found.by_shard[name]} more, {octets} octets at most")
    for certificate_id in found.sample:
        print(f"  for example {certificate_id}")
    for certificate_id in found.left_out:
        print(f"{certificate_id} is left out: unknown, expired, or not of this filter", file=sys.stderr)
    for certificate_id in found.damaged:
        print(f"the record of {certificate_id} cannot be read", file=sys.stderr)


def _line(progress: plans.Progress) -> str:
    plan = progress.plan
    return (
        f"{plan.plan}  {plan.written_at:%Y-%m-%d %H:%M}  {plan.state:8}  {plan.reason}  "
        f"told {progress.told}, revoked {progress.revoked} of {int(plan.expected)}"
    )


def _show(cloud: Cloud, progress: plans.Progress) -> None:
    plan = progress.plan
    print(_line(progress))
    print(f"  takes {plan.selection}")
    print(f"  written by {plan.written_by}")
    if plan.approved_at is not None:
        print(f"  approved by {plan.approved_by} {plan.approved_at:%Y-%m-%d %H:%M} UTC")
    if plan.stopped_by:
        print(f"  stopped by {plan.stopped_by}")
    if plan.state == "stopped" and progress.told:
        print(f"  {progress.told} were told, or will be, that it comes: resume it, or call it off")
    if plan.called_off_by:
        how_far = "everybody knows" if plan.done_at else "under way"
        print(f"  called off by {plan.called_off_by}, {how_far}: {progress.withdrawn} notices taken back,")
        print(f"  {progress.reassured} people told that nothing comes of it")
    if plan.due_at is not None and plan.state not in plans.OVER:
        begins = progress.begins_at()
        print(f"  revokes from {begins or plan.due_at:%Y-%m-%d %H:%M} UTC; it is {cloud.now():%H:%M}")
    for part in progress.parts:
        counts = f"told {int(part.told)}, nobody to tell {int(part.silent)}, revoked {int(part.revoked)}"
        print(f"  {part.item}  {part.phase:8}  {counts}, failed in this walk {int(part.walk_failed)}")
