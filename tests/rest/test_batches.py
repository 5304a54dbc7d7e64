"""Batches of values (rest/batches.py)."""

from __future__ import annotations

import pytest

from rest.batches import batched


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
