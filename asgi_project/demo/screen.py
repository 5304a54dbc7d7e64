"""What a simulated user has of one list, kept by the rules for clients of docs/protocol.md."""

from __future__ import annotations

from uuid import UUID

import msgspec

from live.protocol.frames import Snapshot
from shopping_list import digest as digests
from shopping_list.rows import Change, ItemRow, ListRow

Frame = Change | Snapshot
_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


def decode(frame: str) -> Frame | None:
    """Return a snapshot or a change, None for every other frame."""
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError:
        return None


class OutOfStepError(Exception):
    """A change does not follow what the screen has: it must subscribe again."""


class Screen:
    """The rows of one list, and the digest that is computed from them."""

    def __init__(self) -> None:
        self.epoch = ""
        self.version = -1
        self._list: ListRow | None = None
        self._items: dict[UUID, ItemRow] = {}

    @property
    def digest(self) -> str:
        """The digest of the rows that the screen has."""
        return digests.digest_of(self._list, self._items.values()) if self._list else digests.EMPTY

    def apply(self, frame: Frame) -> bool:
        """Take over a frame; return whether the screen has a whole list now.

        Raises OutOfStepError if the frame is a change that does not follow.
        """
        if isinstance(frame, Snapshot):
            return self._replace(frame)
        if frame.epoch != self.epoch or frame.version <= self.version:
            return False
        if frame.version != self.version + 1 or frame.base != self.digest:
            raise OutOfStepError
        self._items.update((row.id, row) for row in frame.items)
        for patch in frame.patches or ():
            self._items.update((pk, patch.apply(self._items[pk])) for pk in patch.ids)
        for pk in frame.gone:
            self._items.pop(pk, None)
        if isinstance(frame.list, ListRow):
            self._list = frame.list
        self.version = frame.version
        return True

    def _replace(self, snapshot: Snapshot) -> bool:
        if snapshot.part == 1:
            self._items = {}
        self._items.update((row.id, row) for row in snapshot.items)
        self._list = snapshot.list
        self.epoch, self.version = snapshot.epoch, snapshot.version
        return snapshot.part == snapshot.parts
