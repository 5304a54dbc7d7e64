"""Passes the changes of watched lists to the hub, in order."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from live.delivery.access_changes import AccessChanges
from live.delivery.change_sequence import ChangeSequence, IncomingChange
from live.delivery.hub import Hub
from live.delivery.readings import ListState, Tail
from live.delivery.watched_list import WatchedList

MAX_MESSAGE_BYTES = 1_000_000
"""Bytes of a change that is sent as one message: servers and proxies limit it to 1 MiB."""


class AccessListener(Protocol):
    """Notifies users whose access a change affects."""

    def on_access_changed(
        self, list_id: UUID, epoch: str, version: int, access_changes: AccessChanges
    ) -> None:
        """Notify users before the change itself is delivered."""

    def on_list_deleted(self, list_id: UUID) -> None:
        """Notify users after the last change of a list was delivered."""


class OrderedDelivery:
    """Delivers each change of a list once, in order. It reads nothing.

    It knows lists and versions, but neither sockets nor JSON.
    """

    def __init__(self, *, hub: Hub, access_listener: AccessListener) -> None:
        self._hub = hub
        self._access_listener = access_listener

    def accept(self, watched_list: WatchedList, change: IncomingChange) -> None:
        """Take a change and deliver it as soon as all changes before it are delivered."""
        assert watched_list.sequence is not None
        for deliverable in watched_list.sequence.accept(change):
            self._deliver(watched_list, watched_list.sequence, deliverable)

    def apply_log(
        self,
        watched_list: WatchedList,
        sequence: ChangeSequence,
        state: ListState | None,
        tail: Tail,
    ) -> None:
        """Deliver the changes that were read from the log, or let all subscribers start again."""
        for logged in tail.changes:
            if tail.since <= sequence.version:
                change = IncomingChange(logged.version, logged.frame, logged.access_changes)
                self.accept(watched_list, change)
        if state is None or not state.exists:
            self._end(watched_list)
        elif state.epoch != sequence.epoch or state.version > sequence.version:
            # The history was rewritten, or the log no longer has all missing changes.
            watched_list.sequence = ChangeSequence(state.epoch, state.version)
            self._hub.reset(watched_list.topic)

    def _deliver(
        self, watched_list: WatchedList, sequence: ChangeSequence, change: IncomingChange
    ) -> None:
        if change.access_changes:
            self._access_listener.on_access_changed(
                watched_list.list_id, sequence.epoch, change.version, change.access_changes
            )
        if len(change.frame) > MAX_MESSAGE_BYTES:
            # All subscribers read the list again, in parts.
            sequence.clear_kept()
            self._hub.reset(watched_list.topic)
        else:
            self._hub.publish(
                watched_list.topic,
                change.frame,
                before=(sequence.epoch, change.version - 1),
                committed_at=change.committed_at,
            )
        if change.access_changes.deleted:
            self._end(watched_list)

    def _end(self, watched_list: WatchedList) -> None:
        self._hub.flush_topic(watched_list.topic)
        self._access_listener.on_list_deleted(watched_list.list_id)
