"""The state of one list in a client: a snapshot with every later change applied to it.

Pure and strict: a change that does not follow the previous one is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

import msgspec

from shopping_list import digest
from shopping_list.rows import Change, ItemRow, ListRow, topic_of

_decoder = msgspec.json.Decoder(Change)


def decode(frame: bytes | memoryview) -> Change:
    """Return the change of one frame."""
    return _decoder.decode(bytes(frame))


@dataclass(frozen=True)
class State:
    """A whole list at one version; `list` is None before it is created and after it is deleted."""

    epoch: str
    version: int
    list: ListRow | None = None
    items: tuple[ItemRow, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of the rows."""
        return digest.EMPTY if self.list is None else digest.digest_of(self.list, self.items)

    def after(self, changes: Iterable[Change]) -> State:
        """Return the state after these changes."""
        replica = Replica.of(self)
        for change in changes:
            replica.apply(change)
        return replica.state


@dataclass
class Replica:
    """One list that receives changes, and computes its digest from its rows."""

    epoch: str
    version: int
    list: ListRow | None
    items: dict[UUID, ItemRow]
    digest: str

    @classmethod
    def of(cls, state: State) -> Self:
        """Start from a snapshot."""
        items = {row.id: row for row in state.items}
        return cls(state.epoch, state.version, state.list, items, state.digest)

    def apply(self, change: Change) -> None:
        """Apply the next change; raises AssertionError for any other one."""
        assert change.epoch == self.epoch
        assert change.version == self.version + 1
        assert change.base == self.digest
        for row in change.items:
            assert row.version == change.version
            self.items[row.id] = row
        for patch in change.patches or ():
            assert patch.fields.version == change.version
            self.items.update((pk, patch.apply(self.items[pk])) for pk in patch.ids)
        for pk in change.gone:
            del self.items[pk]
        self._apply_list(change)
        self.version = change.version
        self.digest = self.state.digest
        assert change.digest == self.digest

    def _apply_list(self, change: Change) -> None:
        if isinstance(change.list, ListRow):
            assert change.topic == topic_of(change.list.id)
            assert change.list.last_interaction >= change.at
            self.list = change.list
        elif change.verb == "list.deleted":
            self.list, self.items = None, {}
        elif self.list is not None:
            latest = max(change.at, self.list.last_interaction)
            self.list = msgspec.structs.replace(self.list, last_interaction=latest)

    @property
    def state(self) -> State:
        """The whole state, with the items in their order."""
        rows = sorted(self.items.values(), key=lambda row: (row.position, row.id.int))
        return State(self.epoch, self.version, self.list, tuple(rows))


def with_version(state: State, version: int) -> State:
    """Return the state with another version, to compare everything else."""
    return replace(state, version=version)
