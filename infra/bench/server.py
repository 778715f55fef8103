"""The process that answers over HTTP while it is measured: the app behind the local gateway.

As `make run` serves it. It takes its cloud from the environment, prints its port, and ends when its standard
input closes.
"""

from __future__ import annotations

import sys
import threading

from cheroot import wsgi

from app import create_app
from infra.bench.authority import new_cloud
from infra.local.gateway import Gateway
from infra.local.instance import THREADS
from infra.local.quiet import hush


def main() -> None:
    """Serve until told to stop."""
    hush()
    app = create_app(new_cloud())
    gateway = Gateway(app, app.cloud.settings.api_url)
    server = wsgi.Server(("127.0.0.1", 0), gateway, numthreads=THREADS)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    print(server.bind_addr[1], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
