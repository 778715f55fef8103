"""`python -m infra.workstation.load_card`: load the card in the reader, at a registration point (A23).

The holder types the generation code and the PIN at this workstation. The officer's own certificate opens the
session. See docs/runbooks/card-loading.md.
"""

from __future__ import annotations

import argparse
import getpass
import shlex
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.demo.caller import Caller
from infra.workstation.loading import Attest, LoadingRefused, PublicKey, load
from infra.workstation.pkcs11_card import CardFailed, Pkcs11Card


def main(arguments: list[str] | None = None) -> int:
    """Load one card; the exit code is 0 only if the card holds its certificate and signs with its key."""
    wanted = _arguments().parse_args(arguments)
    try:
        officer = _logged_in(wanted)
        code = getpass.getpass("Generation code (the holder types it): ").strip()
        pin = getpass.getpass("PIN of the card (the holder types it): ")
        card = Pkcs11Card(wanted.module, wanted.token_label, pin, wanted.key_type)

        def post(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
            answer = officer.post(path, body)
            return answer.status, answer.body

        done = load(
            card,
            code=code,
            point=wanted.point,
            post=post,
            attest=attestation_by(wanted.attestation_command),
        )
    except (LoadingRefused, CardFailed, OSError) as error:
        print(f"NOT LOADED: {error}", file=sys.stderr)
        return 1
    told = done.answer
    device = "a qualified device" if told["qualified_device"] else "a secure device"
    print(f"Loaded {told['profile']}, serial {told['serial']}, until {told['not_after']}.")
    print(f"The card proved to be {device}." if told["secure_device"] else "No device is promised.")
    print(f"For the holder, to be kept apart from the card: emergency code {told['emergency_code']}")
    return 0


def attestation_by(command: str) -> Attest:
    """The attestation that the maker's own command prints; the key's public half is its input."""

    def attest(key: PublicKey) -> list[str]:
        if not command:
            return []
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        done = subprocess.run(shlex.split(command), input=pem, capture_output=True, text=True)
        if done.returncode != 0:
            raise CardFailed(f"the attestation command failed: {done.stderr.strip()[-200:]}")
        end = "-----END CERTIFICATE-----"
        return [part.strip() + f"\n{end}\n" for part in done.stdout.split(end)[:-1]]

    return attest


def _logged_in(wanted: argparse.Namespace) -> Caller:
    context = ssl.create_default_context(cafile=wanted.cacert)
    context.load_cert_chain(wanted.cert, wanted.key)
    officer = Caller(wanted.api, context)
    session = officer.post("/v1/officer-sessions")
    if session.status != 201:
        raise LoadingRefused(f"no session for this officer: {session.slug or session.status}")
    officer.token = session.json["token"]
    return officer


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.workstation.load_card", description=__doc__)
    parser.add_argument("--api", required=True, help="https URL of the officers' API")
    parser.add_argument(
        "--cacert", help="PEM of the API's certification authority, if it is not a public one"
    )
    parser.add_argument("--cert", required=True, help="the officer's certificate, PEM")
    parser.add_argument("--key", required=True, help="its key, PEM")
    parser.add_argument("--point", required=True, help="the officer's registration point")
    parser.add_argument("--module", required=True, type=Path, help="PKCS#11 library of the card")
    parser.add_argument("--token-label", required=True, help="which card, if there are several")
    parser.add_argument(
        "--key-type", default="EC:prime256v1", help="EC:prime256v1, EC:secp384r1, rsa:3072 ..."
    )
    parser.add_argument(
        "--attestation-command",
        default="",
        help="prints the card's attestation of its new key in PEM; leave it out for a card that has none",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
