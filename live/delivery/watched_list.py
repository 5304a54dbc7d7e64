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
        return None if self.sequence is None else self.sequence.position

    def has_reached(self, reading: Reading) -> bool:
        """Tell whether everything up to the position of a reading was delivered."""
        sequence = self.sequence
        return (
            sequence is not None
            and sequence.epoch == reading.epoch
            and sequence.version >= reading.version
        )

    def contradicts(self, reading: Reading) -> bool:
        """Tell whether a reading and the delivered changes belong to different histories."""
        sequence = self.sequence
        if sequence is None or sequence.epoch != reading.epoch:
            return False
        return sequence.digest_at(reading.version) not in {None, reading.digest}

    def is_unlike(self, reading: Reading) -> bool:
        """Tell whether a reading has something that was not delivered, or something else."""
        return not self.has_reached(reading) or self.contradicts(reading)

    def forget_readings(self) -> None:
        """Read the list anew with the next subscriber."""
        self._log_reader.forget()

    def needs_repair(self, start: Position, state: ListState | None) -> bool:
        """Tell whether the database has something else than what was delivered.

        `start` is the position of the list before `state` was read: a state that is
        older than `start` shows that the database went back.
        """
        if self.watcher_count == 0 or self.sequence is None:
            return False
        if state is None or not state.exists or state.position.epoch != self.sequence.epoch:
            return True
        version = state.position.version
        if version == start.version:
            return state.position != start
        return version < start.version or version > self.sequence.version

    def restart(self, position: Position) -> None:
        """Continue from this position of the database, without anything that was read before."""
        self.sequence = ChangeSequence(position)
        self._log_reader.forget()

    async def read(self, position: Position | None) -> Reading | None:
        """Read the changes after a position, or the whole list; None if it does not exist.

        The first reading sets the position of the list.
        """
        reading = await self._read(position)
        if reading is not None and self.sequence is None:
            self.sequence = ChangeSequence(Position(reading.epoch, reading.version, reading.digest))
        return reading

    async def _read(self, position: Position | None) -> Reading | None:
        sequence = self.sequence
        if position is not None and (sequence is None or sequence.epoch == position.epoch):
            tail = await self._log_reader.tail(
                epoch=position.epoch,
                since=position.version,
                min_version=sequence.oldest_kept if sequence else 0,
            )
            if tail.after(position) is not None:
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
        if self.contradicts(reading):
            return None
        return self.sequence.after(reading.version)
