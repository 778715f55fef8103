"""The table of a video case's states, walked at random; the automatic check, and its honesty."""

from __future__ import annotations

import struct
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.registry.civil_register import CivilRecord
from chalicelib.registry.video import case as cases
from chalicelib.registry.video.checks import Findings, RuleBasedCheck, Submitted, leaves_nothing_open
from chalicelib.registry.video.evidence import KINDS, MAGIC, File, duration

ACTS = sorted({act for _, act in cases.MOVES})
RECORD = CivilRecord("12345678Z", "Ana", "Gil", None, date(1985, 2, 28), "", ("a", "b"), "es")


def film(seconds: int, *, wide: bool = False) -> bytes:
    header = (
        struct.pack(">B3xQQIQ", 1, 0, 0, 600, seconds * 600)
        if wide
        else struct.pack(">B3xIIII", 0, 0, 0, 600, seconds * 600)
    )
    return b"\x00\x00\x00\x18ftypisom" + b"\x00" * 12 + b"moov\x00\x00\x00\x6cmvhd" + header + b"\x00" * 80


def submitted(beginning: bytes, *hashes: str) -> Submitted:
    types = {"front": "image/jpeg", "back": "image/jpeg", "video": "video/mp4"}
    digests = hashes or ("a", "b", "c")
    files = {
        name: File(f"video/1/{name}", types[name], "v", 1, digest)
        for name, digest in zip(KINDS, digests, strict=True)
    }
    return Submitted(files, beginning, RECORD)


@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_nobody_is_accepted_without_somebody_having_looked(walk: list[str]) -> None:
    """Whatever happens in whatever order: before an acceptance, a case was submitted and then taken."""
    state, done = cases.OPEN, []
    for act in walk:
        following = cases.MOVES.get((state, act))
        if following is None:
            continue
        done.append(act)
        if following == cases.ACCEPTED:
            assert done[0] == "submitted"
            assert done[-2] == "taken", "each decision follows a taking of its own"
        state = following
    assert state in cases.STATES


def test_an_end_is_an_end() -> None:
    """An accepted case and a closed one lead nowhere; a rejected one to an appeal only."""
    ways = {state: {act for before, act in cases.MOVES if before == state} for state in cases.STATES}
    assert ways[cases.ACCEPTED] == ways[cases.CLOSED] == set()
    assert ways[cases.REJECTED] == {"appealed"}


@pytest.mark.parametrize("wide", [False, True])
def test_a_film_says_how_long_it_lasts(wide: bool) -> None:
    """ISO/IEC 14496-12 section 8.2.2, in both versions of the movie header."""
    assert duration(film(42, wide=wide)) == 42.0
    assert duration(b"no header at all") is None
    assert duration(b"mvhd") is None


@pytest.mark.parametrize(("seconds", "where"), [(1, "failed"), (40, "passed"), (3000, "failed")])
def test_a_film_is_neither_a_blink_nor_an_evening(seconds: int, where: str) -> None:
    findings = RuleBasedCheck().check(None, submitted(film(seconds)))  # type: ignore[arg-type]
    assert "duration" in getattr(findings, where)


def test_the_same_photograph_twice_is_noticed() -> None:
    findings = RuleBasedCheck().check(None, submitted(film(40), "a", "a", "c"))  # type: ignore[arg-type]
    assert "distinct-files" in findings.failed


def test_rules_say_what_they_cannot_see_and_grant_nothing() -> None:
    """3.13: only a certified product compares faces; everything else waits for people."""
    check = RuleBasedCheck()
    findings = check.check(None, submitted(film(40)))  # type: ignore[arg-type]
    assert {"face", "document-features", "liveness"} <= set(findings.unknown)
    assert not leaves_nothing_open(check, findings)
    assert not leaves_nothing_open(check, Findings(passed=("everything",)))


@pytest.mark.parametrize(
    "findings", [Findings(failed=("face",)), Findings(unknown=("liveness",)), Findings((), ("a",), ("b",))]
)
def test_a_certified_product_grants_nothing_that_it_doubts(findings: Findings) -> None:
    class Certified(RuleBasedCheck):
        certificate = "CPSTIC 2026/0000"

    assert not leaves_nothing_open(Certified(), findings)
    assert leaves_nothing_open(Certified(), Findings(passed=("face",)))


@pytest.mark.parametrize("content_type", MAGIC)
def test_no_page_and_no_program_passes_for_evidence(content_type: str) -> None:
    for octets in (b"", b"<!doctype html>", b"MZ\x90\x00", b"%PDF-1.7", b"PK\x03\x04", b"<svg>"):
        assert not MAGIC[content_type](octets)
