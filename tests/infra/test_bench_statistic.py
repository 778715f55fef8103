"""The statistic by which the bench tells people from strangers: it finds a difference where there is one."""

from __future__ import annotations

import random

import pytest

from infra.bench.strangers import area, figures


def test_the_area_is_right_where_it_can_be_counted_by_hand() -> None:
    auc, half = area([2.0, 3.0], [1.0, 2.0])
    assert auc == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert half > 0


def test_a_difference_of_one_deviation_is_found_and_none_is_not() -> None:
    draw = random.Random(7)  # to be the same each time
    strangers = [draw.gauss(20, 1) for _ in range(200)]
    same = figures([draw.gauss(20, 1) for _ in range(200)], strangers)
    slower = figures([draw.gauss(21, 1) for _ in range(200)], strangers)
    assert same["low"] < 0.5 < same["high"]
    assert same["certain"] == 0
    assert slower["auc"] == pytest.approx(0.76, abs=0.06)
    assert slower["certain"] > 0.1
    assert slower["difference_ms"] == pytest.approx(1, abs=0.35)
