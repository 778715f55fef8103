"""Amazon's DynamoDB Local, the engine that judges races, crashes, TTL and size limits.

moto's transactions are not atomic, and ministack runs one request at a time. The engine comes in the npm
package amplify-dynamodb-simulator and needs Java; without them the tests that ask for it are skipped.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

PROJECT = Path(__file__).parent.parent.parent
FOLDER = PROJECT / ".tools" / "dynamodb-local"
PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
START_SECONDS = 40


class DynamoDbLocalError(Exception):
    """The engine could not be had or did not start."""


def available() -> str | None:
    """None when the engine can be started (fetching it the first time), or why it cannot."""
    if shutil.which("java") is None:
        return "Java is not installed"
    try:
        install()
    except DynamoDbLocalError as error:
        return str(error)
    return None


def install() -> Path:
    """The engine's jar in .tools/. When missing, one archive is fetched and checked; npm runs none of it."""
    jar = FOLDER / "DynamoDBLocal.jar"
    if jar.exists():
        return jar
    if shutil.which("npm") is None:
        raise DynamoDbLocalError("npm is not installed")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary:
        command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True)
        if done.returncode != 0:
            raise DynamoDbLocalError(f"npm could not fetch {PACKAGE}: {done.stderr[-200:]}")
        content = (Path(temporary) / f"{PACKAGE}-{VERSION}.tgz").read_bytes()
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise DynamoDbLocalError(f"{PACKAGE} {VERSION} does not have the expected digest")
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(temporary, filter="data")
        # Another process may have been first, with the same archive.
        with contextlib.suppress(OSError):
            (Path(temporary) / "package" / "emulator").rename(FOLDER)
    if not jar.exists():
        raise DynamoDbLocalError(f"{PACKAGE} {VERSION} holds no engine")
    return jar


class DynamoDbLocal:
    """One running engine: in memory, or with its tables in `database`. `with` starts and stops it.

    It starts quickly; `lasting` is for who has work of many minutes for it, which is then faster done.
    """

    def __init__(self, database: Path | None = None, *, lasting: bool = False) -> None:
        self._database = database
        self._compiled = [] if lasting else ["-XX:TieredStopAtLevel=1"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        jar = install()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        storage = ["-inMemory"] if self._database is None else ["-dbPath", str(self._database)]
        libraries = f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}"
        command = ["java", *self._compiled, "-XX:+UseSerialGC", libraries]
        command += ["-jar", str(jar), "-port", str(self.port), "-sharedDb", "-disableTelemetry", *storage]
        # The output would tell only of every refused condition, which the tests provoke.
        self._process = subprocess.Popen(
            command, cwd=jar.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait_until_answering()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.endpoint_url, timeout=1)  # noqa: S310
            except urllib.error.HTTPError:
                return  # it answers, if only that this request is not signed
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise DynamoDbLocalError("DynamoDB Local did not start")

    def __enter__(self) -> DynamoDbLocal:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
