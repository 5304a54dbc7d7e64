"""Batches of values (rest/batches.py)."""

from __future__ import annotations

import pytest

from rest.batches import batched, batched_by_size


@pytest.mark.parametrize(
    ("count", "batches"),
    [
        (0, []),
        (1, [(0,)]),
        (2, [(0, 1)]),
        (5, [(0, 1), (2, 3), (4,)]),
    ],
)
def test_batched_keeps_the_order_and_the_last_batch_may_be_shorter(count, batches):
    assert list(batched(range(count), 2)) == batches


def test_batched_reads_no_further_than_the_batch_that_is_asked_for():
    values = iter(range(5))

    assert next(batched(values, 2)) == (0, 1)

    assert next(values) == 2


def test_batched_rejects_a_size_below_one():
    with pytest.raises(ValueError, match="at least one"):
        next(batched([1], 0))


@pytest.mark.parametrize(
    ("values", "batches"),
    [
        ([], []),
        (["a"], [("a",)]),
        (["a", "b", "c", "d"], [("a", "b", "c"), ("d",)]),
        (["aaa", "bb", "c"], [("aaa", "bb"), ("c",)]),
        (["a", "bbbbbbbb", "c"], [("a",), ("bbbbbbbb",), ("c",)]),
    ],
)
def test_batched_by_size_limits_the_number_and_the_size(values, batches):
    result = batched_by_size(values, size_of=len, max_count=3, max_size=5)
    assert list(result) == batches
