"""The periodic work of one event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from live.connections import identity
from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.overview_topics import OverviewTopics
from live.connections.people_topic import PeopleTopic
from live.connections.presence import Presence
from live.connections.registry import ConnectionRegistry
from live.connections.visits import Visits
from live.cpu_meter import dashboard_cpu
from live.db_threads import run_in_db_thread
from live.delivery.send_queue import Batch
from live.history.recorder import HistoryRecorder
from live.history.rollup_content import GAUGES
from live.history.window_topics import WindowTopics
from live.intervals import Intervals
from live.metrics.health_monitor import HealthMonitor
from live.metrics.machine_monitor import MachineMonitor
from live.metrics.sampler import Sampler
from live.metrics.storage_reading import STORED_GAUGE
from live.protocol import frames
from live.protocol.frames import CloseCode
from rest.database_errors import database_trouble
from shopping_list.rows import encode
from shopping_list.services import memberships

logger = logging.getLogger(__name__)

SOCKETS_PER_SLICE = 1_000
"""Sockets checked before the event loop runs its other callbacks."""

_heartbeat = encode(frames.Heartbeat()).decode()


class PeriodicTasks:
    """Checks sockets and users, and takes samples. It owns no state of its own."""

    def __init__(
        self,
        *,
        registry: ConnectionRegistry,
        access: AccessTracker,
        overview_topics: OverviewTopics,
        presence: Presence,
        visits: Visits,
        people_topic: PeopleTopic,
        health_monitor: HealthMonitor,
        machine_monitor: MachineMonitor,
        sampler: Sampler,
        history: HistoryRecorder,
        window_topics: WindowTopics,
        intervals: Intervals,
    ) -> None:
        self.intervals = intervals
        self._registry = registry
        self._access = access
        self._overview_topics = overview_topics
        self._presence = presence
        self._visits = visits
        self._people_topic = people_topic
        self._health_monitor = health_monitor
        self._machine_monitor = machine_monitor
        self._sampler = sampler
        self._history = history
        self._window_topics = window_topics
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all tasks."""
        self._repeat(self.intervals.sweep_interval, self._sweep)
        self._repeat(self.intervals.sample_interval, self._take_sample)
        self._repeat(self.intervals.rollup_interval, self._history.roll_up)
        self._repeat(self.intervals.rollup_interval, self._window_topics.publish)
        self._repeat(self.intervals.visit_interval, self._visits.save)
        self._repeat(self.intervals.health_interval, self._health_monitor.check)
        self._repeat(self.intervals.reconcile_interval, self._reconcile)
        self._repeat(self.intervals.revalidate_interval, self.revalidate_identities)
        self._repeat(self.intervals.guest_expiry_interval, self._remove_expired_guests)

    async def stop(self) -> None:
        """Stop all tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _repeat(self, seconds: float, run: Callable[[], Awaitable[None]]) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await run()
                except Exception as error:
                    is_unknown = database_trouble(error) is None
                    logger.warning("%s failed: %r", run.__name__, error, exc_info=is_unknown)

        self._tasks.append(asyncio.ensure_future(repeat()))

    # Sockets.

    async def _sweep(self) -> None:
        """Check each socket once: heartbeat, stalled client, authentication, expired session."""
        now, wall_time = time.monotonic(), time.time()
        lagging = 0
        for number, connection in enumerate(self._registry.all_connections(), 1):
            lagging += connection.writer.send_queue.is_lagging
            self._check_connection(connection, now, wall_time)
            if number % SOCKETS_PER_SLICE == 0:
                await asyncio.sleep(0)
        self._sampler.lagging = lagging
        self._presence.expire(now)

    def _check_connection(self, connection: Connection, now: float, wall_time: float) -> None:
        idle_seconds, is_blocked = connection.writer.idle_seconds(now)
        if is_blocked:
            if idle_seconds >= self.intervals.stall_timeout:
                connection.abort()
        elif connection.writer.send_queue.is_full_of_replies:
            connection.close(CloseCode.TOO_SLOW, "too slow")
        elif connection.identity is None:
            self._check_authentication(connection, now)
        elif connection.expires_at is not None and connection.expires_at <= wall_time:
            connection.close(CloseCode.SESSION_EXPIRED, "session expired")
        elif idle_seconds >= self.intervals.heartbeat_interval:
            connection.writer.send_queue.put(Batch(_heartbeat))

    def _check_authentication(self, connection: Connection, now: float) -> None:
        is_late = now - connection.opened_at >= self.intervals.auth_timeout
        if is_late and not connection.is_authenticating:
            message = "no authentication in time"
            connection.close(CloseCode.NOT_SIGNED_IN, "not signed in", message=message)

    async def _take_sample(self) -> None:
        shown = await self._history.save()
        with dashboard_cpu.measuring():
            self._sampler.tick(time.monotonic(), shown.snapshot, is_held=shown.is_held)
            self._note_gauges()
            self._people_topic.tick()

    def _note_gauges(self) -> None:
        latest = self._sampler.aggregator.latest
        if latest is not None:
            self._history.note_gauges({name: getattr(latest, name) for name in GAUGES})
        storage = self._machine_monitor.readings.storage
        if storage is not None:
            self._history.note_gauges({STORED_GAUGE: storage.stored})

    # Users.

    async def _reconcile(self) -> None:
        """Find access that users gained or lost without a message."""
        await self.reconcile_access(is_thorough=False)
        if staff_ids := self._registry.staff_ids:
            for user_id in staff_ids - await run_in_db_thread(identity.staff_among, staff_ids):
                self._registry.revoke_staff(user_id)

    async def revalidate_identities(self) -> None:
        """Close the sockets whose session or token ended, in case the message was lost."""
        identities = {
            connection: connection.identity
            for connection in self._registry.all_connections()
            if connection.identity is not None
        }
        if not identities:
            return
        valid = await run_in_db_thread(identity.still_valid, set(identities.values()))
        for connection, user in identities.items():
            if user in valid:
                connection.expires_at = valid[user]
            else:
                connection.close(CloseCode.REVOKED, "signed out or revoked")
        await self.reconcile_access(is_thorough=True)

    async def reconcile_access(self, *, is_thorough: bool) -> None:
        """Grant and revoke what differs from the memberships in the database.

        The same reading shows which lists changed without a message.
        """
        read_at, user_ids = time.monotonic(), self._registry.user_ids
        if user_ids:
            memberships = await run_in_db_thread(identity.memberships, user_ids)
            self._access.reconcile(user_ids, memberships, read_at=read_at, is_thorough=is_thorough)
            self._overview_topics.reconcile(memberships)

    async def _remove_expired_guests(self) -> None:
        """Record the removal of expired guests, so that it is published like any removal."""
        if self._registry.user_ids:
            await run_in_db_thread(memberships.remove_expired)
