"""What a client holds of one list: a snapshot, with every change since applied to it.

Pure, and strict: a change that does not follow the one before is an error here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

import msgspec

from shopping_list.rows import Change, ItemRow, ListRow, topic_of

_decoder = msgspec.json.Decoder(Change)


def decode(frame: bytes | memoryview) -> Change:
    """Return the change of one frame."""
    return _decoder.decode(bytes(frame))


@dataclass(frozen=True)
class State:
    """A whole list at one version; `list` is None before it was made and when it is gone."""

    epoch: str
    version: int
    list: ListRow | None = None
    items: tuple[ItemRow, ...] = ()

    def after(self, changes: Iterable[Change]) -> State:
        """Return the state that these changes lead to."""
        replica = Replica.of(self)
        for change in changes:
            replica.apply(change)
        return replica.state


@dataclass
class Replica:
    """One list while changes come in."""

    epoch: str
    version: int
    list: ListRow | None
    items: dict[UUID, ItemRow]

    @classmethod
    def of(cls, state: State) -> Self:
        """Start from a snapshot."""
        return cls(state.epoch, state.version, state.list, {row.id: row for row in state.items})

    def apply(self, change: Change) -> None:
        """Apply the change that follows; raises AssertionError for any other."""
        assert change.epoch == self.epoch
        assert change.version == self.version + 1
        for row in change.items:
            assert row.version == change.version
            self.items[row.id] = row
        for pk in change.gone:
            del self.items[pk]
        self._apply_list(change)
        self.version = change.version

    def _apply_list(self, change: Change) -> None:
        if isinstance(change.list, ListRow):
            assert change.topic == topic_of(change.list.id)
            assert change.list.last_interaction == change.at
            self.list = change.list
        elif change.verb == "list.deleted":
            self.list, self.items = None, {}
        elif self.list is not None:
            assert change.at >= self.list.last_interaction
            self.list = msgspec.structs.replace(self.list, last_interaction=change.at)

    @property
    def state(self) -> State:
        """Everything that is held, items in their order."""
        rows = sorted(self.items.values(), key=lambda row: (row.position, row.id.int))
        return State(self.epoch, self.version, self.list, tuple(rows))


def with_version(state: State, version: int) -> State:
    """Return the state under another version, to compare what it holds only."""
    return replace(state, version=version)
