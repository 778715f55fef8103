"""A service of AWS that refuses one operation, as it does when it is out of order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders


@contextmanager
def refused(client: Any, operation: str, code: str) -> Iterator[None]:
    """It refuses before the call leaves, so that what the call needed is still recorded."""

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        told = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        return AWSResponse("", 503, HTTPHeaders(), None), told

    events, name = client.meta.events, client.meta.service_model.service_name
    events.register_first(f"before-call.{name}.{operation}", refuse)
    try:
        yield
    finally:
        events.unregister(f"before-call.{name}.{operation}", refuse)
