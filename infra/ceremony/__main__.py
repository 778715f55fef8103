"""Hold a key ceremony: python -m infra.ceremony CONFIGURATION RECORDS."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from chalicelib.aws.cloud import connect
from infra.ceremony.config import read_ceremony
from infra.ceremony.hold import hold, rehearse


def main() -> None:
    parser = argparse.ArgumentParser(description="Key ceremony; safe to run again.")
    parser.add_argument("configuration", type=Path, help="TOML, such as infra/ceremony/production.toml")
    parser.add_argument("records", type=Path, help="folder kept from run to run: TBS, artefacts, transcripts")
    parser.add_argument("--rehearse", action="store_true", help="build and lint with throw-away keys only")
    asked = parser.parse_args()
    ceremony, cloud = read_ceremony(asked.configuration), connect(os.environ)
    if asked.rehearse:
        rehearse(ceremony, cloud)
        print("Every certificate of this configuration passes the linter. Nothing was made.")
        return
    print(hold(ceremony, cloud, asked.records).as_text())


if __name__ == "__main__":
    main()
