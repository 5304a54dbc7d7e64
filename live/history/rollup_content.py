"""The content of a rollup: what all processes counted in its time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from live.history.counts import Counts, sum_of
from live.history.slots import SLOT_SECONDS, SlotCounts

Gauges = dict[str, int]
"""Values that rise and fall, such as the open sockets: the highest of the time."""
GAUGES = ("sockets", "people", "in_flight", "lagging", "processes")
"""The fields of a sample that are gauges."""


class Tier(NamedTuple):
    """Rollups of one length, and how long they are kept. Both in seconds."""

    step: int
    retention: int


TIERS = (
    Tier(SLOT_SECONDS, 6 * 3600),
    Tier(60, 7 * 86_400),
    Tier(3600, 365 * 86_400),
)


class RollupKey(NamedTuple):
    """The length and the start of a rollup (Unix time in seconds)."""

    step: int
    start: int


class RollupContent(msgspec.Struct, kw_only=True, frozen=True):
    """Differences of counters, histograms, and the highest values of gauges."""

    counts: Counts = Counts()
    gauges: Gauges = {}

    def __add__(self, other: RollupContent) -> RollupContent:
        return merged([self, other])


def merged(contents: Sequence[RollupContent]) -> RollupContent:
    """Return the content of several rollups together."""
    return RollupContent(
        counts=sum_of(content.counts for content in contents),
        gauges=highest(content.gauges for content in contents),
    )


def highest(all_gauges: Iterable[Mapping[str, int]]) -> Gauges:
    """Return the highest value of each gauge."""
    result: Gauges = {}
    for gauges in all_gauges:
        for name, value in gauges.items():
            result[name] = max(value, result.get(name, value))
    return result


def contents_of(
    slots: Iterable[SlotCounts], gauges: Mapping[int, Gauges]
) -> dict[RollupKey, RollupContent]:
    """Return what slots add to the rollups of all lengths; `gauges` are those of each slot.

    A slot with gauges and no counts gets a rollup too: nothing happened, but it was measured.
    """
    additions = [(slot, RollupContent(counts=counts)) for slot, counts in slots]
    additions += [(slot, RollupContent(gauges=values)) for slot, values in gauges.items()]
    contents: dict[RollupKey, RollupContent] = {}
    for slot, addition in additions:
        for tier in TIERS:
            key = RollupKey(tier.step, slot // tier.step * tier.step)
            contents[key] = contents.get(key, RollupContent()) + addition
    return contents


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RollupContent)


def encode_content(content: RollupContent) -> bytes:
    """Return a content as it is stored."""
    return _encoder.encode(content)


def decode_content(content: bytes | memoryview) -> RollupContent:
    """Return a stored content."""
    return _decoder.decode(content)
