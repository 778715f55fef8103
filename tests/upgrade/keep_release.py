"""`python -m tests.upgrade.keep_release VERSION`: keep what this release leaves behind, for those to come.

To be run once for each release, before it. A kept file is never made again: it is what the past wrote.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.support.moto_state import moto_cloud
from tests.support.world import World, another_person, make_world, new_csr
from tests.upgrade import accounts, state

RELEASES = Path(__file__).parent / "releases"


def main(version: str) -> int:
    """Write the file of a release, unless there is one."""
    file = RELEASES / f"{version}.json"
    if file.exists():
        print(f"{file} is there already, and the past is not rewritten", file=sys.stderr)
        return 1
    kept = leave_behind()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    print(f"kept {file}")
    return 0


def leave_behind() -> dict[str, Any]:
    """A life under the code of today, and all that is there at its end."""
    with moto_cloud():
        told = live(make_world())
        return {"told": told, **state.take()}


def live(world: World) -> dict[str, Any]:
    """A life that leaves every kind of row in every state; what the people in it know."""
    issued = world.certificate_of()
    revoked = world.certificate_of(**another_person(1))
    changes = another_person(1)
    identity = {"channel": "in-person", "document": changes["document"]}
    world.revoke(revoked, nif=changes["nif"], identity=identity, reason="superseded")
    replaced = world.code_for(**another_person(2))
    for _ in range(2):
        world.citizen.post("/v1/certificates/pkcs12", {"code": replaced}, key="my-own-key-1")
    interrupted, csr = world.code_for(**another_person(3)), new_csr()

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="kms")

    events = world.cloud.kms.meta.events
    events.register("before-call.kms.Sign", unreachable)
    world.download(interrupted, csr)
    events.unregister("before-call.kms.Sign", unreachable)
    pending = world.code_for(**another_person(4))
    return {
        "at": world.clock.at.isoformat(),
        "officer": {"certificate": world.officer.certificate, "token": world.officer.token},
        "issued": f"{issued.serial_number:x}",
        "revoked": f"{revoked.serial_number:x}",
        "interrupted": {"code": interrupted, "csr": csr},
        "pending": pending,
        "accounts": accounts.live(world),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
