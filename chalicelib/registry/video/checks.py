"""The automatic check of a video (Orden ETD/465/2021), and what it may grant: by default nothing.

Without a product that is certified under CCN-STIC-140 annex F.11 a machine here compares no faces and
recognises no security features; it checks what it can and says so, and people decide. An operator who has
such a product names it in the settings; then, and only then, the basic level is granted at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from chalicelib.registry.video.evidence import duration

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud
    from chalicelib.registry.civil_register import CivilRecord
    from chalicelib.registry.video.evidence import Files

SHORTEST: Final = 5.0
LONGEST: Final = 300.0
"""Seconds of video in which a person can show a document and the own face."""


class Findings(msgspec.Struct, frozen=True):
    """What was checked, and how it ended; and what was not."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Submitted(msgspec.Struct, frozen=True):
    """What a check looks at."""

    files: Files
    beginning: bytes
    """Of the video."""
    record: CivilRecord
    """What the civil register says of the person."""


class AutomaticCheck(Protocol):
    """A machine's opinion of a case."""

    certificate: str
    """The product's entry in the catalogue of certified products. Empty: it may grant nothing."""

    def check(self, cloud: Cloud, case: Submitted) -> Findings: ...


class RuleBasedCheck:
    """The rules that need no product. Their content was compared with its media type before."""

    certificate = ""

    def check(self, cloud: Cloud, case: Submitted) -> Findings:  # noqa: ARG002
        passed, unknown = ["content", "register"], ["face", "document-features", "liveness"]
        failed: list[str] = []
        seconds = duration(case.beginning) if case.files["video"].content_type == "video/mp4" else None
        if seconds is None:
            unknown.append("duration")
        else:
            (passed if SHORTEST <= seconds <= LONGEST else failed).append("duration")
        hashes = {file.sha256 for file in case.files.values()}
        (passed if len(hashes) == len(case.files) else failed).append("distinct-files")
        return Findings(tuple(passed), tuple(failed), tuple(unknown))


def automatic_check(cloud: Cloud) -> AutomaticCheck:
    """The check that this deployment has."""
    if not cloud.settings.video_product:
        return RuleBasedCheck()
    module, _, name = cloud.settings.video_product.partition(":")
    product: AutomaticCheck = getattr(importlib.import_module(module), name)
    return product


def leaves_nothing_open(check: AutomaticCheck, findings: Findings) -> bool:
    """Whether a certified product has said yes to all of it."""
    return bool(check.certificate) and not findings.failed and not findings.unknown
