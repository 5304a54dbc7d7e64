"""Bugs that are put into the product on purpose, each of which a few worlds must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.subscriptions import Subscriptions
from live.delivery import publisher
from live.delivery.change_sequence import ChangeSequence
from live.delivery.hub import Hub
from live.delivery.log_repair import LogRepair
from live.delivery.readings import Position, Tail
from live.delivery.relay import Relay
from live.delivery.replay import ReplayBuilder
from live.delivery.send_queue import SendQueue
from live.delivery.watched_list import WatchedList

Mutation = Callable[[], Any]

BUGS: dict[str, Mutation] = {}


def bug(name: str) -> Callable[[Callable[[], Iterator[None]]], Mutation]:
    """Register a bug under a name."""

    def register(function: Callable[[], Iterator[None]]) -> Mutation:
        mutation = BUGS[name] = contextmanager(function)
        return mutation

    return register


def replaced(owner: type, name: str, new: Callable[..., Any]) -> Any:
    """Replace a method; `new` gets the original one first."""
    original = getattr(owner, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return new(lambda *a, **k: original(self, *a, **k), self, *args, **kwargs)

    return patch.object(owner, name, method)


@bug("a version is skipped")
def skip_version() -> Iterator[None]:
    def accept(original: Any, self: Any, change: Any) -> Any:
        deliverable = original(change)
        return deliverable[1:] if len(deliverable) > 1 else deliverable

    with replaced(ChangeSequence, "accept", accept):
        yield


@bug("a change is sent before its commit")
def publish_early() -> Iterator[None]:
    with patch.object(publisher, "_on_commit", lambda hook: hook()):
        yield


@bug("a replay is sent twice")
def replay_twice() -> Iterator[None]:
    def attach(original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        connection, _topic, replay, _position = args
        for batch in replay.batches:
            connection.writer.send_queue.put(batch)

    with replaced(Subscriptions, "_attach", attach):
        yield


@bug("a removal is forgotten")
def forget_removal() -> Iterator[None]:
    with patch.object(AccessTracker, "_revoke", lambda *args, **kwargs: None):
        yield


@bug("a lowered role does not end the subscription")
def forget_downgrade() -> Iterator[None]:
    with patch.object(Connection, "end_subscription", lambda *args: None):
        yield


@bug("access is not asked after the reading")
def skip_access_check() -> Iterator[None]:
    with patch.object(Subscriptions, "_is_allowed", lambda *args: True):
        yield


@bug("versions are never compared")
def skip_reconcile() -> Iterator[None]:
    async def reconcile(self: Any) -> None:
        pass

    with patch.object(LogRepair, "_reconcile", reconcile):
        yield


@bug("a gap is not repaired")
def ignore_gap() -> Iterator[None]:
    async def repair(self: Any, watched_list: Any, delay: float) -> None:
        pass

    with patch.object(LogRepair, "_repair", repair):
        yield


@bug("a resume begins a version too late")
def resume_late() -> Iterator[None]:
    def after(original: Any, self: Any, position: Any) -> Any:
        missed = original(position)
        return missed[1:] if missed else missed

    with replaced(Tail, "after", after):
        yield


@bug("a resume does not compare digests")
def resume_blindly() -> Iterator[None]:
    def after(self: Any, position: Any) -> Any:
        if position.epoch != self.epoch or not self.since <= position.version <= self.version:
            return None
        return self.changes[position.version - self.since :]

    with patch.object(Tail, "after", after):
        yield


@bug("what arrives during a reading is not added")
def forget_later() -> Iterator[None]:
    def build(original: Any, self: Any, reading: Any, later: Any, position: Any) -> Any:
        return original(reading, [], position)

    with replaced(ReplayBuilder, "build", build):
        yield


@bug("`subscribed` names a later position than that of its snapshot")
def name_newest() -> Iterator[None]:
    def build(original: Any, self: Any, reading: Any, later: Any, position: Any) -> Any:
        replay = original(reading, later, position)
        if not later:
            return replay
        newest = Position(reading.epoch, replay.relay_version, later[-1].digest)
        return replay._replace(position=newest)

    with replaced(ReplayBuilder, "build", build):
        yield


@bug("a full queue forgets what it dropped")
def forget_overflow() -> Iterator[None]:
    def overflow(original: Any, self: Any, batch: Any) -> None:
        original(batch)
        self.missed.clear()

    with replaced(SendQueue, "_overflow", overflow):
        yield


@bug("a queue accepts changes while it waits for a replay")
def put_while_missed() -> Iterator[None]:
    def put(self: Any, batch: Any) -> None:
        if self.is_closed:
            return
        if not self._queue and self.write(batch):
            return
        if self._queue and not batch.is_replay and self._would_overflow(batch):
            self._overflow(batch)
        else:
            self._append(batch)
        self.wake()

    with patch.object(SendQueue, "put", put):
        yield


@bug("a new subscriber gets what was published before")
def attach_without_flush() -> Iterator[None]:
    def attach(self: Any, topic: str, send_queue: Any) -> None:
        self._topics.setdefault(topic, {})[send_queue] = None

    with patch.object(Hub, "attach", attach):
        yield


@bug("a base that does not fit is ignored")
def ignore_base() -> Iterator[None]:
    def accept(self: Any, change: Any) -> Any:
        if change.version <= self.version:
            return []
        self._early.setdefault(change.version, change)
        deliverable = []
        while (next_change := self._early.pop(self.version + 1, None)) is not None:
            self.version, self.digest = next_change.version, next_change.digest
            self._keep(next_change)
            deliverable.append(next_change)
        return deliverable

    with patch.object(ChangeSequence, "accept", accept):
        yield


@bug("a database that went back is not noticed")
def ignore_older_state() -> Iterator[None]:
    def needs_repair(self: Any, start: Any, state: Any) -> bool:
        return (
            self.sequence is not None
            and state is not None
            and state.position.version > self.sequence.version
        )

    with patch.object(WatchedList, "needs_repair", needs_repair):
        yield


@bug("a change of another epoch is accepted")
def ignore_epoch() -> Iterator[None]:
    def handle(original: Any, self: Any, message: dict[str, Any]) -> None:
        watched_list = self._watched_lists.get(UUID(message["list"]))
        if watched_list is not None and watched_list.sequence is not None:
            message = {**message, "epoch": watched_list.sequence.epoch}
        original(message)

    with replaced(Relay, "_handle_change", handle):
        yield
