"""`python -m infra.demo`: the whole story against a fresh authority, in a minute, with its artefacts kept.

openssl is the software of the citizen and of whoever relies on a certificate; the officer connects by
mutual TLS; messages are read on the local telephone. Every step is checked, and the first that is not as
it should be ends the run with its name.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from infra.demo import (
    account_story,
    card_story,
    certificate_story,
    emergency_story,
    letter_story,
    life_story,
    office_story,
    password_story,
    payment_story,
    pin_story,
    rights_story,
    sessions_story,
    special_story,
    story,
    time_story,
    video_story,
)
from infra.demo.caller import Caller
from infra.demo.narrator import CheckFailed, Narrator
from infra.demo.openssl import OpenSsl
from infra.demo.stage import Stage
from infra.local.instance import INTERVALS, Instance
from infra.local.quiet import hush

OUT = Path("out") / "demo"


def main() -> int:
    """Tell the story; the exit code is 0 only if every check holds."""
    began = time.monotonic()
    hush()
    version = OpenSsl.version()
    if version is None:
        print("The demo needs the openssl command.", file=sys.stderr)
        return 1
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    tell = Narrator(OUT / "story.txt")
    tell.end(f"The story of a certificate. The citizen's software is {version}.")
    try:
        _tell(tell)
    except CheckFailed as failed:
        print(f"\nFAILED: {failed}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    tell.end(f"All {tell.checks} checks passed in {seconds:.0f} seconds. Everything is in {OUT}/:")
    tell.say(", ".join(sorted(path.name for path in OUT.iterdir())))
    return 0


def _tell(tell: Narrator) -> None:
    with tempfile.TemporaryDirectory(prefix="clavero-demo-") as folder:
        port, tls_port = _free_ports()
        openssl = OpenSsl(OUT)
        other = certificate_story.prepare(openssl)
        os.environ["CLAVERO_TRUST_LIST"] = str(other.trust_list.resolve())
        make = partial(
            Instance, Path(folder), port=port, tls_port=tls_port, intervals={**INTERVALS, "send_outbox": 1}
        )
        stage = Stage(make(), tell, openssl, Caller(""))
        try:
            story.ceremony(stage)
            story.points(stage)
            story.log_in(stage)
            spent = story.certificate(stage)
            story.verification(stage)
            story.revocation(stage)
            story.pkcs12(stage)
            story.refusals(stage, spent)
            emergency_story.tell(stage)
            letter_story.tell(stage)
            office_story.tell(stage)
            certificate_story.tell(stage, other)
            bought = payment_story.tell(stage)
            card_story.tell(stage)
            payment_story.loaded(stage, bought)
            video_story.tell(stage)
            pin_story.tell(stage)
            password_story.tell(stage)
            sessions_story.tell(stage)
            rights_story.tell(stage)
            account_story.tell(stage)
            special_story.tell(stage)
            story.reconciliation(stage)
            story.restart(stage, make())
            time_story.tell(stage)
            life_story.tell(stage)
        finally:
            stage.instance.stop()
            other.stop()


def _free_ports() -> tuple[int, int]:
    """Two ports that are free now. One that was bound as 0 could not be bound again after a stop."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
