"""Follows the lists that somebody in this process watches, each in order.

Changes come from the layer, from this process's own writers, and, when one is
missing, from the log. It knows lists and versions, but no sockets and no JSON.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec
from channels.layers import get_channel_layer  # type: ignore[import-untyped]

from live.counters import counters
from live.db_threads import run_in_db_thread
from live.delivery.access_changes import AccessChanges
from live.delivery.change_log import ListState, LogReader, Tail, list_states, read_tail
from live.delivery.change_sequence import ChangeSequence, IncomingChange
from live.delivery.hub import Hub
from live.delivery.layer_client import LayerClient
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage, group_name
from live.delivery.send_queue import Batch
from live.intervals import Intervals
from shopping_list.rows import topic_of

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], None]

MAX_MESSAGE_BYTES = 1_000_000
"""Bytes of a change that is still sent as one message; servers and proxies stop at 1 MiB."""


class AccessListener(Protocol):
    """Whoever tells people what a change did to them."""

    def changed(self, list_id: UUID, epoch: str, version: int, effects: AccessChanges) -> None:
        """Tell before the change itself is delivered."""

    def list_deleted(self, list_id: UUID) -> None:
        """Tell after the last change of a list was delivered."""


class WatchedList:
    """One list that is watched, and where the relay is with it.

    `sequence` is None until the first reading of the list tells where it stands.
    """

    def __init__(self, list_id: UUID) -> None:
        self.list_id = list_id
        self.topic = topic_of(list_id)
        self.group = group_name(list_id)
        self.readings = LogReader(list_id)
        self.sequence: ChangeSequence | None = None
        self.watchers = 0
        self.cached_replays: dict[object, tuple[Batch, ...]] = {}
        """What sockets were given when they came, to be shared by those who come next."""
        self.repair: asyncio.Task[None] | None = None

    @property
    def position(self) -> tuple[str, int] | None:
        """The epoch and version up to which everything was delivered."""
        return None if self.sequence is None else (self.sequence.epoch, self.sequence.version)

    def reached(self, epoch: str, version: int) -> bool:
        """Tell whether everything up to this position was delivered."""
        at = self.sequence
        return at is not None and at.epoch == epoch and at.version >= version


class Relay:
    """Delivers each change of a watched list to the hub: once, in order, none missing."""

    def __init__(self, *, hub: Hub, access_listener: AccessListener, intervals: Intervals) -> None:
        self._hub = hub
        self._access_listener = access_listener
        self._intervals = intervals
        self._watches: dict[UUID, WatchedList] = {}
        self._handlers: dict[str, Handler] = {
            "live.change": self._on_change,
            "live.people": self._access_changed,
        }
        self._reconcile_now = asyncio.Event()
        self._reconciling: asyncio.Task[None] | None = None
        self._repairs: set[asyncio.Task[None]] = set()
        self.layer_client = LayerClient(
            get_channel_layer(),
            receive=self.receive,
            on_recovered=self._reconcile_now.set,
            intervals=intervals,
        )

    @property
    def watched(self) -> int:
        """How many lists are watched."""
        return len(self._watches)

    def position(self, list_id: UUID) -> tuple[str, int] | None:
        """Return where this process is with a list, if it watches it."""
        watch = self._watches.get(list_id)
        return None if watch is None else watch.position

    def start(self) -> None:
        """Join the group of all processes and begin to reconcile."""
        self.layer_client.join(CONTROL_GROUP)
        self.layer_client.start()
        self._reconciling = asyncio.ensure_future(self._keep_reconciling())

    async def stop(self) -> None:
        """Leave the layer and end."""
        await self.layer_client.stop()
        tasks = [*self._repairs, *([self._reconciling] if self._reconciling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def register_handler(self, kind: str, handler: Handler) -> None:
        """Give messages of one type to a handler; it must bear to hear one twice."""
        self._handlers[kind] = handler

    # Messages.

    def publish(self, outgoing: GroupMessage) -> None:
        """Take what this process has to say: here at once, elsewhere by the layer."""
        self.layer_client.send(outgoing)
        self.receive(outgoing.message)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message, from this process or from another."""
        handler = self._handlers.get(message["type"])
        if handler is not None:
            handler(message)

    def _on_change(self, message: dict[str, Any]) -> None:
        watch = self._watches.get(UUID(message["list"]))
        if watch is None or watch.sequence is None:
            return
        if message["epoch"] != watch.sequence.epoch:
            self._start_repair(watch)
            return
        effects = msgspec.convert(message.get("effects", {}), AccessChanges)
        frame = message["frame"].decode()
        self._accept(
            watch, IncomingChange(message["version"], frame, effects, message.get("committed"))
        )
        if watch.sequence.gap:
            self._start_repair(watch, after=self._intervals.reorder)

    def _access_changed(self, message: dict[str, Any]) -> None:
        effects = msgspec.convert(message["effects"], AccessChanges)
        list_id = UUID(message["list"])
        self._access_listener.changed(list_id, message["epoch"], message["version"], effects)
        if effects.deleted and list_id not in self._watches:
            self._access_listener.list_deleted(list_id)

    # Watching.

    def watch(self, list_id: UUID) -> WatchedList:
        """Count one more watcher of a list; the first one joins its group."""
        watch = self._watches.get(list_id)
        if watch is None:
            watch = self._watches[list_id] = WatchedList(list_id)
            self.layer_client.join(watch.group)
        watch.watchers += 1
        return watch

    def unwatch(self, watch: WatchedList) -> None:
        """Count one watcher less; the last one leaves the group."""
        watch.watchers -= 1
        if watch.watchers == 0 and self._watches.pop(watch.list_id, None) is not None:
            self.layer_client.leave(watch.group)
            if watch.repair is not None:
                watch.repair.cancel()

    def unwatch_by_id(self, list_id: UUID) -> None:
        """Count one watcher of a list less, by the list."""
        watch = self._watches.get(list_id)
        if watch is not None:
            self.unwatch(watch)

    async def wait_joined(self, watch: WatchedList) -> None:
        """Wait a moment until the list's group is joined, so that a reading misses nothing."""
        if not await self.layer_client.joined(watch.group, self._intervals.join):
            self._reconcile_now.set()  # whatever is published unheard shows in the next reconcile

    def init_sequence(self, watch: WatchedList, epoch: str, version: int) -> ChangeSequence:
        """Learn from a reading where a list stands, if that is not known."""
        if watch.sequence is None:
            watch.sequence = ChangeSequence(epoch, version)
        return watch.sequence

    async def catch_up_to(self, watch: WatchedList, epoch: str, version: int) -> None:
        """Get to a position that a reading has shown to exist. It may go beyond it."""
        if not watch.reached(epoch, version):
            await asyncio.sleep(self._intervals.reorder)  # it is most likely on its way
        if not watch.reached(epoch, version):
            await asyncio.shield(self._start_repair(watch))

    # Order.

    def _accept(self, watch: WatchedList, arrived: IncomingChange) -> None:
        assert watch.sequence is not None
        for due in watch.sequence.accept(arrived):
            self._deliver(watch, watch.sequence.epoch, due)

    def _deliver(self, watch: WatchedList, epoch: str, due: IncomingChange) -> None:
        if due.effects:
            self._access_listener.changed(watch.list_id, epoch, due.version, due.effects)
        if len(due.frame) > MAX_MESSAGE_BYTES:
            # Everybody reads the list anew, in parts.
            if watch.sequence is not None:
                watch.sequence.forget()
            self._hub.reset(watch.topic)
        else:
            before = (epoch, due.version - 1)
            self._hub.publish(watch.topic, due.frame, before=before, committed=due.committed)
        if due.effects.deleted:
            self._hub.flush_topic(watch.topic)
            self._access_listener.list_deleted(watch.list_id)

    # Repair.

    def _start_repair(self, watch: WatchedList, *, after: float = 0.0) -> asyncio.Task[None]:
        """Read the log for what is missing; one reading at a time for each list."""
        if watch.repair is None or watch.repair.done():
            watch.repair = asyncio.ensure_future(self._repair(watch, after))
            self._repairs.add(watch.repair)
            watch.repair.add_done_callback(self._repairs.discard)
        return watch.repair

    async def _repair(self, watch: WatchedList, after: float) -> None:
        if after:
            await asyncio.sleep(after)
            if watch.sequence is None or not watch.sequence.gap:
                return  # the missing one was only late
        try:
            await self._catch_up(watch)
        except Exception:
            logger.warning("list %s could not be repaired now", watch.list_id, exc_info=True)

    async def _catch_up(self, watch: WatchedList) -> None:
        sequence = watch.sequence
        if sequence is None:
            return
        counters.repairs += 1
        standing, tail = await run_in_db_thread(
            read_tail, watch.list_id, epoch=sequence.epoch, since=sequence.version
        )
        if watch.sequence is not sequence:
            return
        self._apply(watch, sequence, standing, tail)

    def _apply(
        self, watch: WatchedList, sequence: ChangeSequence, standing: ListState | None, tail: Tail
    ) -> None:
        for change in tail.changes:
            if tail.since <= sequence.version:
                self._accept(watch, IncomingChange(change.version, change.frame, change.effects))
        if standing is None or not standing.alive:
            self._hub.flush_topic(watch.topic)
            self._access_listener.list_deleted(watch.list_id)
        elif standing.epoch != sequence.epoch or standing.version > sequence.version:
            # History was rewritten, or goes further than the log can tell: start over.
            watch.sequence = ChangeSequence(standing.epoch, standing.version)
            self._hub.reset(watch.topic)

    async def _keep_reconciling(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._intervals.reconcile):
                    await self._reconcile_now.wait()
            except TimeoutError:
                pass
            self._reconcile_now.clear()
            try:
                await self._reconcile()
            except Exception as error:
                logger.warning("the lists could not be reconciled: %r", error)

    async def _reconcile(self) -> None:
        known = {pk: watch for pk, watch in self._watches.items() if watch.sequence}
        if not known:
            return
        found = await run_in_db_thread(list_states, known)
        for list_id, watch in known.items():
            if self._is_behind(watch, found.get(list_id)):
                self._start_repair(watch)

    def _is_behind(self, watch: WatchedList, standing: ListState | None) -> bool:
        if watch.watchers == 0 or watch.sequence is None:
            return False
        if standing is None or not standing.alive:
            return True
        return standing.epoch != watch.sequence.epoch or standing.version > watch.sequence.version
