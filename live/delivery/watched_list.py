"""One list that this process watches: its position, its readings, its watchers."""

from __future__ import annotations

import asyncio
from uuid import UUID

from live.delivery.change_sequence import ChangeSequence, IncomingChange
from live.delivery.local_bus import group_name
from live.delivery.log_reader import LogReader
from live.delivery.readings import ListState, Position, Reading
from live.delivery.replay import Replay, ReplayBuilder
from shopping_list.rows import topic_of


class WatchedList:
    """The state of the relay for one list. It delivers nothing.

    `sequence` is None until the first reading of the list gives its position.
    """

    def __init__(self, list_id: UUID) -> None:
        self.list_id = list_id
        self.topic = topic_of(list_id)
        self.group = group_name(list_id)
        self.sequence: ChangeSequence | None = None
        self.watcher_count = 0
        self.repair_task: asyncio.Task[None] | None = None
        self._log_reader = LogReader(list_id)
        self._replay_builder = ReplayBuilder(self.topic)

    @property
    def position(self) -> Position | None:
        """The position up to which everything was delivered."""
        return None if self.sequence is None else (self.sequence.epoch, self.sequence.version)

    def has_reached(self, reading: Reading) -> bool:
        """Tell whether everything up to the position of a reading was delivered."""
        sequence = self.sequence
        return (
            sequence is not None
            and sequence.epoch == reading.epoch
            and sequence.version >= reading.version
        )

    def is_behind(self, state: ListState | None) -> bool:
        """Tell whether the database has something that was not delivered."""
        if self.watcher_count == 0 or self.sequence is None:
            return False
        if state is None or not state.exists:
            return True
        return state.epoch != self.sequence.epoch or state.version > self.sequence.version

    async def read(self, position: Position | None) -> Reading | None:
        """Read the changes after a position, or the whole list; None if it does not exist.

        The first reading sets the position of the list.
        """
        reading = await self._read(position)
        if reading is not None and self.sequence is None:
            self.sequence = ChangeSequence(reading.epoch, reading.version)
        return reading

    async def _read(self, position: Position | None) -> Reading | None:
        sequence = self.sequence
        if position is not None and (sequence is None or sequence.epoch == position[0]):
            epoch, since = position
            min_version = sequence.oldest_kept if sequence else 0
            tail = await self._log_reader.tail(epoch=epoch, since=since, min_version=min_version)
            if tail.after(since) is not None:
                return tail
        sequence = self.sequence
        return await self._log_reader.snapshot(
            epoch=sequence.epoch if sequence else None,
            min_version=sequence.oldest_kept if sequence else 0,
        )

    def replay(self, reading: Reading, position: Position | None) -> Replay | None:
        """Return what is between `position` and the position of the relay.

        Returns None if the changes after the reading are no longer kept.
        """
        later = self._changes_after(reading)
        return None if later is None else self._replay_builder.build(reading, later, position)

    def _changes_after(self, reading: Reading) -> list[IncomingChange] | None:
        if self.sequence is None or self.sequence.epoch != reading.epoch:
            return None
        return self.sequence.after(reading.version)
