"""The calculations behind the benchmark table."""

import pytest

from bench.arithmetic import counts, median, out_of_order, percentile, ratio


def test_percentile_is_one_of_the_values():
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile(values, 1) == 100
    assert percentile([7.0], 0.01) == 7
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2


def test_percentile_and_median_are_none_without_values():
    assert percentile([], 0.5) is None
    assert median([None, None]) is None


def test_median_ignores_missing_values():
    assert median([3, None, 1, 2]) == 2


@pytest.mark.parametrize(
    ("of", "to", "result"), [(6, 3, 2), (0, 3, 0), (1, 0, None), (None, 1, None), (1, None, None)]
)
def test_ratio_is_none_when_a_side_is_missing_or_divisor_is_zero(of, to, result):
    assert ratio(of, to) == result


def test_surplus_of_one_socket_does_not_hide_loss_of_another():
    assert counts([9, 11], [10, 10]) == (1, 1)
    assert counts([10, 10], [10, 10]) == (0, 0)


def test_disorder_counts_every_step_other_than_one():
    assert out_of_order([4, 5, 6]) == 0
    assert out_of_order([4, 6, 5, 5]) == 3
    assert out_of_order([]) == 0
