"""TOTP against the standards' own vectors, and the window in which a code is heard."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.login import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 22, 10, 30, 7, tzinfo=UTC)
HERE = totp.step_of(NOW)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_RFC_6238(seconds: int, code: str) -> None:
    """Appendix B, SHA-1, eight digits."""
    assert totp.code_at(SECRET, seconds // totp.STEP, digits=8) == code


def test_the_vectors_of_RFC_4226() -> None:
    """Appendix D, six digits."""
    codes = [
        "755224",
        "287082",
        "359152",
        "969429",
        "338314",
        "254676",
        "287922",
        "162583",
        "399871",
        "520489",
    ]
    assert [totp.code_at(SECRET, step) for step in range(10)] == codes


@pytest.mark.parametrize(("drift", "heard"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(drift: int, heard: bool) -> None:
    found = totp.matching_step(SECRET, totp.code_at(SECRET, HERE + drift), NOW, None)
    assert found == (HERE + drift if heard else None)


def test_no_step_is_used_twice_nor_one_before_the_last() -> None:
    code = totp.code_at(SECRET, HERE)
    assert totp.matching_step(SECRET, code, NOW, HERE) is None
    assert totp.matching_step(SECRET, totp.code_at(SECRET, HERE - 1), NOW, HERE) is None
    assert totp.matching_step(SECRET, totp.code_at(SECRET, HERE + 1), NOW, HERE) == HERE + 1


@given(st.text(max_size=20))
def test_whatever_is_typed_is_compared_and_breaks_nothing(typed: str) -> None:
    found = totp.matching_step(SECRET, typed, NOW, None)
    near = {totp.code_at(SECRET, HERE + drift) for drift in (-1, 0, 1)}
    assert (found is not None) == ("".join(typed.split()) in near)


def test_an_app_is_told_all_and_sees_no_number() -> None:
    told = totp.uri(SECRET, "Clavero", "***4567**")
    parts = urlsplit(told)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/Clavero:***4567**"
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Clavero"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
