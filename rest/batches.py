"""Split values into batches, for statements and messages of limited size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

MAX_IDS_PER_QUERY = 500
"""Ids in one statement: SQLite limits the parameters of a statement."""


def batched(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield the values in order, in tuples of `size`; the last one may be shorter.

    The standard library has it from Python 3.12 on, as `itertools.batched`.
    Raises ValueError if `size` is less than one.
    """
    if size < 1:
        raise ValueError("size must be at least one")
    remaining = iter(values)
    while batch := tuple(islice(remaining, size)):
        yield batch


def batched_by_size(
    values: Iterable[T], *, size_of: Callable[[T], int], max_count: int, max_size: int
) -> Iterator[tuple[T, ...]]:
    """Yield the values in order, in tuples of limited number and total size.

    A value that is larger than `max_size` is alone in its tuple.
    """
    batch: list[T] = []
    batch_size = 0
    for value in values:
        size = size_of(value)
        if batch and (len(batch) == max_count or batch_size + size > max_size):
            yield tuple(batch)
            batch, batch_size = [], 0
        batch.append(value)
        batch_size += size
    if batch:
        yield tuple(batch)
