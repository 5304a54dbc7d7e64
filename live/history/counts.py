"""Counts as values: they add up, and two states of one counter have a difference. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from live.histogram import BucketCounts, merge_buckets, subtract_buckets

TopicTotals = dict[str, dict[str, int]]
"""The totals of a topic of the dashboard: for each of its rows, counts by name."""


class Counts(msgspec.Struct, kw_only=True, frozen=True):
    """Numbers by name, and histograms of durations by name."""

    numbers: dict[str, int] = {}
    histograms: dict[str, BucketCounts] = {}

    def __add__(self, other: Counts) -> Counts:
        return sum_of((self, other))

    def __sub__(self, before: Counts) -> Counts:
        """Return what was counted since an earlier state; nothing is below 0."""
        return Counts(
            numbers={
                name: max(0, count - before.numbers.get(name, 0))
                for name, count in self.numbers.items()
            },
            histograms={
                name: subtract_buckets(buckets, before.histograms.get(name, {}))
                for name, buckets in self.histograms.items()
            },
        )

    @property
    def size(self) -> int:
        """The sum of everything: of two states of one process, the later one has the larger."""
        buckets = (bucket for each in self.histograms.values() for bucket in each.values())
        return sum(self.numbers.values()) + sum(buckets)


class PendingSlot(msgspec.Struct, array_like=True, frozen=True):
    """A slot that has ended, and what its process had counted by then since its start."""

    slot: int
    counts: Counts


def sum_of(all_counts: Iterable[Counts]) -> Counts:
    """Return the sum of many counts: quicker than to add them one by one."""
    numbers: dict[str, int] = {}
    histograms: dict[str, list[BucketCounts]] = {}
    for counts in all_counts:
        for name, count in counts.numbers.items():
            numbers[name] = numbers.get(name, 0) + count
        for name, buckets in counts.histograms.items():
            histograms.setdefault(name, []).append(buckets)
    merged = {name: merge_buckets(*buckets) for name, buckets in histograms.items()}
    return Counts(numbers=numbers, histograms=merged)


def merge_topics(*all_topics: Mapping[str, TopicTotals]) -> dict[str, TopicTotals]:
    """Return the sum of the totals of several processes, for each topic."""
    merged: dict[str, TopicTotals] = {}
    for topics in all_topics:
        for topic, rows in topics.items():
            merged_rows = merged.setdefault(topic, {})
            for row, counts in rows.items():
                merged_rows[row] = _added(merged_rows.get(row, {}), counts)
    return merged


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


_encoder = msgspec.msgpack.Encoder()
_counts_decoder = msgspec.msgpack.Decoder(Counts)
_topics_decoder = msgspec.msgpack.Decoder(dict[str, TopicTotals])
_pending_decoder = msgspec.msgpack.Decoder(list[PendingSlot])


def encode(value: object) -> bytes:
    """Return a value of this module as it is stored."""
    return _encoder.encode(value)


def decode_counts(content: bytes | memoryview) -> Counts:
    """Return stored counts."""
    return _counts_decoder.decode(content)


def decode_topics(content: bytes | memoryview) -> dict[str, TopicTotals]:
    """Return the stored totals of topics."""
    return _topics_decoder.decode(content)


def decode_pending(content: bytes | memoryview) -> list[PendingSlot]:
    """Return stored slots."""
    return _pending_decoder.decode(content)
