"""`python -m infra.local.server`: a whole authority on one machine, until Ctrl-C.

CLAVERO_LOCAL_DIR (.local) is the folder it lives in, CLAVERO_PORT (8000) and CLAVERO_TLS_PORT (8443) where it
answers, CLAVERO_HOST (127.0.0.1) for whom.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path
from types import FrameType

from infra.local.instance import Instance
from infra.local.quiet import hush

TLS_OFFSET = 443


def main() -> None:
    """Starts the authority, says what can be done with it, and stops it on SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    hush()
    port = _port("CLAVERO_PORT", 8000)
    host = os.environ.get("CLAVERO_HOST", "127.0.0.1")
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, stop)
    folder = Path(os.environ.get("CLAVERO_LOCAL_DIR", ".local"))
    tls_port = _port("CLAVERO_TLS_PORT", port + TLS_OFFSET)
    print("Starting the authority (its keys are made at the first start) ...", flush=True)
    with Instance(folder, host=host, port=port, tls_port=tls_port) as instance:
        print(welcome(instance, host), flush=True)
        stopped.wait()
        print("Stopping ...", flush=True)


def welcome(instance: Instance, host: str) -> str:
    """What to do next."""
    lines = [
        "",
        f"  Citizens      {instance.url}/",
        f"  Telephone     {instance.url}/local/phone    every SMS and e-mail that is sent",
        f"  Post          {instance.url}/local/post     every letter that is ready to be printed",
        f"  Payments      {instance.url}/local/pay      where a payment's form leads; nothing is charged",
        f"  Clock         {instance.url}/local/clock    what time it is here; it can be moved forward",
        f"  API           {instance.url}/local/docs",
        f"  Officers      {instance.tls_url}/    client certificate required",
        f"  Kept in       {instance.folder}/    delete it to begin again with other keys",
        *(f"  {hint.format(tls=instance.tls_url)}" for hint in instance.hints),
        "",
        "  Ctrl-C stops it.",
        "",
    ]
    if not host.startswith("127."):
        lines.insert(1, f"  WARNING: {host} lets everyone on the network in, and read every code.")
    return "\n".join(lines)


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable, str(default))
    if not text.isdecimal() or int(text) > 65535:
        raise SystemExit(f"{variable} must be a port number")
    return int(text)


if __name__ == "__main__":
    main()
