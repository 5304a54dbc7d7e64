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

from live.effects import Effects
from live.hub import Hub
from live.log import Readings, Standing, Tail, read_tail, standings
from live.mailbox import Batch
from live.metrics import counters
from live.outlet import CONTROL, Outgoing, group_of
from live.pool import query
from live.sequence import Arrived, Sequence
from live.timing import Timing
from live.wire import Wire
from shopping_list.rows import topic_of

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], None]

LARGEST = 1_000_000
"""Bytes of a change that is still sent as one message; servers and proxies stop at 1 MiB."""


class People(Protocol):
    """Whoever tells people what a change did to them."""

    def changed(self, list_id: UUID, epoch: str, version: int, effects: Effects) -> None:
        """Tell before the change itself is delivered."""

    def gone(self, list_id: UUID) -> None:
        """Tell after the last change of a list was delivered."""


class Watch:
    """One list that is watched, and where the relay is with it.

    `sequence` is None until the first reading of the list tells where it stands.
    """

    def __init__(self, list_id: UUID) -> None:
        self.list_id = list_id
        self.topic = topic_of(list_id)
        self.group = group_of(list_id)
        self.readings = Readings(list_id)
        self.sequence: Sequence | None = None
        self.watchers = 0
        self.loads: dict[object, tuple[Batch, ...]] = {}
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

    def __init__(self, *, hub: Hub, people: People, timing: Timing) -> None:
        self._hub = hub
        self._people = people
        self._timing = timing
        self._watches: dict[UUID, Watch] = {}
        self._handlers: dict[str, Handler] = {
            "live.change": self._change,
            "live.people": self._about_people,
        }
        self._look = asyncio.Event()
        self._reconciling: asyncio.Task[None] | None = None
        self._repairs: set[asyncio.Task[None]] = set()
        self.wire = Wire(
            get_channel_layer(), receive=self.receive, back=self._look.set, refresh=timing.refresh
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
        self.wire.join(CONTROL)
        self.wire.start()
        self._reconciling = asyncio.ensure_future(self._keep_reconciling())

    async def stop(self) -> None:
        """Leave the layer and end."""
        await self.wire.stop()
        tasks = [*self._repairs, *([self._reconciling] if self._reconciling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def handle(self, kind: str, handler: Handler) -> None:
        """Give messages of one type to a handler; it must bear to hear one twice."""
        self._handlers[kind] = handler

    # Messages.

    def outgoing(self, outgoing: Outgoing) -> None:
        """Take what this process has to say: here at once, elsewhere by the layer."""
        self.wire.send(outgoing)
        self.receive(outgoing.message)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message, from this process or from another."""
        handler = self._handlers.get(message["type"])
        if handler is not None:
            handler(message)

    def _change(self, message: dict[str, Any]) -> None:
        watch = self._watches.get(UUID(message["list"]))
        if watch is None or watch.sequence is None:
            return
        if message["epoch"] != watch.sequence.epoch:
            self._mend(watch)
            return
        effects = msgspec.convert(message.get("effects", {}), Effects)
        frame = message["frame"].decode()
        self._accept(watch, Arrived(message["version"], frame, effects, message.get("committed")))
        if watch.sequence.gap:
            self._mend(watch, after=self._timing.reorder)

    def _about_people(self, message: dict[str, Any]) -> None:
        effects = msgspec.convert(message["effects"], Effects)
        list_id = UUID(message["list"])
        self._people.changed(list_id, message["epoch"], message["version"], effects)
        if effects.deleted and list_id not in self._watches:
            self._people.gone(list_id)

    # Watching.

    def watch(self, list_id: UUID) -> Watch:
        """Count one more watcher of a list; the first one joins its group."""
        watch = self._watches.get(list_id)
        if watch is None:
            watch = self._watches[list_id] = Watch(list_id)
            self.wire.join(watch.group)
        watch.watchers += 1
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Count one watcher less; the last one leaves the group."""
        watch.watchers -= 1
        if watch.watchers == 0 and self._watches.pop(watch.list_id, None) is not None:
            self.wire.leave(watch.group)
            if watch.repair is not None:
                watch.repair.cancel()

    def forsake(self, list_id: UUID) -> None:
        """Count one watcher of a list less, by the list."""
        watch = self._watches.get(list_id)
        if watch is not None:
            self.unwatch(watch)

    async def ready(self, watch: Watch) -> None:
        """Wait a moment until the list's group is joined, so that a reading misses nothing."""
        if not await self.wire.joined(watch.group, self._timing.join):
            self._look.set()  # whatever is published unheard shows in the next reconcile

    def begin(self, watch: Watch, epoch: str, version: int) -> Sequence:
        """Learn from a reading where a list stands, if that is not known."""
        if watch.sequence is None:
            watch.sequence = Sequence(epoch, version)
        return watch.sequence

    async def reach(self, watch: Watch, epoch: str, version: int) -> None:
        """Get to a position that a reading has shown to exist. It may go beyond it."""
        if not watch.reached(epoch, version):
            await asyncio.sleep(self._timing.reorder)  # it is most likely on its way
        if not watch.reached(epoch, version):
            await asyncio.shield(self._mend(watch))

    # Order.

    def _accept(self, watch: Watch, arrived: Arrived) -> None:
        assert watch.sequence is not None
        for due in watch.sequence.accept(arrived):
            self._deliver(watch, watch.sequence.epoch, due)

    def _deliver(self, watch: Watch, epoch: str, due: Arrived) -> None:
        if due.effects:
            self._people.changed(watch.list_id, epoch, due.version, due.effects)
        if len(due.frame) > LARGEST:
            # Everybody reads the list anew, in parts.
            if watch.sequence is not None:
                watch.sequence.forget()
            self._hub.reset(watch.topic)
        else:
            before = (epoch, due.version - 1)
            self._hub.publish(watch.topic, due.frame, before=before, committed=due.committed)
        if due.effects.deleted:
            self._hub.settle(watch.topic)
            self._people.gone(watch.list_id)

    # Repair.

    def _mend(self, watch: Watch, *, after: float = 0.0) -> asyncio.Task[None]:
        """Read the log for what is missing; one reading at a time for each list."""
        if watch.repair is None or watch.repair.done():
            watch.repair = asyncio.ensure_future(self._repair(watch, after))
            self._repairs.add(watch.repair)
            watch.repair.add_done_callback(self._repairs.discard)
        return watch.repair

    async def _repair(self, watch: Watch, after: float) -> None:
        if after:
            await asyncio.sleep(after)
            if watch.sequence is None or not watch.sequence.gap:
                return  # the missing one was only late
        try:
            await self._catch_up(watch)
        except Exception:
            logger.warning("list %s could not be repaired now", watch.list_id, exc_info=True)

    async def _catch_up(self, watch: Watch) -> None:
        sequence = watch.sequence
        if sequence is None:
            return
        counters.repairs += 1
        standing, tail = await query(
            read_tail, watch.list_id, epoch=sequence.epoch, since=sequence.version
        )
        if watch.sequence is not sequence:
            return
        self._apply(watch, sequence, standing, tail)

    def _apply(
        self, watch: Watch, sequence: Sequence, standing: Standing | None, tail: Tail
    ) -> None:
        for change in tail.changes:
            if tail.since <= sequence.version:
                self._accept(watch, Arrived(change.version, change.frame, change.effects))
        if standing is None or not standing.alive:
            self._hub.settle(watch.topic)
            self._people.gone(watch.list_id)
        elif standing.epoch != sequence.epoch or standing.version > sequence.version:
            # History was rewritten, or goes further than the log can tell: start over.
            watch.sequence = Sequence(standing.epoch, standing.version)
            self._hub.reset(watch.topic)

    async def _keep_reconciling(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._timing.reconcile):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                await self._reconcile()
            except Exception as error:
                logger.warning("the lists could not be reconciled: %r", error)

    async def _reconcile(self) -> None:
        known = {pk: watch for pk, watch in self._watches.items() if watch.sequence}
        if not known:
            return
        found = await query(standings, known)
        for list_id, watch in known.items():
            if self._behind(watch, found.get(list_id)):
                self._mend(watch)

    def _behind(self, watch: Watch, standing: Standing | None) -> bool:
        if watch.watchers == 0 or watch.sequence is None:
            return False
        if standing is None or not standing.alive:
            return True
        return standing.epoch != watch.sequence.epoch or standing.version > watch.sequence.version
