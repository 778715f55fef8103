"""Functions that are started run later and apart, as in AWS."""

from __future__ import annotations

from typing import Any

from app import FUNCTIONS
from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions


class Later(InProcessFunctions):
    """As in AWS: what is only started runs later, and apart."""

    def __init__(self) -> None:
        super().__init__(FUNCTIONS)
        self.waiting: list[tuple[str, Any]] = []

    def start(self, cloud: Cloud, function: str, detail: dict[str, Any] | None = None) -> None:
        self.waiting.append((function, detail))

    def run(self, cloud: Cloud) -> None:
        waiting, self.waiting = self.waiting, []
        for function, detail in waiting:
            super().start(cloud, function, detail)
