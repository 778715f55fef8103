"""Starts and stops the local cloud: DynamoDB, KMS, S3, SNS and SES by ministack in a process of its own.

It listens on the loopback only, takes no request before it is healthy, and keeps its state in the folder
given to it, so that a restarted authority still answers for what it issued (see cloud_process).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import MutableMapping
from pathlib import Path

from infra.local.deployer import REGION

PROJECT = Path(__file__).parent.parent.parent
KEY = "local"
"""Both halves of the access key: it opens nothing that is not on this machine's loopback."""
START_SECONDS = 30
STOP_SECONDS = 20


class LocalCloudError(Exception):
    """The local cloud did not start; the message ends with what its log says."""


class LocalCloud:
    """One instance of the local cloud, its state under `folder`."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the process and returns once it answers. A port of 0 becomes a free one."""
        state = self.folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        # The socket is opened here and inherited: no other process can take the port in between.
        with socket.create_server(("127.0.0.1", self.port)) as listener, self.log.open("ab") as log:
            self.port = listener.getsockname()[1]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.cloud_process", str(listener.fileno())],
                cwd=PROJECT,
                env={**os.environ, **self._ministack_environment(state)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for the server, which stops its cloud last
            )
        self._wait_until_healthy()

    def stop(self) -> None:
        """Stops the process, which saves its state first."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None

    def kill(self) -> None:
        """Ends the process as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self.stop()

    @property
    def log(self) -> Path:
        return self.folder / "cloud.log"

    def configure(self, environment: MutableMapping[str, str]) -> None:
        """Points every AWS client made from this environment here, and only here.

        What a developer has set for a real account is taken out: a local authority must never reach it.
        """
        for name in [name for name in environment if name.startswith("AWS_")]:
            del environment[name]
        environment.update(
            AWS_ENDPOINT_URL=self.endpoint_url,
            AWS_ACCESS_KEY_ID=KEY,
            AWS_SECRET_ACCESS_KEY=KEY,
            AWS_DEFAULT_REGION=REGION,
            AWS_REGION=REGION,
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
        )

    def _ministack_environment(self, state: Path) -> dict[str, str]:
        return {
            # It checks addresses that are signed to be opened in a browser with its own secret.
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            # Both would otherwise listen on every interface.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # What is restored at a start belongs to this region; another would leave tables half made.
            "MINISTACK_REGION": REGION,
            "SERVICES": "dynamodb,kms,s3,sns,ses,sts",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state.resolve()),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str((self.folder / "objects").resolve()),
            # At INFO it logs the text of every SMS, and so the codes.
            "LOG_LEVEL": "WARNING",
        }

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.kill()
        said = self.log.read_text(errors="replace")[-2000:]
        raise LocalCloudError(f"the local cloud did not start. {self.log} ends:\n{said}")
