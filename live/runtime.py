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

from live import identity, outlet, protocol
from live.connection import Connection
from live.door import Door
from live.hub import Hub
from live.mailbox import Batch
from live.metrics import counters
from live.outlet import Outgoing
from live.pool import query
from live.presence import Presence
from live.protocol import CloseCode
from live.relay import Relay
from live.roster import Roster
from live.sampler import Sampler
from live.subscriptions import Subscriptions
from live.timing import Timing
from shopping_list import invites
from shopping_list.rows import encode

logger = logging.getLogger(__name__)

_beat = encode(protocol.Beat()).decode()


class Runtime:
    """Owns the hub, the relay and everything periodic of one event loop."""

    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()
        self.process = secrets.token_hex(6)
        self.draining = False
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self.door = Door(rate=settings.HANDSHAKES, now=time.monotonic())
        self.hub = Hub(loop=self._loop, delivered=_delivered)
        self.roster = Roster()
        self.relay = Relay(hub=self.hub, people=self.roster, timing=self.timing)
        self.presence = Presence(
            process=self.process,
            hub=self.hub,
            tell=self.relay.outgoing,
            position=self.relay.position,
            timing=self.timing,
        )
        self.sampler = Sampler(
            process=self.process,
            hub=self.hub,
            roster=self.roster,
            tell=self.relay.outgoing,
            timing=self.timing,
        )
        self.subscriptions = Subscriptions(
            hub=self.hub,
            relay=self.relay,
            roster=self.roster,
            presence=self.presence,
            sampler=self.sampler,
            timing=self.timing,
        )

    def start(self) -> None:
        """Begin. It returns at once and needs neither the database nor the layer."""
        self.relay.handle("live.presence", self.presence.hear)
        self.relay.handle("live.sample", self.sampler.hear)
        self.relay.handle("live.revoked", self._revoked)
        self.relay.start()
        outlet.connect(self.take)
        self._every(self.timing.sweep, self._sweep)
        self._every(self.timing.sample, self._sample)
        self._every(self.timing.reconcile, self._reconcile)
        self._every(self.timing.recheck, self._recheck)
        self._every(self.timing.guests, self._end_guests)

    async def drain(self) -> None:
        """Send every socket away, to come back to whatever starts next. Twice is harmless."""
        self.draining = True
        leaving = list(self.roster.everyone())
        spread = max(self.timing.drain, len(leaving) / settings.HANDSHAKES)
        for connection in leaving:
            retry_in = round(random.uniform(0.1, 1.0) * spread, 2)  # noqa: S311
            connection.close(CloseCode.RESTARTING, "restarting", retry_in=retry_in)
        waiting = [connection.writer.empty() for connection in leaving]
        if waiting:
            tasks = [asyncio.ensure_future(one) for one in waiting]
            _, slow = await asyncio.wait(tasks, timeout=self.timing.drain)
            for task in slow:
                task.cancel()

    async def stop(self) -> None:
        """Drain, tell the other processes, and end everything that runs."""
        await self.drain()
        outlet.disconnect(self.take)
        for connection in list(self.roster.everyone()):
            connection.give_up()
        self.presence.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.relay.stop()
        self.hub.close()

    def take(self, outgoing: Outgoing) -> None:
        """Take a message from any thread (outlet.Taker)."""
        self._loop.call_soon_threadsafe(self.relay.outgoing, outgoing)

    # Sockets.

    def arrive(self, connection: Connection) -> None:
        """Take in a socket."""
        connection.left = self.subscriptions.left
        connection.lagged = self.subscriptions.lagged
        self.roster.arrive(connection)

    def depart(self, connection: Connection) -> None:
        """Forget a socket that is gone."""
        connection.vanish()
        self.roster.depart(connection)

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
        for number, connection in enumerate(self.roster.everyone()):
            lagging += connection.writer.mailbox.lagging
            self._look_at(connection, now, wall)
            if number % 1_000 == 999:
                await asyncio.sleep(0)
        self.sampler.lagging = lagging
        self.presence.sweep(now)

    def _look_at(self, connection: Connection, now: float, wall: float) -> None:
        silent_for, blocked = connection.writer.age(now)
        who = connection.identity
        if blocked:
            if silent_for >= self.timing.stalled:
                connection.give_up()
        elif connection.writer.mailbox.stuck:
            connection.close(CloseCode.TOO_SLOW, "too slow")
        elif who is None:
            if not connection.proving and now - connection.opened >= self.timing.auth:
                connection.refuse("not_signed_in", "nobody signed in")
                connection.close(CloseCode.NOT_SIGNED_IN, "not signed in")
        elif connection.expires is not None and connection.expires <= wall:
            connection.close(CloseCode.SESSION_EXPIRED, "session expired")
        elif silent_for >= self.timing.heartbeat:
            connection.writer.mailbox.put(Batch(_beat))

    async def _sample(self) -> None:
        self.sampler.tick(time.monotonic())

    async def _reconcile(self) -> None:
        """Find what people gained or lost without a message about it."""
        await self._compare(thorough=False)
        if staff := self.roster.staff:
            for user_id in staff - await query(identity.staff_of, staff):
                self.roster.demote(user_id)

    async def _recheck(self) -> None:
        """Close what should have been closed, in case a message about it was lost."""
        sockets = {
            connection: connection.identity
            for connection in self.roster.everyone()
            if connection.identity is not None
        }
        if not sockets:
            return
        good = await query(identity.still_good, set(sockets.values()))
        for connection, who in sockets.items():
            if who in good:
                connection.expires = good[who]
            else:
                connection.close(CloseCode.REVOKED, "signed out or revoked")
        await self._compare(thorough=True)

    async def _compare(self, *, thorough: bool) -> None:
        began, people = time.monotonic(), self.roster.people
        if people:
            found = await query(identity.memberships, people)
            self.roster.compare(found, at=began, thorough=thorough)

    async def _end_guests(self) -> None:
        """Record the end of guests whose time is over: so it is told as any removal is."""
        if self.roster.people:
            await query(invites.end_expired)

    def _revoked(self, message: dict[str, Any]) -> None:
        self.roster.revoke(
            user=message.get("user"),
            session=message.get("session"),
            token=message.get("token"),
        )


def _delivered(committed: list[float]) -> None:
    now = time.time()
    for moment in committed:
        counters.delivery.observe(max(0.0, now - moment) * 1000)


_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()


def current(timing: Timing | None = None) -> Runtime:
    """Return the runtime of the running loop, started if need be."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        runtime = _runtimes[loop] = Runtime(timing)
        runtime.start()
    return runtime


def of_process() -> Runtime | None:
    """Return a runtime of this process, from any thread; None where none runs."""
    return next(iter(_runtimes.values()), None)


async def start() -> None:
    """Start the runtime of this process."""
    current()


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
