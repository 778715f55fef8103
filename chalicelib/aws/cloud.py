"""The rim: one object that carries the clients, the clock and the entropy into a capability.

Nothing is opened at import time, and a client only when it is first used: three quarters of a cold
start would otherwise be the AWS SDK. botocore is used directly, because pynamodb needs it anyway and
`import boto3` costs another 70 ms.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from chalicelib.aws.fetch import Fetcher
from chalicelib.aws.functions import Functions, LambdaFunctions
from chalicelib.aws.tables import bind_tables
from chalicelib.settings import Settings, read_settings

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sns import SNSClient

# API Gateway gives up after 29 s, so waiting 60 s (botocore's default) helps nobody.
PATIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    max_pool_connections=50,
)
# A repeated Sign would be a second signature that no record explains; our own retry resumes instead.
ONCE = PATIENT.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    # botocore would put its own user agent together anew for every call: a quarter of the call's CPU time.
    session.set_default_client_config(Config(user_agent="clavero"))
    return session


def utc_now() -> datetime:
    """The clock of a deployed function."""
    return datetime.now(UTC)


@dataclass
class Cloud:
    """Everything outside this process that a capability may need."""

    settings: Settings
    functions: Functions
    clock: Callable[[], datetime] = utc_now
    entropy: Callable[[int], bytes] = os.urandom
    memory: dict[str, Any] = field(default_factory=dict)
    """What a container may keep between requests: issuers, subkeys, linters. Never a person's data."""
    fetcher: Fetcher = field(default_factory=Fetcher)
    """How anything outside AWS is reached: the status of other issuers' certificates."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        bind_tables(self.settings, lambda: self.session)

    def now(self) -> datetime:
        """This instant, UTC, to the second: certificates and CRLs know nothing finer."""
        return self.clock().replace(microsecond=0)

    def invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Call another function of ours and wait for its answer.

        Raises:
            Problem: the one the function raised, or Unavailable when it did not answer.
        """
        return self.functions.invoke(self, function, payload)

    def start(self, function: str, detail: dict[str, Any] | None = None) -> None:
        """Start a scheduled function now, without waiting. If that fails, its schedule will do the work."""
        self.functions.start(self, function, detail)

    def remember(self, key: str, make: Callable[[], Any]) -> Any:
        """The value kept under `key`, made by `make` the first time."""
        with self._lock:
            if key not in self.memory:
                self.memory[key] = make()
            return self.memory[key]

    def _client(self, service: str, config: Config) -> Any:
        with self._lock:
            return self.session.create_client(service, region_name=self.settings.region, config=config)

    @cached_property
    def session(self) -> botocore.session.Session:
        """What all clients come from, DynamoDB's too; made with the first of them."""
        with self._lock:
            return _session()

    @cached_property
    def kms(self) -> KMSClient:
        return cast("KMSClient", self._client("kms", ONCE))

    @cached_property
    def s3(self) -> S3Client:
        # A form signed for the global address would be redirected, which no upload survives.
        regional = PATIENT.merge(Config(s3={"addressing_style": "virtual"}))
        return cast("S3Client", self._client("s3", regional))

    @cached_property
    def sns(self) -> SNSClient:
        return cast("SNSClient", self._client("sns", ONCE))

    @cached_property
    def ses(self) -> SESClient:
        return cast("SESClient", self._client("ses", ONCE))

    @cached_property
    def lambda_(self) -> LambdaClient:
        # Issuing takes well under 10 s even when the authority starts cold.
        return cast("LambdaClient", self._client("lambda", ONCE.merge(Config(read_timeout=25))))


def connect(environment: Mapping[str, str]) -> Cloud:
    """The cloud of a deployed function, from its environment."""
    return Cloud(read_settings(environment), functions=LambdaFunctions())
