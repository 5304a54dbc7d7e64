"""Passes the changes of watched lists to the hub, in order."""

from __future__ import annotations

import time
from time import perf_counter
from typing import Protocol
from uuid import UUID

from live.delivery.access_changes import AccessChanges
from live.delivery.change_sequence import ChangeSequence, IncomingChange
from live.delivery.hub import Hub
from live.delivery.readings import ListState, LoggedChange, Position, Tail
from live.delivery.watched_list import WatchedList
from live.delivery_meter import DeliveryMeter

MAX_MESSAGE_BYTES = 1_000_000
"""Bytes of a change that is sent as one message: servers and proxies limit it to 1 MiB."""


class AccessListener(Protocol):
    """Notifies users whose access a change affects."""

    def on_access_changed(
        self, list_id: UUID, position: Position, access_changes: AccessChanges
    ) -> None:
        """Notify users before the change itself is delivered."""

    def on_list_deleted(self, list_id: UUID) -> None:
        """Notify users after the last change of a list was delivered."""


class OrderedDelivery:
    """Delivers each change of a list once, in order. It reads nothing.

    It knows lists and versions, but neither sockets nor JSON.
    """

    def __init__(
        self, *, hub: Hub, access_listener: AccessListener, meter: DeliveryMeter | None = None
    ) -> None:
        self._meter = meter or DeliveryMeter()
        self._hub = hub
        self._access_listener = access_listener

    def accept(self, watched_list: WatchedList, change: IncomingChange) -> None:
        """Take a change and deliver it as soon as all changes before it are delivered."""
        assert watched_list.sequence is not None
        for deliverable in watched_list.sequence.accept(change):
            self._deliver(watched_list, watched_list.sequence, deliverable)

    def apply_log(
        self, watched_list: WatchedList, start: Position, state: ListState | None, tail: Tail
    ) -> bool:
        """Deliver the changes that were read from the log.

        `start` is the position of the list when the reading started. Returns False if
        the delivered changes do not lead to the state of the database, because it has
        another history, or because the log no longer has all changes. Then the caller
        must call `restart`.
        """
        sequence = watched_list.sequence
        assert sequence is not None
        sequence.is_contradicted = False
        is_rewritten = state is not None and _is_rewritten(start, state, tail)
        if not is_rewritten and tail.since <= sequence.version:
            for logged in tail.changes:
                self.accept(watched_list, _incoming(logged))
        if is_rewritten or sequence.is_contradicted:
            self._meter.went_back_at = time.time()
        if state is None or not state.exists:
            self._end(watched_list)
            return True
        is_complete = state.position.version <= sequence.version
        return is_complete and not is_rewritten and not sequence.is_contradicted

    def restart(self, watched_list: WatchedList, position: Position) -> None:
        """Let all subscribers read the list again; continue from this position."""
        watched_list.restart(position)
        self._hub.reset(watched_list.topic, change_count=1)

    def _deliver(
        self, watched_list: WatchedList, sequence: ChangeSequence, change: IncomingChange
    ) -> None:
        if change.access_changes:
            self._access_listener.on_access_changed(
                watched_list.list_id,
                Position(sequence.epoch, change.version, change.digest),
                change.access_changes,
            )
        now = perf_counter()
        if change.received_at is not None:
            self._meter.hops["order"].observe((now - change.received_at) * 1000)
        if len(change.frame) > MAX_MESSAGE_BYTES:
            # All subscribers read the list again, in parts.
            sequence.clear_kept()
            self._hub.reset(watched_list.topic, change_count=1)
        else:
            self._hub.publish(
                watched_list.topic,
                change.frame,
                before=Position(sequence.epoch, change.version - 1, change.base),
                committed_at=change.committed_at,
                is_change=True,
                published_at=now,
            )
            if self._meter.tracer is not None:
                subscribers = self._hub.subscribers(watched_list.topic)
                self._meter.tracer.change_delivered(change, subscribers)
        if change.access_changes.deleted:
            self._end(watched_list)

    def _end(self, watched_list: WatchedList) -> None:
        self._hub.flush_topic(watched_list.topic)
        self._access_listener.on_list_deleted(watched_list.list_id)


def _is_rewritten(start: Position, state: ListState, tail: Tail) -> bool:
    """Tell whether a reading shows another history than the one that led to `start`."""
    if state.position.epoch != start.epoch or state.position.version < start.version:
        return True
    return tail.digest_at(start.version) not in {None, start.digest}


def _incoming(logged: LoggedChange) -> IncomingChange:
    return IncomingChange(
        version=logged.version,
        base=logged.base,
        digest=logged.digest,
        frame=logged.frame,
        access_changes=logged.access_changes,
        committed_at=logged.at,
        received_at=perf_counter(),
    )
