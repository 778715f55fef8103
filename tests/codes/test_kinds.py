"""One-time codes: how they are drawn, typed, outlived and guessed (A17, A19, X12; threat model)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.civil_time import madrid
from chalicelib.codes.kinds import (
    EMAIL_CONFIRMATION,
    GENERATION,
    KINDS,
    chance_of_a_hit,
    expected_guesses,
    expires_at,
    grouped,
    guesses_within_limits,
    new_code,
    normalise,
)

ALL = [pytest.param(kind, id=kind.name) for kind in KINDS.values()]


def stream(seed: bytes) -> Callable[[int], bytes]:
    """Reproducible bytes in place of os.urandom."""
    blocks = count()

    def entropy(size: int) -> bytes:
        return hashlib.shake_256(seed + next(blocks).to_bytes(4, "big")).digest(size)

    return entropy


def test_a_generation_code_is_as_the_service_describes_it() -> None:
    """A17: ten letters and digits, case-sensitive."""
    assert GENERATION.length == 10
    assert any(sign.islower() for sign in GENERATION.alphabet)
    assert any(sign.isupper() for sign in GENERATION.alphabet)
    assert any(sign.isdigit() for sign in GENERATION.alphabet)
    assert GENERATION.bits > 58


def test_no_two_signs_of_a_generation_code_look_alike() -> None:
    assert not set(GENERATION.alphabet) & set("0Oo1lI")


@pytest.mark.parametrize("kind", ALL)
def test_every_sign_is_equally_likely(kind: object) -> None:
    """A remainder of 256 by 56 would favour the first 32 signs by a quarter."""
    assert isinstance(kind, type(GENERATION))
    long = replace(kind, length=kind.group * 10_000)
    counts = Counter(new_code(long, stream(b"fair")))
    mean = long.length / len(kind.alphabet)
    chi_squared = sum((counts[sign] - mean) ** 2 / mean for sign in kind.alphabet)
    freedom = len(kind.alphabet) - 1
    assert chi_squared < freedom + 5 * (2 * freedom) ** 0.5


def test_bytes_that_would_favour_some_signs_are_thrown_away() -> None:
    last_fair = 256 - 256 % len(GENERATION.alphabet) - 1
    source = iter([bytes([255] * 10), bytes([last_fair + 1] * 10), bytes([last_fair] * 10)])
    assert new_code(GENERATION, lambda size: next(source)[:size]) == GENERATION.alphabet[-1] * 10


def test_ten_thousand_codes_are_all_different() -> None:
    entropy = stream(b"unique")
    assert len({new_code(GENERATION, entropy) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("kind", ALL)
@given(seed=st.binary(max_size=8))
def test_a_code_is_read_as_people_type_it_from_the_slip(kind: object, seed: bytes) -> None:
    assert isinstance(kind, type(GENERATION))
    code = new_code(kind, stream(seed))
    assert normalise(kind, code) == code
    assert normalise(kind, f"  {grouped(kind, code)}\n") == code
    assert normalise(kind, grouped(kind, code, "-")) == code


def test_capital_and_small_letters_differ_where_the_kind_says_so() -> None:
    assert normalise(GENERATION, "Kd7pQ 2mWxZ") == "Kd7pQ2mWxZ"
    assert normalise(GENERATION, "kd7pq 2mwxz") == "kd7pq2mwxz"
    assert normalise(EMAIL_CONFIRMATION, "abcd-efgh") == "ABCDEFGH"


def test_what_looks_alike_is_read_alike_in_an_email_code() -> None:
    """Crockford: o is zero, i and l are one."""
    assert normalise(EMAIL_CONFIRMATION, "oOiI lL01") == "00111101"


@pytest.mark.parametrize(
    "typed", ["", "Kd7pQ2mWx", "Kd7pQ2mWxZZ", "Kd7pQ2mWx0", "Kd7pQ2mWx\u00e9", "Kd7pQ2mWx!", "K" * 10**6]
)
def test_what_can_be_no_code_is_known_without_asking_the_store(typed: str) -> None:
    assert normalise(GENERATION, typed) is None


@given(st.text(max_size=120))
def test_a_normalised_code_has_only_signs_of_its_alphabet(typed: str) -> None:
    for kind in KINDS.values():
        code = normalise(kind, typed)
        assert code is None or (len(code) == kind.length and set(code) <= set(kind.alphabet))


@pytest.mark.parametrize(
    ("issued", "last_second"),
    [
        ("2026-11-22T10:30:00+00:00", "2026-12-07T22:59:59+00:00"),
        ("2026-11-22T22:59:59+00:00", "2026-12-07T22:59:59+00:00"),
        ("2026-11-22T23:00:00+00:00", "2026-12-08T22:59:59+00:00"),  # past midnight in Madrid
        ("2026-03-14T12:00:00+00:00", "2026-03-29T21:59:59+00:00"),  # summer time begins on the last day
        ("2026-03-20T12:00:00+00:00", "2026-04-04T21:59:59+00:00"),  # and in between
        ("2026-03-13T12:00:00+00:00", "2026-03-28T22:59:59+00:00"),  # the day before it begins
        ("2026-10-10T12:00:00+00:00", "2026-10-25T22:59:59+00:00"),  # summer time ends on the last day
        ("2026-10-09T12:00:00+00:00", "2026-10-24T21:59:59+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-11-09T22:59:59+00:00"),  # issued at 02:30, the first of two
        ("2028-02-14T12:00:00+00:00", "2028-02-29T22:59:59+00:00"),
    ],
)
def test_a_code_lives_to_the_end_of_the_fifteenth_day_in_madrid(issued: str, last_second: str) -> None:
    assert expires_at(GENERATION, datetime.fromisoformat(issued)) == datetime.fromisoformat(last_second)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2126, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_nobody_gets_less_than_fifteen_days(now: datetime) -> None:
    """Less an hour in spring, when one day has 23."""
    for kind in (kind for kind in KINDS.values() if kind.life == timedelta(days=15)):
        expiry = expires_at(kind, now)
        assert expiry.tzinfo is UTC
        local = expiry.astimezone(madrid())
        assert (local.hour, local.minute, local.second) == (23, 59, 59)
        assert (
            timedelta(days=14, hours=23) <= expiry - now + timedelta(seconds=1) <= timedelta(days=16, hours=1)
        )


def test_a_moment_without_time_zone_has_no_fifteenth_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        expires_at(GENERATION, datetime(2026, 11, 22))  # noqa: DTZ001


def test_an_attacker_with_ten_thousand_addresses_fails_for_a_year() -> None:
    """A hundred thousand unspent codes, guessed at without a pause, as fast as the limits allow."""
    guesses = guesses_within_limits(GENERATION, timedelta(days=365), sources=10_000)
    assert guesses < 400_000_000
    assert chance_of_a_hit(GENERATION, guesses, live_codes=100_000) < 1 / 5_000
    assert expected_guesses(GENERATION, live_codes=100_000) > 1e12


def test_an_attacker_with_one_address_is_held_to_its_own_limit() -> None:
    assert guesses_within_limits(GENERATION, timedelta(minutes=15), sources=1) <= 20


def test_a_holder_cannot_guess_the_code_sent_to_somebody_elses_address() -> None:
    """It must be the code of one's own identification, so one code is live; and it lives fifteen days."""
    guesses = guesses_within_limits(EMAIL_CONFIRMATION, timedelta(days=16), sources=1_000)
    assert chance_of_a_hit(EMAIL_CONFIRMATION, guesses, live_codes=1) < 1 / 100_000


def test_the_chance_is_right_where_it_can_be_counted_by_hand() -> None:
    coin = replace(EMAIL_CONFIRMATION, length=1, group=1, alphabet="AB")
    assert chance_of_a_hit(coin, guesses=2, live_codes=1) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "change", [{"alphabet": "AAB"}, {"alphabet": "A-"}, {"length": 9}, {"life": timedelta(0)}]
)
def test_a_line_of_the_table_that_makes_no_sense_stops_the_start(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="generation-code"):
        replace(GENERATION, **change)
