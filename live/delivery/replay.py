"""What a subscriber is sent to reach the position of the relay. Pure."""

from __future__ import annotations

from typing import NamedTuple

from live.delivery.change_sequence import IncomingChange
from live.delivery.readings import EncodedSnapshot, Position, Reading, Tail
from live.delivery.send_queue import Batch

MAX_CACHED_READINGS = 8
"""Readings of one list whose batches are kept for the next subscribers."""


class Replay(NamedTuple):
    """Everything between the position of a subscriber and the position of the relay.

    `position` is the one that `subscribed` names: after the missed changes, or of the
    snapshot. `relay_version` includes the changes after the snapshot.
    """

    position: Position
    relay_version: int
    is_resume: bool
    batches: tuple[Batch, ...]


class ReplayBuilder:
    """Encodes readings of one list. Subscribers at the same position share the batches."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._cache: dict[object, tuple[Batch, ...]] = {}

    def build(
        self, reading: Reading, later: list[IncomingChange], position: Position | None
    ) -> Replay:
        """Return the replay for a subscriber at `position` (None: it has nothing).

        `later` are the changes after the reading, up to the position of the relay.
        """
        is_resume = isinstance(reading, Tail)
        read_position = Position(reading.epoch, reading.version, reading.digest)
        batches = self._encode_cached(reading, position)
        if later:
            frames = [change.frame for change in later]
            batches = (*batches, self._encode_changes(frames, read_position))
        relay_version = reading.version + len(later)
        newest = Position(reading.epoch, relay_version, later[-1].digest) if later else None
        return Replay(
            # The changes after a snapshot count as live changes.
            position=newest if newest and is_resume else read_position,
            relay_version=relay_version,
            is_resume=is_resume,
            batches=batches,
        )

    def _encode_cached(self, reading: Reading, position: Position | None) -> tuple[Batch, ...]:
        start = position if isinstance(reading, Tail) else None
        key = (reading.epoch, reading.version, reading.digest, start)
        batches = self._cache.get(key)
        if batches is None:
            if len(self._cache) >= MAX_CACHED_READINGS:
                self._cache.clear()
            batches = self._cache[key] = self._encode_reading(reading, position)
        return batches

    def _encode_reading(self, reading: Reading, position: Position | None) -> tuple[Batch, ...]:
        if isinstance(reading, EncodedSnapshot):
            return tuple(Batch(part, topic=self._topic, is_replay=True) for part in reading.parts)
        assert position is not None
        missed = [change.frame for change in reading.after(position) or ()]
        return (self._encode_changes(missed, position),) if missed else ()

    def _encode_changes(self, frames: list[str], before: Position) -> Batch:
        return Batch(
            "\n".join(frames),
            topic=self._topic,
            before=before,
            frame_count=len(frames),
            change_count=len(frames),
            is_replay=True,
        )
