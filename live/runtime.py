"""What runs in one process while its event loop runs: the parts, put together once.

Everything that is bound to the loop lives here, so each loop (each test) can
have a runtime of its own. Servers with lifespan call `start`; under others the
first request or socket starts it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from live.connections import identity
from live.connections.admission import AdmissionControl
from live.connections.connection import Connection
from live.connections.presence import Presence
from live.connections.registry import ConnectionRegistry
from live.connections.subscriptions import Subscriptions
from live.counters import counters
from live.db_threads import run_in_db_thread
from live.delivery import local_bus
from live.delivery.hub import Hub
from live.delivery.local_bus import GroupMessage
from live.delivery.relay import Relay
from live.delivery.send_queue import Batch
from live.intervals import Intervals
from live.metrics.sampler import Sampler
from live.protocol import frames
from live.protocol.frames import CloseCode
from shopping_list.rows import encode
from shopping_list.services import memberships

logger = logging.getLogger(__name__)

_beat = encode(frames.Heartbeat()).decode()


class Runtime:
    """Owns the hub, the relay and everything periodic of one event loop."""

    def __init__(self, intervals: Intervals | None = None) -> None:
        self.intervals = intervals or Intervals().scaled(settings.LIVE_TIME_SCALE)
        self.process = secrets.token_hex(6)
        self.draining = False
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self.admission = AdmissionControl(rate=settings.HANDSHAKES, now=time.monotonic())
        self.hub = Hub(loop=self._loop, delivered=_delivered)
        self.registry = ConnectionRegistry()
        self.relay = Relay(hub=self.hub, access_listener=self.registry, intervals=self.intervals)
        self.presence = Presence(
            process=self.process,
            hub=self.hub,
            publish=self.relay.publish,
            position=self.relay.position,
            intervals=self.intervals,
        )
        self.sampler = Sampler(
            process=self.process,
            hub=self.hub,
            registry=self.registry,
            publish=self.relay.publish,
            intervals=self.intervals,
        )
        self.subscriptions = Subscriptions(
            hub=self.hub,
            relay=self.relay,
            registry=self.registry,
            presence=self.presence,
            sampler=self.sampler,
            intervals=self.intervals,
        )

    def start(self) -> None:
        """Begin. It returns at once and needs neither the database nor the layer."""
        self.relay.register_handler("live.presence", self.presence.receive_remote)
        self.relay.register_handler("live.sample", self.sampler.receive_remote)
        self.relay.register_handler("live.revoked", self._revoked)
        self.relay.start()
        local_bus.register(self.submit)
        self._every(self.intervals.sweep, self._sweep)
        self._every(self.intervals.sample, self._sample)
        self._every(self.intervals.reconcile, self._reconcile)
        self._every(self.intervals.revalidate, self._revalidate_identities)
        self._every(self.intervals.guests, self._expire_guests)

    async def drain(self) -> None:
        """Send every socket away, to come back to whatever starts next. Twice is harmless."""
        self.draining = True
        leaving = list(self.registry.all_connections())
        spread = max(self.intervals.drain, len(leaving) / settings.HANDSHAKES)
        for connection in leaving:
            retry_in = round(random.uniform(0.1, 1.0) * spread, 2)  # noqa: S311
            connection.close(CloseCode.RESTARTING, "restarting", retry_in=retry_in)
        waiting = [connection.writer.drain() for connection in leaving]
        if waiting:
            tasks = [asyncio.ensure_future(one) for one in waiting]
            _, slow = await asyncio.wait(tasks, timeout=self.intervals.drain)
            for task in slow:
                task.cancel()

    async def stop(self) -> None:
        """Drain, tell the other processes, and end everything that runs."""
        await self.drain()
        local_bus.unregister(self.submit)
        for connection in list(self.registry.all_connections()):
            connection.abort()
        self.presence.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.relay.stop()
        self.hub.close()

    def submit(self, outgoing: GroupMessage) -> None:
        """Take a message from any thread (outlet.Taker)."""
        self._loop.call_soon_threadsafe(self.relay.publish, outgoing)

    # Sockets.

    def add_connection(self, connection: Connection) -> None:
        """Take in a socket."""
        connection.on_unsubscribe = self.subscriptions.on_unsubscribe
        connection.on_lagging = self.subscriptions.on_lagging
        self.registry.add(connection)

    def remove_connection(self, connection: Connection) -> None:
        """Forget a socket that is gone."""
        connection.discard()
        self.registry.remove(connection)

    # Periodic work.

    def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await work()
                except Exception:
                    logger.warning("%s failed", work.__name__, exc_info=True)

        self._tasks.append(asyncio.ensure_future(run()))

    async def _sweep(self) -> None:
        """Look at every socket once: beats, stalled peers, strangers, expired sessions."""
        now, wall = time.monotonic(), time.time()
        lagging = 0
        for number, connection in enumerate(self.registry.all_connections()):
            lagging += connection.writer.send_queue.lagging
            self._check_connection(connection, now, wall)
            if number % 1_000 == 999:
                await asyncio.sleep(0)
        self.sampler.lagging = lagging
        self.presence.expire(now)

    def _check_connection(self, connection: Connection, now: float, wall: float) -> None:
        silent_for, blocked = connection.writer.idle_seconds(now)
        who = connection.identity
        if blocked:
            if silent_for >= self.intervals.stalled:
                connection.abort()
        elif connection.writer.send_queue.full_of_replies:
            connection.close(CloseCode.TOO_SLOW, "too slow")
        elif who is None:
            if not connection.authenticating and now - connection.opened >= self.intervals.auth:
                connection.refuse("not_signed_in", "nobody signed in")
                connection.close(CloseCode.NOT_SIGNED_IN, "not signed in")
        elif connection.expires is not None and connection.expires <= wall:
            connection.close(CloseCode.SESSION_EXPIRED, "session expired")
        elif silent_for >= self.intervals.heartbeat:
            connection.writer.send_queue.put(Batch(_beat))

    async def _sample(self) -> None:
        self.sampler.tick(time.monotonic())

    async def _reconcile(self) -> None:
        """Find what people gained or lost without a message about it."""
        await self._reconcile_access(thorough=False)
        if staff := self.registry.staff:
            for user_id in staff - await run_in_db_thread(identity.staff_of, staff):
                self.registry.revoke_staff(user_id)

    async def _revalidate_identities(self) -> None:
        """Close what should have been closed, in case a message about it was lost."""
        sockets = {
            connection: connection.identity
            for connection in self.registry.all_connections()
            if connection.identity is not None
        }
        if not sockets:
            return
        good = await run_in_db_thread(identity.still_valid, set(sockets.values()))
        for connection, who in sockets.items():
            if who in good:
                connection.expires = good[who]
            else:
                connection.close(CloseCode.REVOKED, "signed out or revoked")
        await self._reconcile_access(thorough=True)

    async def _reconcile_access(self, *, thorough: bool) -> None:
        began, people = time.monotonic(), self.registry.people
        if people:
            found = await run_in_db_thread(identity.memberships, people)
            self.registry.reconcile_access(found, at=began, thorough=thorough)

    async def _expire_guests(self) -> None:
        """Record the end of guests whose time is over: so it is told as any removal is."""
        if self.registry.people:
            await run_in_db_thread(memberships.remove_expired)

    def _revoked(self, message: dict[str, Any]) -> None:
        self.registry.revoke(
            user=message.get("user"),
            session=message.get("session"),
            token=message.get("token"),
        )


def _delivered(committed: list[float]) -> None:
    now = time.time()
    for moment in committed:
        counters.delivery.observe(max(0.0, now - moment) * 1000)


_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()


def get_runtime(intervals: Intervals | None = None) -> Runtime:
    """Return the runtime of the running loop, started if need be."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        runtime = _runtimes[loop] = Runtime(intervals)
        runtime.start()
    return runtime


def get_running() -> Runtime | None:
    """Return a runtime of this process, from any thread; None where none runs."""
    return next(iter(_runtimes.values()), None)


async def start() -> None:
    """Start the runtime of this process."""
    get_runtime()


async def drain() -> None:
    """Send every socket away. Call it before the server closes them in its own way."""
    runtime = _runtimes.get(asyncio.get_running_loop())
    if runtime is not None:
        await runtime.drain()


async def stop() -> None:
    """Stop the runtime of this process, if it runs. Safe to call twice."""
    runtime = _runtimes.pop(asyncio.get_running_loop(), None)
    if runtime is not None:
        await runtime.stop()
