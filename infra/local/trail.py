"""CloudTrail's part on one machine: what KMS signed, one record a line, for reconciliation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.aws.cloud import Cloud


def keep_trail(cloud: Cloud, file: Path) -> None:
    """Append a record to `file` for every Sign that KMS answers."""

    def note(**call: Any) -> None:
        call["context"]["clavero_key_id"] = json.loads(call["params"]["body"])["KeyId"]

    def answered(**call: Any) -> None:
        if call["http_response"].status_code != 200:
            return
        record = {
            "eventName": "Sign",
            "eventTime": f"{cloud.now():%Y-%m-%dT%H:%M:%SZ}",
            "requestParameters": {"keyId": call["context"]["clavero_key_id"]},
        }
        with file.open("a") as trail:
            trail.write(json.dumps(record) + "\n")

    cloud.session.register("before-call.kms.Sign", note)
    cloud.session.register("after-call.kms.Sign", answered)
